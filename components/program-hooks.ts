import * as pulumi from "@pulumi/pulumi";
import { AwsClients } from "../live/aws-clients";
import type { ProviderSettings } from "../live/provider-settings";
import { refuseDelete, refuseUpdate } from "./idle-guard";
import type { Noted } from "./noted";

/** A group that a rule of this program gives a share to, in percent. */
export interface RuleShare {
  group: Noted<string>;
  share: number;
  listenerArn: Noted<string>;
  priority: number;
}

/** An edge that records of this program lead to with a share, in percent. */
export interface RecordShare {
  zoneId: Noted<string>;
  host: string;
  /** The edge's names, or its addresses. */
  names: Noted<string[]>;
  share: number;
}

/** What all components of a program share: its hooks that the state knows by name, and what its routes ask for. */
export class ProgramHooks {
  private readonly names = new Set<string>();
  readonly ruleShares: RuleShare[] = [];
  readonly recordShares: RecordShare[] = [];
  /** `crossfade:gates`: false turns all of them off. */
  readonly isOn = new pulumi.Config("crossfade").getBoolean("gates") ?? true;
  /** Before what stands behind a target group is changed. */
  readonly beforeUpdate = this.hook("before-update", (args) => refuseUpdate(args, this));
  /**
   * Before a resource is deleted. The state keeps such a hook by its name, and an update fails where the program registers none of
   * that name: so it is one for all, and there as long as one component of ours is.
   */
  readonly beforeDelete = this.hook("before-delete", (args) => refuseDelete(args, this));
  private settings: (() => ProviderSettings) | undefined;

  /** A hook of a create or an update. The engine wants a name that no other of the program has. */
  hook(name: string, callback: pulumi.ResourceHookFunction): pulumi.ResourceHook {
    let unique = `crossfade-${name}`;
    for (let n = 2; this.names.has(unique); n++) unique = `crossfade-${name}-${n}`;
    this.names.add(unique);
    return new pulumi.ResourceHook(unique, (args) => (this.isOn ? callback(args) : undefined));
  }

  /** What is deleted is in the program no more, nor are its settings: those of the first component that is there must do. */
  askWith(settings: () => ProviderSettings): void {
    this.settings ??= settings;
  }

  clients(): AwsClients {
    return new AwsClients(this.settings?.());
  }
}

const programs = new WeakMap<object, ProgramHooks>();

/** The hooks of the program that runs; none where it runs without an engine, or with mocks in its place. */
export function programHooks(): ProgramHooks | undefined {
  const monitor = pulumi.runtime.getMonitor();
  if (typeof monitor?.registerResourceHook !== "function") return undefined;
  const hooks = programs.get(monitor) ?? new ProgramHooks();
  programs.set(monitor, hooks);
  return hooks;
}
