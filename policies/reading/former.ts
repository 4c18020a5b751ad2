import type { Resource } from "../../traffic";
import type { Plan } from "../plan";

/** For each desired resource the one of the prior state that it goes on from, also under another name. */
export function formerOf({ prior, desired }: Plan): ReadonlyMap<Resource, Resource> {
  const before = new Map(prior.filter(({ pendingDelete }) => !pendingDelete).map((r) => [r.urn, r]));
  const pairs = new Map<Resource, Resource>();
  for (const after of desired) {
    const found = [after.urn, ...(after.aliases ?? [])].map((urn) => before.get(urn)).find((r) => r !== undefined);
    if (found) pairs.set(after, found);
  }
  return pairs;
}
