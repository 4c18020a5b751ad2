import { createHash } from "node:crypto";
import { planOf } from "../policies/plan";
import {
  COLORS,
  type Color,
  desiredShares,
  keepsClients,
  type Resource,
  type RolloutPlan,
  type Stage,
  wholeWay,
} from "../traffic";

/** When the plans of these tests are judged. */
export const NOW = new Date("2026-11-21T12:00:00Z");

/** Where a rollout stands in a state that a test makes. */
export interface RolloutShape {
  stable?: Color;
  stage?: string;
  stages?: Stage[];
  /** Tasks by color; an environment is there where it has a number. */
  tasks?: Partial<Record<Color, number>>;
  /** The task definition by color. */
  versions?: Partial<Record<Color, string>>;
  /** The versions that were taken back; a color's own is named as it is, where `versions` has none. */
  rejected?: readonly string[];
  /** Seconds since the weights moved. */
  movedAgo?: number;
  tags?: object;
  /** Seconds since the environment was made with its version, by color; a day by default. */
  madeAgo?: Partial<Record<Color, number>>;
  /** Seconds since its compute was last changed in place. */
  changedAgo?: Partial<Record<Color, number>>;
}

export interface StackShape extends RolloutShape {
  /** Seconds since the rule was touched in any way. */
  touchedAgo?: number;
  drain?: number;
  autoscaled?: { live: number };
}

export const STAGES: Stage[] = [
  { name: "canary-5", weight: 5, bake: 600 },
  { name: "canary-50", weight: 50, bake: 3600 },
];

/** By digest: a version is told from another by it. */
export function imageOf(color: Color, { versions = {} }: RolloutShape): string {
  return `shop@${digest(versions[color] ?? color)}`;
}

/** What the rollout's component records. */
export function rolloutInputs(plan: RolloutPlan, { rejected = [] }: RolloutShape): Resource["inputs"] {
  const entries = rejected.map((of) => ({ digest: digest(of), at: "2026-11-20T12:00:00.000Z", reason: "it was bad" }));
  return { ...plan, ...(entries.length > 0 && { rejected: entries }) };
}

function digest(of: string): string {
  return `sha256:${createHash("sha256").update(of).digest("hex")}`;
}

/** A state of a stack with one route of ours, as the components make it; prior and desired have the same shape. */
export function stack(shape: StackShape = {}): Resource[] {
  const { stable = "blue", stage = "idle", stages = STAGES, tasks = { blue: 4, green: 4 }, versions = {} } = shape;
  const { movedAgo = 86_400, touchedAgo = movedAgo, drain = 30, autoscaled, tags } = shape;
  const way = wholeWay(stages);
  const plan = { stable, stage, stages: way };
  const shares = desiredShares(plan);
  const present = COLORS.filter((color) => tasks[color] !== undefined);
  const groups = Object.fromEntries(present.map((color) => [color, `arn:${color}`]));
  const route = make("crossfade:index:WeightedAlbRoute", "shop", { ...plan, groups, hosts: ["shop.example.com"] });
  const forward = {
    targetGroups: present.map((color) => ({ arn: `arn:${color}`, weight: shares[color] })),
    stickiness: { enabled: keepsClients(plan), duration: 3600 },
  };
  const positive = Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));
  const environments = present.flatMap((color) => {
    const home = make("crossfade:index:FargateEnvironment", `shop-${color}`, { color, image: imageOf(color, shape) });
    home.outputs.targetGroupArn = `arn:${color}`;
    const desiredCount = tasks[color];
    const service = make("aws:ecs/service:Service", `shop-${color}`, {
      desiredCount,
      waitForSteadyState: true,
      healthCheckGracePeriodSeconds: 60,
      taskDefinition: versions[color] ?? `arn:${color}:v1`,
      loadBalancers: [{ targetGroupArn: `arn:${color}` }],
      ...(tags && { tags }),
    });
    service.outputs.name = `service-${color}`;
    if (autoscaled && color === stable) service.outputs.desiredCount = autoscaled.live;
    const scaling = make("aws:appautoscaling/target:Target", `shop-${color}`, {
      resourceId: `service/c/service-${color}`,
    });
    const group = { ...make("aws:lb/targetGroup:TargetGroup", color, { port: 8080, deregistrationDelay: drain }) };
    const own = [
      { ...group, parent: home.urn },
      { ...service, parent: home.urn },
    ];
    return [home, ...own, ...(autoscaled ? [{ ...scaling, parent: home.urn }] : [])];
  });
  return [
    make("aws:lb/loadBalancer:LoadBalancer", "lb", {}),
    make("aws:lb/listener:Listener", "web", {
      loadBalancerArn: "arn:lb",
      defaultActions: [{ type: "fixed-response", fixedResponse: { statusCode: "404" } }],
    }),
    make("crossfade:index:Rollout", "shop", rolloutInputs(plan, shape)),
    ...environments,
    route,
    {
      ...make("aws:lb/listenerRule:ListenerRule", "shop", {
        listenerArn: "arn:web",
        priority: 3,
        conditions: [{ hostHeader: { values: ["shop.example.com"] } }],
        actions: [{ type: "forward", forward }],
        ...(tags && { tags }),
      }),
      parent: route.urn,
      modified: ago(touchedAgo),
    },
    {
      ...make("pulumi:index:Stash", "shop-weights", {
        input: { shares: positive, sticky: forward.stickiness.enabled },
      }),
      parent: route.urn,
      modified: ago(movedAgo),
    },
  ];
}

export function planBetween(before: StackShape, after: StackShape) {
  return planOf(stack(before), stack(after), NOW);
}

function ago(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1000).toISOString();
}

function make(type: string, name: string, inputs: Resource["inputs"]): Resource {
  const custom = !type.startsWith("crossfade:");
  const identity = custom ? { arn: `arn:${name}`, id: `arn:${name}` } : {};
  return { urn: `urn:pulumi:dev::shop::${type}::${name}`, type, custom, inputs, outputs: { ...inputs, ...identity } };
}
