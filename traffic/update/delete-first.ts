import type { PlannedChange } from "../changes/planned-change";
import { replacedBy } from "../changes/replaced-by";
import type { Resource } from "../resource";

/**
 * The changes whose old resource is deleted first, each with the URNs of the resources whose registration sets that off: those
 * that are replaced delete-first themselves, and in cascade what is replaced because of them.
 */
export function deletedFirst(changes: readonly PlannedChange[]): Map<PlannedChange, string[]> {
  const roots = new Map<PlannedChange, string[]>();
  for (const change of changes) {
    if (change.kind === "replace" && change.deletedFirst) roots.set(change, [change.after.urn]);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const change of changes) {
      if (change.kind !== "replace" && change.kind !== "delete") continue;
      const causes = [...roots]
        .filter(([root]) => root !== change && isReplacedWith(change, root))
        .flatMap(([, of]) => of);
      const all = new Set([...(roots.get(change) ?? []), ...causes]);
      if (all.size === (roots.get(change)?.length ?? 0)) continue;
      roots.set(change, [...all]);
      grown = true;
    }
  }
  return roots;
}

/** Whether the engine must replace a resource when that one is, for one of its inputs is made of it. */
function isReplacedWith(change: PlannedChange & { before: Resource }, root: PlannedChange): boolean {
  if (change.kind === "delete" && change.leftOver) return false;
  const { urn } = (root as { before: Resource }).before;
  const forcing = replacedBy(change.before.type)?.properties;
  return Object.entries(change.before.propertyDependencies ?? {}).some(
    ([property, urns]) => urns.includes(urn) && (forcing?.includes(property) ?? true),
  );
}
