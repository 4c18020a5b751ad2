import type { Resource } from "../resource";

/** Of a large stack each resource is asked for by its URN. */
const byUrns = new WeakMap<readonly Resource[], ReadonlyMap<string, Resource>>();

/** What a desired resource goes on from, also under another name; undefined where it is new. */
export function formerOf({ urn, aliases = [] }: Resource, prior: readonly Resource[]): Resource | undefined {
  let byUrn = byUrns.get(prior);
  if (!byUrn) {
    byUrn = new Map(prior.filter(({ pendingDelete }) => !pendingDelete).map((r) => [r.urn, r]));
    byUrns.set(prior, byUrn);
  }
  for (const known of [urn, ...aliases]) {
    const found = byUrn.get(known);
    if (found) return found;
  }
  return undefined;
}
