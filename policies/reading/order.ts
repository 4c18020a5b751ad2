import { edgesOf } from "../../traffic";
import type { State } from "./state";

/** Whether the one is registered after the other already, so that an edge back would be a circle. */
export function isAfter(urn: string, other: string, state: State, seen = new Set<string>()): boolean {
  if (urn === other || seen.has(urn)) return urn === other;
  seen.add(urn);
  const resource = state.get(urn);
  return [...(resource ? edgesOf(resource) : [])].some((edge) => isAfter(edge, other, state, seen));
}
