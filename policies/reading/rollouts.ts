import {
  at,
  COLORS,
  type Color,
  formerOf,
  judgeTransition,
  type Resource,
  type RolloutPlan,
  type Shares,
  sameValue,
  type Transition,
} from "../../traffic";
import type { Plan } from "../plan";
import { albRoute } from "./alb-route";
import { dnsRoute } from "./dns-route";
import { gatewayRoute } from "./gateway-route";
import type { Place, RouteKind } from "./route-kind";
import { stateOf } from "./state";
import { CLOCK, ENVIRONMENTS, TASK_DEFINITION } from "./types";
import { versionAge } from "./version-age";

const KINDS: Readonly<Record<string, RouteKind>> = Object.fromEntries(
  [albRoute, dnsRoute, gatewayRoute].map((kind) => [kind.type, kind]),
);

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
 * What the update does to each route of ours. Where a rollout stands is read from the weights on the wire: after a failed update
 * the components have recorded a stage that these never reached.
 */
export function routeChanges(plan: Plan): RouteChange[] {
  return plan.desired.flatMap((route) => {
    const kind = KINDS[route.type];
    if (!kind) return [];
    const before = formerOf(route, plan.prior);
    const asked = route.inputs as unknown as RolloutPlan;
    const [first] = before ? kind.carriersOf(before, plan.prior) : [];
    const wire = before && wireOf(before, plan.prior);
    const recorded = before && (before.inputs as unknown as RolloutPlan);
    const older = before && olderColor(before, plan);
    return {
      route,
      before,
      asked,
      wire,
      since: first && weightsSince(first, plan.prior),
      transition: judgeTransition({ wire, recorded, asked, older }),
    };
  });
}

/** The Crossfade routes of a state. */
export function routesIn(state: readonly Resource[]): Resource[] {
  return state.filter(({ type, pendingDelete }) => KINDS[type] !== undefined && !pendingDelete);
}

/** The share of each color on the wire; undefined where nothing carries the route's weights yet. */
export function wireOf(route: Resource, state: readonly Resource[]): Shares | undefined {
  const kind = KINDS[route.type];
  const carriers = kind?.carriersOf(route, state) ?? [];
  return carriers.length > 0 ? kind?.sharesOf(route, carriers, state) : undefined;
}

/** The color whose version was made first; undefined where that cannot be told. */
export function olderIn(route: Resource, state: readonly Resource[]): Color | undefined {
  return olderColor(route, { prior: state, changes: [] });
}

/** What carries a route's weights: its rule, or its records. */
export function carriersOf(route: Resource, state: readonly Resource[]): readonly Resource[] {
  return KINDS[route.type]?.carriersOf(route, state) ?? [];
}

/** The places where the program divides a route's requests. */
export function placesOf(route: Resource, state: readonly Resource[]): readonly Place[] {
  return KINDS[route.type]?.placesOf(route, state) ?? [];
}

/** Whether the color is one of the route's. */
export function hasColor(route: Resource, color: Color): boolean {
  return KINDS[route.type]?.has(route, color) ?? false;
}

/** What a color's requests come to: a target group, or a Service. */
export function endOf(route: Resource, color: Color, state: readonly Resource[]): Resource | undefined {
  return KINDS[route.type]?.endOf(route, color, state);
}

/** The environment that a color's requests come to. */
export function environmentOf(route: Resource, color: Color, state: readonly Resource[]): Resource | undefined {
  return homeOf(endOf(route, color, state), state);
}

/**
 * Since when the weights of a rule, a listener or a record are as they are. A route's own clock is written after its weights and
 * by nothing else than other ones; where an update stopped between the two, or there is no clock, the last change of what carries
 * them is the latest that it can have been.
 */
export function weightsSince(carrier: Resource, prior: readonly Resource[]): Date | undefined {
  const times = clocksOf(carrier, prior).map(({ modified }) => Date.parse(modified ?? ""));
  const latest = Math.max(...times);
  return Number.isNaN(latest) ? undefined : new Date(latest);
}

/** Whether the weights may ever have been others: what nothing has changed since it was made has the first it had. */
export function haveMoved(carrier: Resource, prior: readonly Resource[]): boolean {
  return clocksOf(carrier, prior).some(({ created, modified }) => created === undefined || created !== modified);
}

function clocksOf(carrier: Resource, prior: readonly Resource[]): readonly Resource[] {
  const route = prior.find((r) => r.urn === carrier.parent);
  const kind = route && KINDS[route.type];
  if (!kind) return [carrier];
  const carriers = kind.carriersOf(route, prior);
  const clock = clockOf(route, prior);
  return clock && sameValue(clock.inputs.input, onTheWire(route, kind, prior)) ? [clock] : carriers;
}

function clockOf(route: Resource, prior: readonly Resource[]): Resource | undefined {
  return prior.find((r) => r.type === CLOCK && r.parent === route.urn && !r.pendingDelete);
}

/** What the clock keeps: who has which share, and whether clients are held. */
function onTheWire(route: Resource, kind: RouteKind, prior: readonly Resource[]): unknown {
  const carriers = kind.carriersOf(route, prior);
  const shares = Object.entries(kind.sharesOf(route, carriers, prior)).filter(([, share]) => share > 0);
  return { shares: Object.fromEntries(shares), sticky: kind.keepsClients(carriers) };
}

/**
 * The color whose version was made first: after a finish it is the one that carried all before. Undefined where that cannot be
 * told, or the version would change in this update.
 */
function olderColor(route: Resource, { prior, changes }: Pick<Plan, "prior" | "changes">): Color | undefined {
  const changed = new Set(
    changes.flatMap((change) => {
      // A tag on a task definition is no other version; nor is a version another one for going.
      const isOther = change.kind === "replace" || (change.kind === "update" && change.before.type !== TASK_DEFINITION);
      return isOther ? [change.before] : [];
    }),
  );
  const made = (color: Color) => {
    const home = homeOf(endOf(route, color, prior), prior);
    const age = home && versionAge(home, prior);
    return age?.of.every((part) => !changed.has(part)) ? age : undefined;
  };
  const [blue, green] = [made("blue"), made("green")];
  if (!blue || !green) return undefined;
  const first = firstCarrier(route, prior);
  // Installed together they are a moment apart, in an order of no meaning.
  if (first && Math.max(blue.latest, green.latest) < first.since) return first.color;
  if (blue.latest < green.earliest) return "blue";
  return green.latest < blue.earliest ? "green" : undefined;
}

/** The color that had all requests when the route was made, and when that was: a Stash keeps in `output` what it was made with. */
function firstCarrier(route: Resource, prior: readonly Resource[]): { color: Color; since: number } | undefined {
  const { created, outputs } = clockOf(route, prior) ?? {};
  const color = COLORS.find((color) => at(outputs, "output", "shares", color) === 100);
  return color && created ? { color, since: Date.parse(created) } : undefined;
}

/** The environment that an end is a part of. */
export function homeOf(end: Resource | undefined, prior: readonly Resource[]): Resource | undefined {
  const state = stateOf(prior);
  let home = end;
  while (home && !ENVIRONMENTS.includes(home.type))
    home = home.parent === undefined ? undefined : state.get(home.parent);
  return home;
}
