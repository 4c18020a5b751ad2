import { edgesOf, type Resource } from "../../traffic";

/** Whether the one is registered after the other already, so that an edge back would be a circle. */
export function isAfter(urn: string, other: string, desired: readonly Resource[], seen = new Set<string>()): boolean {
  if (urn === other || seen.has(urn)) return urn === other;
  seen.add(urn);
  const resource = desired.find((r) => r.urn === urn);
  return [...(resource ? edgesOf(resource) : [])].some((edge) => isAfter(edge, other, desired, seen));
}
