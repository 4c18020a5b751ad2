import type { Color, RolloutPlan } from "./rollout";

/** What a version of a service needs of another one. */
export interface Requirement {
  /** The other one's stack, written out: `organization/project/stack`. */
  stack: string;
  /** The versions of its contract that are good enough: `>=3 <=4`, one of the two, or `3`. */
  contract: string;
}

/** A color's version, as other stacks may know it. */
export interface ReleasedVersion {
  image: string;
  /** Its share of the requests in percent, once it is written. */
  share: number;
  /** The versions of its contract that it serves; not there where it does not say. */
  contract?: string;
  requires?: readonly Requirement[];
}

/** What a stack has released, as other stacks may know it: its output `release`. */
export interface Release extends Pick<RolloutPlan, "stable" | "stage"> {
  versions: Partial<Record<Color, ReleasedVersion>>;
}

/** What another stack is to this one. */
export type NeighbourRole = "requires" | "requiredBy" | "releasedFirst";

/** Another stack as an update of this one has read it. */
export interface NeighbourReading {
  /** Its `release`; not there where it could not be read. */
  release?: Release;
  /** Why it could not. */
  problem?: string;
}
