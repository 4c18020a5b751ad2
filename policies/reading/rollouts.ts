import {
  at,
  COLORS,
  type Color,
  judgeTransition,
  list,
  otherColor,
  type Resource,
  type RolloutPlan,
  type Shares,
  sameValue,
  type Transition,
  text,
} from "../../traffic";
import type { Plan } from "../plan";

const ROUTE = "crossfade:index:WeightedAlbRoute";
const ENVIRONMENT = "crossfade:index:FargateEnvironment";
const RULE = "aws:lb/listenerRule:ListenerRule";
const VERSION = "aws:ecs/taskDefinition:TaskDefinition";
const CLOCK = "pulumi:index:Stash";

/** A Crossfade route before and after an update, and what the edit means. */
export interface RouteChange {
  route: Resource;
  before: Resource | undefined;
  asked: RolloutPlan;
  /** The share of each color on the wire before the update. */
  wire: Shares | undefined;
  /** Since when the wire has been so; undefined where that cannot be told. */
  since: Date | undefined;
  transition: Transition;
}

/**
 * What the update does to each route of ours. Where a rollout stands is read from the rule's weights: after a failed update the
 * components have recorded a stage that the rule never reached.
 */
export function routeChanges(plan: Plan): RouteChange[] {
  return plan.desired
    .filter(({ type }) => type === ROUTE)
    .map((route) => {
      const urns = [route.urn, ...(route.aliases ?? [])];
      const before = plan.prior.find((r) => r.type === ROUTE && urns.includes(r.urn));
      const asked = route.inputs as unknown as RolloutPlan;
      const rule = before && ruleOf(before, plan.prior);
      const wire = before && rule && sharesOf(before, rule, plan.prior);
      const recorded = before && (before.inputs as unknown as RolloutPlan);
      const older = before && olderColor(before, plan);
      return {
        route,
        before,
        asked,
        wire,
        since: rule && weightsSince(rule, plan.prior),
        transition: judgeTransition({ wire, recorded, asked, older }),
      };
    });
}

/** The rule that carries a route's weights. */
export function ruleOf(route: Resource, state: readonly Resource[]): Resource | undefined {
  return state.find((r) => r.type === RULE && r.parent === route.urn && !r.pendingDelete);
}

/** Which group is a color's: the environment's own, or what the route was given for it. */
export function groupArn(route: Resource, color: Color, state: readonly Resource[]): string | undefined {
  return text(at(route.inputs.groups, color)) ?? text(environment(color, state)?.outputs.targetGroupArn);
}

function sharesOf(route: Resource, rule: Resource, prior: readonly Resource[]): Shares {
  const groups = list(at(list(rule.outputs.actions)[0], "forward", "targetGroups"));
  const weights = groups.map((group) => [at(group, "arn"), Number(at(group, "weight"))] as const);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  const shares: Shares = {};
  for (const color of COLORS) {
    const arn = groupArn(route, color, prior);
    const found = weights.find(([group]) => group === arn);
    if (found && sum > 0) shares[color] = (found[1] * 100) / sum; // in this order: 55 / 100 * 100 is not 55
  }
  return shares;
}

/**
 * Since when the weights of a rule or a listener are as they are. A route's own clock is written after its rule and by nothing
 * else than another weight; where an update stopped between the two, or there is no clock, the rule's last change is the latest
 * that it can have been.
 */
export function weightsSince(carrier: Resource, prior: readonly Resource[]): Date | undefined {
  const { modified } = clockOf(carrier, prior);
  return modified === undefined ? undefined : new Date(modified);
}

/** Whether the weights may ever have been others: what nothing has changed since it was made has the first it had. */
export function haveMoved(carrier: Resource, prior: readonly Resource[]): boolean {
  const { created, modified } = clockOf(carrier, prior);
  return created === undefined || created !== modified;
}

function clockOf(carrier: Resource, prior: readonly Resource[]): Resource {
  const route = prior.find((r) => r.type === ROUTE && r.urn === carrier.parent);
  const clock = route && prior.find((r) => r.type === CLOCK && r.parent === route.urn && !r.pendingDelete);
  return clock && sameValue(clock.inputs.input, onTheWire(route, carrier, prior)) ? clock : carrier;
}

/** What the clock keeps: who has which share, and whether clients are held. */
function onTheWire(route: Resource, rule: Resource, prior: readonly Resource[]): unknown {
  const shares = Object.entries(sharesOf(route, rule, prior)).filter(([, share]) => share > 0);
  const sticky = at(list(rule.outputs.actions)[0], "forward", "stickiness", "enabled") === true;
  return { shares: Object.fromEntries(shares), sticky };
}

/**
 * The color whose version was made first: after a finish it is the one that carried all before. A version is as old as its task
 * definition, which any change of the version makes anew and a tag does not.
 */
function olderColor(route: Resource, { prior, changes }: Plan): Color | undefined {
  const made = (color: Color) => {
    const group = groupArn(route, color, prior);
    const home = prior.find((r) => r.type === ENVIRONMENT && group !== undefined && r.outputs.targetGroupArn === group);
    const version = prior.find((r) => r.type === VERSION && r.parent === home?.urn && !r.pendingDelete);
    const changed = changes.some((change) => change.kind === "replace" && change.before === version);
    return changed ? undefined : version?.created;
  };
  return COLORS.find((color) => {
    const [own, other] = [made(color), made(otherColor(color))];
    return own !== undefined && other !== undefined && Date.parse(own) < Date.parse(other);
  });
}

function environment(color: Color, state: readonly Resource[]): Resource | undefined {
  return state.find((r) => r.type === ENVIRONMENT && r.inputs.color === color);
}
