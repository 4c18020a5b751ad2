import {
  type PlannedChange,
  plannedChange,
  plannedChanges,
  type Resource,
  type Served,
  type Serving,
  servingResources,
} from "../traffic";

/** What a policy judges: a stack before and after, and what lies between. */
export interface Plan {
  prior: readonly Resource[];
  desired: readonly Resource[];
  changes: readonly PlannedChange[];
  /** Who serves in the prior state. */
  serving: Serving;
}

/** One thing that a policy refuses. */
export interface Finding {
  urn: string;
  /** What would happen. */
  what: string;
  /** Why it matters: the mechanism. */
  why: string;
  /** What to do instead. */
  instead: string;
  /** Said, and not refused. */
  advisory?: boolean;
}

/**
 * A rule as a function of plain data. One file each: what it refuses, the mechanism with its source, the safe way.
 *
 * All of them judge the way from the prior state to the desired one, never a state alone: what was so before an update does not
 * stop it, so that the pack can be switched on for any stack.
 */
export interface Policy {
  name: string;
  /** One line: what it refuses. */
  description: string;
  /** It judges all changes of an update together, so in a preview only. */
  wholePlanOnly?: boolean;
  judge(plan: Plan): Finding[];
}

/** The plan of a whole stack. */
export function planOf(prior: readonly Resource[], desired: readonly Resource[]): Plan {
  return { prior, desired, changes: plannedChanges(prior, desired), serving: servingResources(prior) };
}

/** The part of a plan that one resource shows: no deletion, and nothing of the others. */
export function planOfOne(prior: readonly Resource[], after: Resource): Plan {
  const change = plannedChange(prior, after);
  return { prior, desired: [after], changes: change ? [change] : [], serving: servingResources(prior) };
}

/**
 * How what would be replaced or deleted serves, where that loses requests. What others only stand on, such as a certificate, can
 * be exchanged: the new one is made first, they are led to it, and the old one goes last.
 */
export function servesUntil(change: PlannedChange, { serving, changes }: Plan): Served | undefined {
  if (change.kind !== "replace" && change.kind !== "delete") return undefined;
  const served = serving.get(change.before);
  if (!served?.movableFor) return served;
  if (change.kind === "replace") return change.deletedFirst ? served : undefined;
  const led = new Set(changes.flatMap((other) => ("before" in other ? [other.before] : [])));
  return served.movableFor.every((standing) => led.has(standing)) ? undefined : served;
}
