import { at, type Resource, UNKNOWN } from "../resource";
import { formerOf } from "./former";
import { keepsOwnName } from "./kubernetes-replacement";
import { changedWithProvider } from "./provider-change";
import { replacedBy } from "./replaced-by";
import { isAbsent, sameValue } from "./same-value";

/** A create, update, replacement or deletion between the prior and the desired state. */
export type PlannedChange =
  | { kind: "create"; after: Resource }
  | { kind: "update"; before: Resource; after: Resource }
  | { kind: "replace"; before: Resource; after: Resource; because: PropertyChange[]; deletedFirst: boolean }
  /** `leftOver`: an earlier update replaced it and was stopped; this one would carry the deletion out. */
  | { kind: "delete"; before: Resource; leftOver: boolean };

export interface PropertyChange {
  /** A path: `launchTemplate.id`. */
  property: string;
  before: unknown;
  after: unknown;
}

/** All planned changes of a whole desired state. */
export function plannedChanges(prior: readonly Resource[], desired: readonly Resource[]): PlannedChange[] {
  const kept = new Set(desired.flatMap((after) => [after.urn, ...(after.aliases ?? [])]));
  const deletions = prior
    .filter((before) => before.custom && !before.retainOnDelete && (before.pendingDelete || !kept.has(before.urn)))
    .map((before): PlannedChange => ({ kind: "delete", before, leftOver: before.pendingDelete === true }));
  const changes = [...desired.flatMap((after) => plannedChange(prior, after) ?? []), ...deletions];
  return changedWithProvider(changes, prior, desired);
}

/** The planned change of one desired resource; undefined where nothing changes or it is no resource of a provider. */
export function plannedChange(prior: readonly Resource[], after: Resource): PlannedChange | undefined {
  if (!after.custom) return undefined;
  const before = formerOf(after, prior);
  if (!before) return { kind: "create", after };
  const because = replacingChanges(before, after);
  if (because) return { kind: "replace", before, after, because, deletedFirst: isDeletedFirst(before, after) };
  const isKept = !before.unfinished && sameValue(before.inputs, after.inputs);
  return isKept ? undefined : { kind: "update", before, after };
}

/** The changes that force a replacement; undefined where the resource is kept. */
function replacingChanges(before: Resource, after: Resource): PropertyChange[] | undefined {
  const because = forcingChanges(before, after);
  // A provider that previews keeps a stable output known through an update: its word is better than any table.
  const arn = before.outputs.arn === undefined ? undefined : after.outputs.arn;
  if (arn === UNKNOWN) return because;
  if (arn !== undefined) return undefined;
  return because.length > 0 ? because : undefined;
}

/**
 * The changes that the table says force a replacement. What a program writes out that it left to the provider before is compared
 * with what the cloud has: of an optional and computed property the provider sees no difference then.
 */
export function forcingChanges(before: Resource, after: Resource): PropertyChange[] {
  return (replacedBy(before.type)?.properties ?? [])
    .map((property) => ({ property, path: property.split(".") }))
    .map(({ property, path }) => {
      const [had, has] = [at(before.inputs, ...path), at(after.inputs, ...path)];
      const isWrittenOut = before.type.startsWith("aws:") && isAbsent(had) && !isAbsent(has);
      return { property, before: isWrittenOut ? (at(before.outputs, ...path) ?? had) : had, after: has };
    })
    .filter((change) => !sameValue(change.before, change.after));
}

function isAutoNamed(resource: Resource, property: string): boolean {
  const defaults = resource.inputs.__defaults;
  return Array.isArray(defaults) && defaults.includes(property);
}

function isDeletedFirst(before: Resource, after: Resource): boolean {
  if (after.deleteBeforeReplace !== undefined) return after.deleteBeforeReplace;
  if (before.type.startsWith("kubernetes:")) return keepsOwnName(before, after);
  const { autoNamed, deletedFirst } = replacedBy(before.type) ?? {};
  if (deletedFirst) return true;
  if (autoNamed === undefined || isAutoNamed(before, autoNamed)) return false;
  const name = before.inputs[autoNamed];
  return name !== undefined && sameValue(name, after.inputs[autoNamed]);
}
