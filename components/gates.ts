import * as pulumi from "@pulumi/pulumi";
import { AwsClients } from "../live/aws-clients";
import type { AssumedRole, ProviderSettings } from "../live/provider-settings";
import { liveSettings } from "./live-settings";
import { type ProgramHooks, programHooks } from "./program-hooks";

/**
 * What is asked of AWS at the moment of a step, in an update and never in a preview: before weight rises, whether who gets it can
 * carry it, and before something without weight is changed or deleted, whether it has none on the wire either.
 *
 * They need `elasticloadbalancing:Describe*`, and where they are used `ecs:DescribeServices` and `route53:ListResourceRecordSets`,
 * with the credentials of the AWS provider: of the stack's default one its config, of an `aws.Provider` of the program its region,
 * profile and keys. The roles that such a one assumes cannot be read from it: they are given here.
 */
export interface GateArgs {
  /**
   * Whether they are there. For a whole program, and also for what is no longer in it, `crossfade:gates: false` in the stack's
   * config turns them off.
   * @default true
   */
  enabled?: boolean;
  /**
   * How long a raise waits until who gets the weight can carry it, as Pulumi's `customTimeouts` are written: `10m`, `1h30m`.
   * @default the `customTimeouts` of the component for this step; without them 10m
   */
  wait?: string;
  /**
   * How much more load one target may get than one is known to bear, as a part of it; as of policy `capacity`.
   * @default 0.1
   */
  headroom?: number;
  /**
   * The profile of the shared AWS files.
   * @default the provider's
   */
  profile?: string;
  /**
   * The roles to assume, each by the one before it.
   * @default the stack config's `aws:assumeRoles`
   */
  assumeRoles?: AssumedRole[];
}

/** Seconds that a raise waits where nothing else is said; as long as the provider's own for a rule. */
const WAIT = 600;

/** The gates of one component: with what it asks AWS, and how long it waits. */
export class Gates {
  private readonly settings: () => ProviderSettings;

  private constructor(
    readonly component: pulumi.ComponentResource,
    readonly program: ProgramHooks,
    private readonly args: GateArgs,
    private readonly timeouts: pulumi.CustomTimeouts,
  ) {
    this.settings = liveSettings(component, args);
    program.askWith(this.settings);
  }

  /** Undefined where they are turned off, or the program runs where there are no hooks, as in unit tests with mocks. */
  static of(
    component: pulumi.ComponentResource,
    args: GateArgs = {},
    opts: pulumi.ComponentResourceOptions = {},
  ): Gates | undefined {
    const program = programHooks();
    if (!program || args.enabled === false || !program.isOn) return undefined;
    return new Gates(component, program, args, opts.customTimeouts ?? {});
  }

  /** @param tries how often a call is made before it counts as failed */
  clients(tries?: number): AwsClients {
    return new AwsClients(this.settings(), tries);
  }

  get headroom(): number | undefined {
    return this.args.headroom;
  }

  waitSeconds(step: "create" | "update"): number {
    return secondsOf(this.args.wait) ?? secondsOf(this.timeouts[step]) ?? WAIT;
  }

  say(message: string): void {
    void pulumi.log.info(message, this.component);
  }

  warn(message: string): void {
    void pulumi.log.warn(message, this.component);
  }
}

/** Seconds of a Go duration, as the engine takes them: `1h30m`, `90s`, `1.5h`. */
function secondsOf(duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== duration) {
    const reason = `"${duration}" is no time to wait: hours, minutes and seconds, such as 10m or 1h30m`;
    throw new pulumi.InputPropertyError({ propertyPath: "gates.wait", reason });
  }
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  return parts.reduce((sum, [, amount, unit = "s"]) => sum + Number(amount) * (units[unit] ?? 1), 0);
}
