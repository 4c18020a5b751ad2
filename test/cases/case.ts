import type { Item } from "./item";

/** A stack before an update, and what its program asks for. */
export interface Change {
  prior: readonly Item[];
  desired: readonly Item[];
}

/** What a policy refuses, and the nearest that passes. */
export interface Pair {
  /** Names its resources, so it is short. */
  id: string;
  /** As `policies/readme/hazards.ts` has them. */
  hazards: readonly string[];
  policy: string;
  /** Other policies that refuse it too, each for a reason of its own. */
  also: readonly string[];
  refused: Change;
  passes: Change;
}

/** Refused with the one value and passing with the other: nothing else is between the two. */
export function pair<V>(
  id: string,
  {
    change,
    refused,
    passes,
    also = [],
    ...rest
  }: Pick<Pair, "hazards" | "policy"> & {
    also?: readonly string[];
    change: (value: V) => Change;
    refused: V;
    passes: V;
  },
): Pair {
  return { id, ...rest, also, refused: change(refused), passes: change(passes) };
}

/** One of the operations of every day, which no policy may stand in the way of. */
export interface Everyday {
  id: string;
  /** As the design's notes have it. */
  entry: string;
  change: Change;
}
