import type { PlannedChange } from "../changes/planned-change";
import { clustersOf, inCluster } from "../kubernetes/clusters";
import { edgesOf, type Resource } from "../resource";
import { deletedFirst } from "./delete-first";
import { changedEntities, type Entity, keptEntity, type Step, stayingEntities } from "./entity";
import { carriesTraffic, movesTraffic } from "./moves-traffic";

/** What is in the cloud in the course of an update, and which steps must be done before which. */
export interface OrderedPlan {
  entities: readonly Entity[];
  steps: readonly Step[];
  /** The steps that must be done before each, itself among them: the bits of their places in `steps`. */
  before: ReadonlyMap<Step, bigint>;
}

/**
 * The engine's order, as it was seen (pulumi 3.259, and `pkg/resource/deploy` for the cascade):
 *
 * - A resource starts when it is registered: after all that its inputs, its `dependsOn` and its parent name, and after nothing
 *   else. All the rest runs in parallel.
 * - A replacement makes the new one at that moment. The old one goes at the end.
 * - Deletions come last: after every create and update, what depends on a resource before the resource. After a failed step
 *   nothing new starts, so no deletion either.
 * - Delete-before-replace deletes when the resource is registered, and with it, before it, all that depends on it and would be
 *   replaced for it. Each is made again when it is registered itself.
 *
 * A stopped update has done a set of steps in which none lacks one that must come before it; a step that was cut off has taken
 * effect or not.
 */
export function orderedPlan(
  prior: readonly Resource[],
  desired: readonly Resource[],
  changes: readonly PlannedChange[],
  stays: (change: PlannedChange) => boolean = () => false,
): OrderedPlan {
  const relevant = changes.filter(movesTraffic);
  const moved = new Set(relevant.flatMap((change) => ("before" in change ? [change.before] : [])));
  const clusters = clustersOf(prior, desired, changes);
  const made = relevant.map((change) => {
    const own = "before" in change && stays(change) ? stayingEntities(change) : changedEntities(change);
    return { change, entities: own.map((entity) => inCluster(entity, clusters)) };
  });
  const unmoved = prior.filter((r) => r.custom && carriesTraffic(r.type) && !moved.has(r));
  const kept = unmoved.map((resource) => inCluster(keptEntity(resource), clusters));
  const entities = [...kept, ...made.flatMap((m) => m.entities)];
  const steps = entities.flatMap((e) => e.steps);
  const bit = new Map(steps.map((step, index) => [step, 1n << BigInt(index)]));
  const bits = (of: readonly Step[]) => of.reduce((mask, step) => mask | (bit.get(step) ?? 0n), 0n);

  const cascade = deletedFirst(changes.filter((change) => !stays(change)));
  const deletions = new Map<PlannedChange, Step>();
  const registrations = new Map<string, Step[]>();
  for (const { change, entities: own } of made) {
    const ownSteps = own.flatMap((e) => e.steps);
    for (const step of ownSteps) if (step.does === "delete") deletions.set(change, step);
    const registered = ownSteps.filter((step) => step.does !== "delete");
    if ("after" in change) registrations.set(change.after.urn, registered);
  }
  const byUrn = new Map(made.flatMap(({ change }) => ("after" in change ? [[change.after.urn, change] as const] : [])));
  const registeredBits = (urn: string) => {
    const change = byUrn.get(urn);
    const deletion = change && cascade.has(change) ? deletions.get(change) : undefined;
    return bits(registrations.get(urn) ?? []) | (deletion ? (bit.get(deletion) ?? 0n) : 0n);
  };
  const ancestors = ancestorBits(desired, registeredBits);
  const dependents = (change: PlannedChange, among: (other: PlannedChange) => boolean) =>
    [...deletions].filter(([other]) => among(other) && dependsOn(other, change)).map(([, step]) => step);

  const early = new Set(relevant.filter((change) => cascade.has(change) && deletions.has(change)));
  const direct = new Map<Step, bigint>();
  for (const { change } of made) {
    const deletion = deletions.get(change);
    const isEarly = early.has(change);
    if ("after" in change) {
      let mask = ancestors(change.after.urn) | (isEarly && deletion ? bits([deletion]) : 0n);
      for (const step of registrations.get(change.after.urn) ?? []) {
        direct.set(step, mask);
        mask |= bits([step]);
      }
    }
    if (!deletion) continue;
    const causes = cascade.get(change) ?? [];
    const goesWithIt = (other: PlannedChange) => causes.every((urn) => cascade.get(other)?.includes(urn));
    const first = bits(dependents(change, (other) => early.has(other) === isEarly && goesWithIt(other)));
    direct.set(deletion, isEarly ? first | sharedAncestors(causes, ancestors) : first);
  }
  const allRegistered =
    bits([...registrations.values()].flat()) | bits([...early].flatMap((c) => deletions.get(c) ?? []));
  for (const [change, deletion] of deletions) {
    if (!early.has(change)) direct.set(deletion, (direct.get(deletion) ?? 0n) | allRegistered);
  }
  return { entities, steps, before: closed(steps, direct) };
}

/** Whether the old resource of one change stands on that of another. */
function dependsOn(dependent: PlannedChange, change: PlannedChange): boolean {
  if (!("before" in dependent) || !("before" in change) || dependent.before === change.before) return false;
  // Of a resource that was replaced and not yet deleted, two have one URN: which is meant cannot be told.
  if ([dependent, change].some((c) => c.kind === "delete" && c.leftOver)) return false;
  return edgesOf(dependent.before).has(change.before.urn);
}

/** The steps that every one of the registrations waits for: which of them comes first cannot be told. */
function sharedAncestors(urns: readonly string[], ancestors: (urn: string) => bigint): bigint {
  return urns.map(ancestors).reduce((shared, mask) => shared & mask, urns.length > 0 ? ~0n : 0n);
}

/** For each desired resource the steps of all that is registered before it. */
function ancestorBits(desired: readonly Resource[], registered: (urn: string) => bigint): (urn: string) => bigint {
  const byUrn = new Map(desired.map((r) => [r.urn, r]));
  const known = new Map<string, bigint>();
  const order = (urn: string): bigint => {
    const found = known.get(urn);
    if (found !== undefined) return found;
    known.set(urn, 0n); // a circle cannot be registered: it adds nothing
    const r = byUrn.get(urn);
    let mask = 0n;
    for (const edge of r ? edgesOf(r) : []) if (byUrn.has(edge)) mask |= order(edge) | registered(edge);
    known.set(urn, mask);
    return mask;
  };
  return order;
}

/** Adds to each step's set the step itself, and what the deletions in it wait for; the rest of a set is complete already. */
function closed(steps: readonly Step[], direct: ReadonlyMap<Step, bigint>): Map<Step, bigint> {
  const masks = steps.map((step, index) => (direct.get(step) ?? 0n) | (1n << BigInt(index)));
  const deletions = steps.flatMap((step, index) => (step.does === "delete" ? [index] : []));
  for (let grown = true; grown; ) {
    grown = false;
    for (const [index, mask] of masks.entries()) {
      const inside = deletions.filter((d) => (mask >> BigInt(d)) & 1n);
      const wider = inside.reduce((all, d) => all | (masks[d] ?? 0n), mask);
      if (wider === mask) continue;
      masks[index] = wider;
      grown = true;
    }
  }
  return new Map(steps.map((step, index) => [step, masks[index] ?? 0n]));
}
