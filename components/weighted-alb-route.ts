import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { readRule } from "../live/rule";
import { at, type Color, raised, type Shares, weightsIn } from "../traffic";
import { type GateArgs, Gates } from "./gates";
import { refuseLeavingOut } from "./idle-guard";
import { Noted } from "./noted";
import { noted } from "./noted-target";
import { gateWeights } from "./raise-gate";
import type { Rollout } from "./rollout";
import { createClock, missingTargets, presentTargets } from "./weighted-route";

/** What a route sends requests to, by shape: a `FargateEnvironment`, or somebody's own target group. */
export interface RouteTarget {
  /** The target group's ARN. */
  targetGroupArn: pulumi.Input<string>;
  /**
   * What must be there, steady and healthy, before the group gets a request.
   * @default nothing: the group must have healthy targets already
   */
  ready?: pulumi.Resource[];
  /**
   * The ECS service whose tasks are in the group: its latest deployment must be done, and of this revision, before weight rises.
   * @default none: the health of the targets alone is asked for
   */
  service?: RouteService;
}

/** An ECS service, and what it is to run. */
export interface RouteService {
  clusterArn: pulumi.Input<string>;
  name: pulumi.Input<string>;
  /** The ARN of the revision that the program asks for. */
  taskDefinitionArn: pulumi.Input<string>;
}

export interface WeightedAlbRouteArgs {
  /** Gives the weights. */
  rollout: Rollout;
  /** The listener's ARN. */
  listenerArn: pulumi.Input<string>;
  /** The targets by color. Stable's must be there; the candidate's is there from `idle` on. */
  targets: Partial<Record<Color, RouteTarget>>;
  /** The hosts that users ask for; `*` and `?` are wildcards. One to five of them (ELB quota: five values a rule). */
  hosts: string[];
  /**
   * The rule's place among the listener's rules, 1 to 50,000; a lower number comes first. The preview rules of the environments
   * must come before it.
   */
  priority: number;
  /**
   * How long a client stays with its environment at canary stages, in seconds, 1 to 604,800
   * (ELB, `TargetGroupStickinessConfig.DurationSeconds`).
   * @default 3600
   */
  stickySeconds?: number;
  /**
   * What is asked of AWS before weight rises.
   * @default on, with the provider's credentials
   */
  gates?: GateArgs;
}

/**
 * One listener rule that splits a host's requests by weight between the two environments.
 *
 * Before an environment gains weight its targets must be healthy, in the number and the zones that the new weight needs, and the
 * live weights must be those of the state: `gates`.
 *
 * Both weights are always written: the provider's default is 1 and not 0. The rule waits for what the targets call ready, so
 * that an environment has weight only when it can answer. Stickiness is on at canary stages only: a cookie outranks a weight,
 * and on a rollback users must leave the candidate.
 */
export class WeightedAlbRoute extends pulumi.ComponentResource {
  readonly rule: aws.lb.ListenerRule;
  /** The share of each color that has some, in percent, once it is written. */
  readonly shares: pulumi.Output<Shares>;

  /** @throws InputPropertyError where a color has weight and no target, or hosts are missing or too many. */
  constructor(name: string, args: WeightedAlbRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    const { rollout, targets, hosts, priority, stickySeconds = 3600 } = args;
    for (const missing of missingTargets(rollout, targets)) throw new pulumi.InputPropertyError(missing);
    const present = presentTargets(targets);
    if (hosts.length < 1 || hosts.length > 5) {
      throw new pulumi.InputPropertyError({ propertyPath: "hosts", reason: "one to five hosts (ELB quota)" });
    }
    // The policies read these: arns and not resources, for a policy pack cannot be shown a resource.
    const groups = Object.fromEntries(present.map(([color, target]) => [color, target.targetGroupArn]));
    super("crossfade:index:WeightedAlbRoute", name, { ...rollout.plan, groups, hosts, priority, stickySeconds }, opts);
    this.rule = new aws.lb.ListenerRule(
      name,
      {
        listenerArn: args.listenerArn,
        priority,
        conditions: [{ hostHeader: { values: hosts } }],
        actions: [
          {
            type: "forward",
            forward: {
              targetGroups: present.map(([color, target]) => ({
                arn: target.targetGroupArn,
                weight: rollout.shares[color],
              })),
              stickiness: { enabled: rollout.keepsClients, duration: stickySeconds },
            },
          },
        ],
      },
      {
        parent: this,
        dependsOn: present.flatMap(([, target]) => target.ready ?? []),
        ...gatedRule(name, args, Gates.of(this, args.gates, opts)),
      },
    );
    this.shares = createClock(name, { rollout, sticky: rollout.keepsClients }, this, [this.rule]);
    this.registerOutputs({ ruleArn: this.rule.arn });
  }
}

/** The hooks of the rule, and what the route asks for, known to those of the environments. */
function gatedRule(
  name: string,
  { rollout, targets, listenerArn, priority }: WeightedAlbRouteArgs,
  gates: Gates | undefined,
): pulumi.CustomResourceOptions {
  if (!gates) return {};
  const byColor = presentTargets(targets).map(([color, target]) => ({ color, target: noted(target) }));
  const listener = new Noted(listenerArn);
  for (const { color, target } of byColor) {
    gates.program.ruleShares.push({
      group: target.group,
      share: rollout.shares[color],
      listenerArn: listener,
      priority,
    });
  }
  const of = (arn: string) => byColor.find(({ target }) => target.group.value === arn);
  const stable = byColor.find(({ color }) => color === rollout.plan.stable)?.target.group;
  const before = gates.program.hook(`weights-${name}`, async (hook) => {
    const { id, oldInputs, oldOutputs, newInputs } = hook;
    const recorded = weightsIn(at(oldOutputs, "actions") ?? at(oldInputs, "actions"));
    const asked = weightsIn(at(newInputs, "actions"));
    const isNew = oldInputs === undefined;
    const leftOut = recorded.filter(({ arn, weight }) => weight === 0 && !asked.some((group) => group.arn === arn));
    await refuseLeavingOut(
      leftOut.map(({ arn }) => arn),
      hook,
      gates.program,
    );
    await gateWeights(
      {
        route: `"${name}"`,
        step: isNew ? "create" : "update",
        raised: raised(recorded, asked),
        stable: stable?.value,
        nameOf: (arn) => of(arn)?.color ?? arn,
        behind: (arn) => [of(arn)?.target ?? { group: new Noted(arn) }],
        read: async (clients) => ({ live: isNew ? [] : (await readRule(clients, id)).groups, recorded, asked }),
      },
      gates,
    );
  });
  return { hooks: { beforeCreate: [before], beforeUpdate: [before] } };
}
