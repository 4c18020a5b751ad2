import type { Plan } from "../policies/plan";
import { DRAIN, drainOf } from "../policies/reading/drains";
import { askedCount, liveCount } from "../policies/reading/entry-point-parts";
import { answerersOf, endsOf } from "../policies/reading/members";
import { raises, sharesOf } from "../policies/reading/raises";
import { endOf, hasColor, type RouteChange, routeChanges } from "../policies/reading/rollouts";
import { environment } from "../policies/reading/route-kind";
import { read, type State, seconds, stateOf } from "../policies/reading/state";
import {
  COLORS,
  type Color,
  currentStage,
  desiredShares,
  nameOf,
  otherColor,
  type Resource,
  type Stage,
} from "../traffic";
import type { Sight } from "./sight";

/** Seconds until every node of a balancer can be taken to act on new weights: the default of the policy `hold-time`. */
const SETTLE = 60;
/** The error rate of the SRE workbook's example ("Canarying Releases": 5 % of the users, 20 % of their requests). */
export const EXAMPLE_RATE = 0.2;

/** The shares by color, or by the groups' names where the route is not ours; in percent. */
export type NamedShares = Record<string, number>;

/** What an update means for the users of one route. */
export interface Outlook {
  urn: string;
  /** `promote`, `rollback`, … of our routes; `weights` of others. */
  kind: RouteChange["transition"]["kind"] | "weights";
  /** Who serves. Undefined before where there was no route, or where a weight is not known. */
  before: NamedShares | undefined;
  after: NamedShares | undefined;
  /** The part of the requests that another environment answers than before, 0 to 1. */
  atStake: number | undefined;
  /** Our routes only: the stages, and so the bake times, of others are not in the state. */
  rollout?: RolloutOutlook;
}

export interface RolloutOutlook {
  stage: string;
  candidate: Color;
  /** The candidate's weight, 0 to 1: the part of all requests that a version fails which fails each of its own. */
  exposure: number;
  /** The stages that still have to hold before the candidate has all the weight. */
  ahead: StageAhead[];
  /** What can be told at them of how the candidate does. */
  sight?: Sight;
  /** Seconds that new targets get fewer requests for (`slowStart` of the candidate's group); undefined where it is not known. */
  warmUp: number | undefined;
  wayBack: WayBack;
  /** Tasks that run beside those of stable; undefined where nothing in the plan counts them. */
  extraTasks: number | undefined;
}

export interface StageAhead {
  stage: string;
  /** In percent. */
  weight: number;
  /** Seconds that it has to hold in all, and how many of them are left. */
  bake: number;
  seconds: number;
}

export interface WayBack {
  to: Color;
  /** What in this update closes it, by URN; empty where it stays open. */
  closedBy: string[];
  /** While it is open: it is, at the least, until then. */
  notBefore: Date;
}

/** What a plan means for users, of each route whose weights or stage it changes, and of each that has a candidate. */
export function outlook(plan: Plan): Outlook[] {
  const state = stateOf(plan.desired);
  const ours = routeChanges(plan).map((change) => ofRoute(change, plan, state));
  const others = raises(plan).flatMap(({ ours: isOurs, carriers, urn }) =>
    isOurs ? [] : carriers.flatMap((carrier) => ofCarrier(urn, carrier, plan, state)),
  );
  return [...ours, ...others];
}

function ofRoute(change: RouteChange, plan: Plan, state: State): Outlook {
  const { route, asked, wire, transition } = change;
  const after = present(desiredShares(asked), (color) => hasColor(route, color));
  const { urn } = route;
  const hasCandidate = after[otherColor(asked.stable)] !== undefined;
  return {
    urn,
    kind: transition.kind,
    before: wire && { ...wire },
    after,
    atStake: wire && moved(wire, after),
    rollout: hasCandidate ? rolloutOutlook(change, plan, state) : undefined,
  };
}

function rolloutOutlook(change: RouteChange, plan: Plan, state: State): RolloutOutlook {
  const { route, asked } = change;
  const candidate = otherColor(asked.stable);
  const ahead = stagesAhead(change, plan.now);
  const full = asked.stages.at(-1);
  const left = ahead.reduce((sum, stage) => sum + stage.seconds, 0) + (full?.bake ?? 0);
  const hold = (drainBehind(route, asked.stable, state) ?? DRAIN) + SETTLE;
  return {
    stage: asked.stage,
    candidate,
    exposure: currentStage(asked).weight / 100,
    ahead,
    warmUp: warmUpOf(route, candidate, plan, state),
    wayBack: {
      to: asked.stable,
      closedBy: closing(asked.stable, plan),
      notBefore: new Date(plan.now.getTime() + (left + hold) * 1000),
    },
    extraTasks: tasksOf(route, candidate, state),
  };
}

/** The stages from the one that is asked for to the last before `full`. One that goes on has held for some time already. */
function stagesAhead({ asked, since, transition }: RouteChange, now: Date): RolloutOutlook["ahead"] {
  const { weight } = currentStage(asked);
  const isAhead = (stage: Stage) => stage.weight >= weight && stage.weight < 100 && stage.bake > 0;
  return asked.stages.filter(isAhead).map((stage) => {
    const isHeld = transition.kind === "stay" && stage.weight === weight && since !== undefined;
    const held = isHeld ? (now.getTime() - since.getTime()) / 1000 : 0;
    return { stage: stage.name, weight: stage.weight, bake: stage.bake, seconds: Math.max(0, stage.bake - held) };
  });
}

/** What takes away, or makes anew, a part of what the weight would go back to. */
function closing(color: Color, plan: Plan): string[] {
  const prior = stateOf(plan.prior);
  const home = environment(color, plan.prior);
  if (!home) return [];
  return plan.changes.flatMap((change) => {
    if (change.kind === "create" || change.kind === "update" || change.before.pendingDelete) return [];
    return isUnder(change.before, home, prior) ? [change.before.urn] : [];
  });
}

function drainBehind(route: Resource, color: Color, state: State): number | undefined {
  const end = endOf(route, color, state.resources);
  return end && drainOf(end, state);
}

/** What starts slowly is what this update makes or changes; the rest has done so. */
function warmUpOf(route: Resource, color: Color, plan: Plan, state: State): number | undefined {
  const end = endOf(route, color, state.resources);
  if (!end) return undefined;
  const fresh = plan.changes.some((c) => "after" in c && endsOf(c.after, state).includes(end));
  return fresh ? seconds(read(end, "slowStart"), 0) : 0;
}

/** The tasks or pods that a color runs, or is asked to run. */
function tasksOf(route: Resource, color: Color, state: State): number | undefined {
  const end = endOf(route, color, state.resources);
  const home = environment(color, state.resources);
  const inHome = () => state.resources.filter((r) => home && isUnder(r, home, state) && askedCount(r) !== undefined);
  const counts = (end ? answerersOf(end, state) : inHome()).map((r) => askedCount(r) ?? liveCount(r));
  return counts.length === 0 || counts.includes(undefined)
    ? undefined
    : counts.reduce<number>((a, b) => a + (b ?? 0), 0);
}

function isUnder(resource: Resource, home: Resource, state: State): boolean {
  for (let urn = resource.parent; urn !== undefined; urn = state.get(urn)?.parent) {
    if (urn === home.urn) return true;
  }
  return false;
}

/** A rule or a listener of somebody's own, by the names of its groups. */
function ofCarrier(urn: string, carrier: Resource, plan: Plan, state: State): Outlook[] {
  const after = state.heirOf(carrier);
  const named = (shares: Map<string, number> | undefined) =>
    shares && Object.fromEntries([...shares].map(([group, share]) => [nameOf(group), share * 100]));
  const had = named(sharesOf(carrier, stateOf(plan.prior)));
  const has = after && named(sharesOf(after, state));
  return [{ urn, kind: "weights", before: had, after: has, atStake: had && has && moved(had, has) }];
}

function present(shares: Record<Color, number>, isThere: (color: Color) => boolean): NamedShares {
  return Object.fromEntries(COLORS.filter(isThere).map((color) => [color, shares[color]]));
}

/** What all lose together, which is what the others get. */
function moved(before: NamedShares, after: NamedShares): number {
  const lost = Object.entries(before).map(([name, share]) => Math.max(0, share - (after[name] ?? 0)));
  return lost.reduce((sum, share) => sum + share, 0) / 100;
}
