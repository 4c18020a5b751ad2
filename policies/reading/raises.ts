import { isPreview, nameOf, type PlannedChange, type Resource } from "../../traffic";
import type { Plan } from "../plan";
import { type Forwarded, isCarrier, places } from "./forwards";
import { carriersOf, routeChanges } from "./rollouts";
import { type State, stateOf } from "./state";

/** Weight that goes to a version that is newer than the one that gives it up. */
export interface Raise {
  /** The resource to name in a finding: the route, or the rule that has the weights. */
  urn: string;
  /** What has the weights, as it is before the update: a rule, a listener, the records of a name, a route of Kubernetes. */
  carriers: readonly Resource[];
  /** A Crossfade route does it. */
  ours: boolean;
  /** A phrase such as `"shop" goes to canary-25`. */
  what: string;
}

/** The raises of an update: the promotions of our routes, and what other rules do of the kind. */
export function raises(plan: Plan): Raise[] {
  const ours = routeChanges(plan).flatMap(({ route, before, asked, transition }): Raise[] => {
    const carriers = before ? carriersOf(before, plan.prior) : [];
    if (carriers.length === 0 || transition.kind !== "promote") return [];
    return [{ urn: route.urn, carriers, ours: true, what: `"${nameOf(route.urn)}" goes to ${asked.stage}` }];
  });
  const [prior, desired] = [stateOf(plan.prior), stateOf(plan.desired)];
  const others = plan.changes.flatMap((change): Raise[] => {
    if (change.kind !== "update" || !isCarrier(change.after) || desired.isOurs(change.after)) return [];
    if (isPreview(change.after.inputs.conditions)) return [];
    const raised = raisedEnd(change, prior, desired);
    if (!raised) return [];
    const { urn } = change.after;
    return [
      { urn, carriers: [change.before], ours: false, what: `"${nameOf(urn)}" gives "${nameOf(raised)}" more weight` },
    ];
  });
  return [...ours, ...others];
}

/** The end that gets more of the requests from one that is older; of what is not known to be older, any. */
function raisedEnd(change: PlannedChange & { kind: "update" }, prior: State, desired: State): string | undefined {
  const before = sharesOf(change.before, prior);
  const after = sharesOf(change.after, desired);
  if (!before || !after) return undefined;
  const moved = (urn: string) => (after.get(urn) ?? 0) - (before.get(urn) ?? 0);
  const all = [...new Set([...before.keys(), ...after.keys()])];
  const age = (urn: string) => Date.parse(prior.get(urn)?.created ?? "") || Number.POSITIVE_INFINITY;
  const losers = all.filter((urn) => moved(urn) < 0);
  return all.find((urn) => moved(urn) > 0 && losers.some((loser) => age(urn) >= age(loser)));
}

/**
 * The share of each end by URN; undefined where a weight or an end is not known, or the rules of one route divide their requests
 * in different ways.
 */
export function sharesOf(carrier: Resource, state: State): Map<string, number> | undefined {
  const all = places(carrier, state).map(sharesAt);
  if (all.length === 0) return new Map();
  const [shares, ...others] = all;
  const isSame = (other: Map<string, number> | undefined) =>
    other !== undefined && other.size === shares?.size && [...other].every(([urn, share]) => shares.get(urn) === share);
  return others.every(isSame) ? shares : undefined;
}

function sharesAt(place: readonly Forwarded[]): Map<string, number> | undefined {
  const sum = place.reduce((total, { weight }) => total + (weight ?? 0), 0);
  const shares = new Map<string, number>();
  for (const { ends, weight } of place) {
    const [end] = ends;
    if (weight === undefined || ends.length !== 1 || !end) return undefined;
    shares.set(end.urn, (shares.get(end.urn) ?? 0) + (sum > 0 ? weight / sum : 0));
  }
  return shares;
}
