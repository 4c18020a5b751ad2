import { balancersOf } from "../policies/reading/edges";
import {
  carriersOf,
  endOf,
  hasColor,
  haveMoved,
  homeOf,
  olderIn,
  routesIn,
  weightsSince,
  wireOf,
} from "../policies/reading/rollouts";
import { type State, stateOf } from "../policies/reading/state";
import { BALANCER, GROUP } from "../policies/reading/types";
import {
  at,
  COLORS,
  type Color,
  nameOf,
  otherColor,
  type Resource,
  type RolloutPlan,
  type Shares,
  type Stage,
  text,
} from "../traffic";

/** Where the rollout of one route stands, as the stack's state has it. What is live may differ: somebody may have moved it. */
export interface RouteNow {
  urn: string;
  /** What carries the weights: a rule of a balancer, weighted records, a route of the Gateway API. */
  kind: "alb" | "dns" | "gateway";
  /** What the components recorded last. After a failed update it is not what the weights say. */
  recorded: RolloutPlan;
  candidate: Color;
  /** The colors that the route knows. */
  colors: readonly Color[];
  /** The deployed share of each color in percent; undefined where nothing carries weights yet. */
  shares: Shares | undefined;
  /** The stage by the deployed weights; undefined where they are those of no stage. */
  stage: Stage | undefined;
  /**
   * The color whose version was made before the other's; undefined where that cannot be told, and where the weights have never
   * moved: two that were installed together have no order.
   */
  older: Color | undefined;
  /** Since when the weights are so; undefined where that cannot be told. */
  since: Date | undefined;
  /** What carries the weights: the rule, the records, the route. */
  carriers: readonly Carrier[];
  /** Where weighted records are: the zone and the host. */
  records?: { zoneId: string; host: string };
  /** The name of each color's environment, such as `shop-green`, where it is one of ours. */
  environments: Partial<Record<Color, string>>;
  /** The ARN of each color's target group, where it has one. */
  targetGroups: Partial<Record<Color, string>>;
  /** The ARN of the balancer that each color's users come by, where it is one of this stack. */
  balancers: Partial<Record<Color, string>>;
}

/** What carries weights, as the cloud knows it. */
export interface Carrier {
  urn: string;
  type: string;
  /** An ARN, or what the provider calls it by. */
  id: string;
}

const KINDS: Readonly<Record<string, RouteNow["kind"]>> = {
  "crossfade:index:WeightedAlbRoute": "alb",
  "crossfade:index:WeightedDnsRoute": "dns",
  "crossfade:index:WeightedGatewayRoute": "gateway",
};

/** Where each route of ours stands. */
export function routesNow(resources: readonly Resource[]): RouteNow[] {
  return routesIn(resources).flatMap((route) => {
    const kind = KINDS[route.type];
    if (kind === undefined) return [];
    const recorded = planOf(route);
    const candidate = otherColor(recorded.stable);
    const carriers = carriersOf(route, resources);
    const shares = wireOf(route, resources);
    const weight = shares && (shares[candidate] ?? 0);
    const [first] = carriers;
    return {
      urn: route.urn,
      kind,
      recorded,
      candidate,
      colors: COLORS.filter((color) => hasColor(route, color)),
      shares,
      stage: recorded.stages.find((stage) => stage.weight === weight),
      older: first && haveMoved(first, resources) ? olderIn(route, resources) : undefined,
      since: first && weightsSince(first, resources),
      carriers: carriers.map(carrierOf),
      ...(kind === "dns" && { records: recordsAt(first) }),
      environments: byColor((color) => environmentOf(route, color, resources)),
      targetGroups: byColor((color) => groupOf(route, color, resources)?.outputs.arn ?? at(route.inputs.groups, color)),
      balancers: byColor((color) => balancerOf(route, color, stateOf(resources))?.outputs.arn),
    };
  });
}

function planOf({ inputs }: Resource): RolloutPlan {
  const { stable, stage, stages } = inputs as unknown as RolloutPlan;
  return { stable, stage, stages };
}

function carrierOf({ urn, type, outputs }: Resource): Carrier {
  return { urn, type, id: text(outputs.arn) ?? text(outputs.id) ?? "" };
}

function recordsAt(record: Resource | undefined): RouteNow["records"] {
  const [zoneId, host] = [text(record?.inputs.zoneId), text(record?.inputs.name)];
  return zoneId !== undefined && host !== undefined ? { zoneId, host } : undefined;
}

function environmentOf(route: Resource, color: Color, resources: readonly Resource[]): string | undefined {
  const home = homeOf(endOf(route, color, resources), resources);
  return home && nameOf(home.urn);
}

function groupOf(route: Resource, color: Color, resources: readonly Resource[]): Resource | undefined {
  const end = endOf(route, color, resources);
  return end?.type === GROUP ? end : undefined;
}

/** Behind weighted records each color has a balancer of its own; a rule has the one that it stands on. */
function balancerOf(route: Resource, color: Color, state: State): Resource | undefined {
  const carriers = carriersOf(route, state.resources);
  if (KINDS[route.type] === "dns") {
    const own = carriers.find(({ inputs }) => inputs.setIdentifier === color);
    return own && balancersOf(own, state)[0];
  }
  const [rule] = carriers;
  const [listener] = rule ? state.referred(rule, "listenerArn", rule.inputs.listenerArn) : [];
  return listener && state.referred(listener, "loadBalancerArn", listener.inputs.loadBalancerArn, BALANCER)[0];
}

function byColor(of: (color: Color) => unknown): Partial<Record<Color, string>> {
  return Object.fromEntries(COLORS.flatMap((color) => (text(of(color)) === undefined ? [] : [[color, of(color)]])));
}
