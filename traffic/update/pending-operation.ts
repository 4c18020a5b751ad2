import type { PlannedChange } from "../changes/planned-change";
import { nameOf, type Resource } from "../resource";
import { carriesTraffic } from "./moves-traffic";

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
  /** What it supposes, where that is not what the state says. */
  given: readonly string[];
}

/** The ways double with each; the engine runs 8 steps at once, of which few carry traffic. */
const TRIED = 6;

/**
 * Every way that the cloud may be, the state's own first.
 *
 * The next update makes what a creation may have made already once more, and leaves the other one: it is in no state. It takes
 * what a deletion may have deleted to be there: an update of it fails. What was being updated has one form or the other. What was
 * not ready when its last update ended (`initErrors`) may not answer until a step has waited for it.
 *
 * @throws where there are more than can be tried
 */
export function worlds(
  prior: readonly Resource[],
  changes: readonly PlannedChange[],
  pending: readonly PendingOperation[],
): World[] {
  const open = pending.filter(({ resource }) => carriesTraffic(resource.type));
  const unready = prior.filter((r) => r.unfinished && !r.pendingDelete && COUNTS[r.type] !== undefined);
  if (open.length + unready.length > TRIED) {
    const names = [...open.map(({ resource }) => resource), ...unready].map(({ urn }) => `"${nameOf(urn)}"`).join(", ");
    throw new Error(
      `an earlier update was stopped, and what became of ${names} is not known: "pulumi refresh" finds out`,
    );
  }
  const suppositions = [
    ...open.map((operation) => (world: World) => afterwards(world, operation)),
    ...unready.map((resource) => (world: World) => withoutTasks(world, resource)),
  ];
  return suppositions.reduce((all, suppose) => all.concat(all.map(suppose)), [{ prior, changes, given: [] } as World]);
}

/** What says how many tasks or instances a resource of the type runs. */
const COUNTS: Record<string, Record<string, number>> = {
  "aws:ecs/service:Service": { desiredCount: 0 },
  "aws:autoscaling/group:Group": { desiredCapacity: 0, minSize: 0 },
};

/** The same where the operation took effect. */
function afterwards(world: World, { does, resource }: PendingOperation): World {
  const given = [
    ...world.given,
    `an earlier update was stopped while ${does} "${nameOf(resource.urn)}", and may have done so`,
  ];
  if (does === "creating") return { ...world, given, prior: [...world.prior, resource] };
  const at = world.prior.find((r) => isTheSame(r, resource));
  if (!at) return world;
  if (does === "updating") {
    const outputs = { ...at.outputs, ...resource.inputs };
    return { given, ...exchanged(world, at, { ...at, inputs: resource.inputs, outputs }) };
  }
  return {
    given,
    prior: world.prior.filter((r) => r !== at),
    changes: world.changes.flatMap((change): PlannedChange[] => {
      if (!("before" in change) || change.before !== at) return [change];
      return change.kind === "replace" ? [{ kind: "create", after: change.after }] : [];
    }),
  };
}

/** The same where nothing of it was ready. */
function withoutTasks(world: World, resource: Resource): World {
  const at = world.prior.find((r) => r.urn === resource.urn && !r.pendingDelete);
  if (!at) return world;
  const none = COUNTS[at.type];
  const given = [...world.given, `the last update of "${nameOf(at.urn)}" ended before it was ready`];
  const idle = { ...at, inputs: { ...at.inputs, ...none }, outputs: { ...at.outputs, ...none } };
  return { given, ...exchanged(world, at, idle) };
}

function exchanged({ prior, changes }: World, old: Resource, now: Resource): Pick<World, "prior" | "changes"> {
  return {
    prior: prior.map((r) => (r === old ? now : r)),
    changes: changes.map((change) =>
      "before" in change && change.before === old ? { ...change, before: now } : change,
    ),
  };
}

function isTheSame(one: Resource, other: Resource): boolean {
  return one.urn === other.urn && (other.outputs.id === undefined || one.outputs.id === other.outputs.id);
}
