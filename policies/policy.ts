import {
  type PlannedChange,
  plannedChange,
  plannedChanges,
  type Resource,
  type Serving,
  servingResources,
  spare,
} from "../traffic";

/** What a policy judges: a stack before and after, and what lies between. */
export interface Plan {
  prior: readonly Resource[];
  desired: readonly Resource[];
  changes: readonly PlannedChange[];
  /** Who serves in the prior state. */
  serving: Serving;
  /** Those who serve and would go, without whom nobody loses a request. */
  spare: ReadonlySet<Resource>;
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
  return plan(prior, desired, plannedChanges(prior, desired));
}

/** The part of a plan that one resource shows: no deletion, and nothing of the others. */
export function planOfOne(prior: readonly Resource[], after: Resource): Plan {
  const change = plannedChange(prior, after);
  return plan(prior, [after], change ? [change] : []);
}

function plan(prior: readonly Resource[], desired: readonly Resource[], changes: readonly PlannedChange[]): Plan {
  const serving = servingResources(prior);
  const going = changes.flatMap((change) =>
    (change.kind === "replace" || change.kind === "delete") && serving.has(change.before) ? [change.before] : [],
  );
  return {
    prior,
    desired,
    changes,
    serving,
    spare: going.length > 0 ? spare(prior, changes, new Set(going)) : new Set(),
  };
}
