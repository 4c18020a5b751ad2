import type { PlannedChange } from "./planned-change";
import type { Resource } from "./resource";

/** A step that was running when the engine was stopped: it took effect or it did not, and the state does not tell. */
export interface PendingOperation {
  does: "creating" | "updating" | "deleting";
  /** As the step was to leave it; of a creation nobody knows the id. */
  resource: Resource;
}

/** One way that the cloud may be before the update. */
export interface World {
  prior: readonly Resource[];
  changes: readonly PlannedChange[];
}

/**
 * Every way that the cloud may be, the state's own first.
 *
 * The next update makes what a creation may have made already once more, and leaves the other one: it is in no state. It takes
 * what a deletion may have deleted to be there: an update of it fails. What it updates anew may have both forms before.
 */
export function worlds(world: World, pending: readonly PendingOperation[]): World[] {
  return pending.reduce((all, operation) => all.concat(all.map((one) => afterwards(one, operation))), [world]);
}

/** The same where the operation took effect. */
function afterwards({ prior, changes }: World, { does, resource }: PendingOperation): World {
  if (does === "creating") return { prior: [...prior, resource], changes };
  const at = prior.find((r) => isTheSame(r, resource));
  if (!at) return { prior, changes };
  if (does === "deleting") {
    return {
      prior: prior.filter((r) => r !== at),
      changes: changes.flatMap((change): PlannedChange[] => {
        if (!("before" in change) || change.before !== at) return [change];
        return change.kind === "replace" ? [{ kind: "create", after: change.after }] : [];
      }),
    };
  }
  const updated = { ...at, inputs: resource.inputs, outputs: { ...at.outputs, ...resource.inputs } };
  return {
    prior: prior.map((r) => (r === at ? updated : r)),
    changes: changes.map((change) =>
      "before" in change && change.before === at ? { ...change, before: updated } : change,
    ),
  };
}

function isTheSame(one: Resource, other: Resource): boolean {
  return one.urn === other.urn && (other.outputs.id === undefined || one.outputs.id === other.outputs.id);
}
