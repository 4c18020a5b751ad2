import {
  canBeTwice,
  letsInAlike,
  type PendingOperation,
  type PlannedChange,
  plannedChange,
  plannedChanges,
  type Resource,
  type Served,
  type Serving,
  servingResources,
  spare,
} from "../traffic";

/** What a policy judges: a stack before and after, and what lies between. */
export interface Plan {
  prior: readonly Resource[];
  desired: readonly Resource[];
  changes: readonly PlannedChange[];
  /** What an earlier update was doing when it was stopped. */
  pending?: readonly PendingOperation[];
  /** Who serves in the prior state. */
  serving: Serving;
  /** Those who serve and would go, without whom nobody loses a request. */
  spare: ReadonlySet<Resource>;
  /** When it is judged. */
  now: Date;
  /**
   * How many times as fast as on AWS the times of DNS go by, in a stack of the local cloud (`crossfade:local`, `dnsSpeed`).
   * @default 1
   */
  dnsSpeed?: number;
}

/** The plan of a whole stack. */
export function planOf(prior: readonly Resource[], desired: readonly Resource[], now?: Date): Plan {
  return planFrom({ prior, desired, changes: plannedChanges(prior, desired) }, now);
}

/** The part of a plan that one resource shows: no deletion, and nothing of the others. */
export function planOfOne(prior: readonly Resource[], after: Resource, now?: Date): Plan {
  const change = plannedChange(prior, after);
  return planFrom({ prior, desired: [after], changes: change ? [change] : [] }, now);
}

/** A plan whose changes are known already. */
export function planFrom(
  { prior, desired, changes, pending }: Pick<Plan, "prior" | "desired" | "changes" | "pending">,
  now = new Date(),
): Plan {
  const serving = servingIn(prior);
  const going = changes.flatMap((change) => (takesAway(change) && serving.has(change.before) ? [change.before] : []));
  const unmissed = going.length > 0 ? spare(prior, changes, new Set(going), desired) : new Set<Resource>();
  return { prior, desired, changes, pending, serving, spare: unmissed, now };
}

const servings = new WeakMap<readonly Resource[], Serving>();

/** Who serves in a state, worked out once: in an update every resource is judged on its own, beside the same prior one. */
function servingIn(prior: readonly Resource[]): Serving {
  const serving = servings.get(prior) ?? servingResources(prior);
  servings.set(prior, serving);
  return serving;
}

/**
 * How what would be replaced or deleted serves, where that loses requests. What others only stand on, such as a certificate, can
 * be exchanged: the new one is made first, they are led to it, and the old one goes last. What lets users in may go where
 * another does that, or where all go that it lets in to.
 */
export function servesUntil(change: PlannedChange, plan: Plan): Served | undefined {
  const { serving, spare, changes } = plan;
  if (!takesAway(change) || spare.has(change.before)) return undefined;
  const served = serving.get(change.before);
  if (served?.letsInto) return isMissed(change, served.letsInto, plan) ? served : undefined;
  if (!served?.movableFor) return served;
  if (change.kind === "replace") return change.deletedFirst ? served : undefined;
  const led = new Set(changes.flatMap((other) => ("before" in other ? [other.before] : [])));
  return served.movableFor.every((standing) => led.has(standing)) ? undefined : served;
}

type Removal = Extract<PlannedChange, { kind: "replace" | "delete" }>;

function takesAway(change: PlannedChange): change is Removal {
  return change.kind === "replace" || change.kind === "delete";
}

function isMissed(change: Removal, letsInto: readonly Resource[], { changes, desired }: Plan): boolean {
  const { before } = change;
  if (change.kind === "replace") return change.deletedFirst || !letsInAlike(before, change.after);
  const going = new Set(changes.filter(takesAway).map((removal) => removal.before));
  if (letsInto.every((into) => going.has(into))) return false;
  // Under its own URN is what an earlier update has put in the place of a left-over.
  const others = desired.filter(({ urn, type }) => urn === before.urn || (type === before.type && canBeTwice(type)));
  return !others.some((other) => letsInAlike(before, other));
}
