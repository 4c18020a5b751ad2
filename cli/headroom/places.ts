import type { Addition } from "./addition";

/** An addition whose number and subnets are known, and that takes addresses. */
export interface Placed extends Addition {
  count: number;
  subnets: readonly string[];
}

/** Subnets that share what is added to them. */
export interface Place {
  /** In the order of their names. */
  subnets: string[];
  /** All that can go nowhere else. */
  additions: Placed[];
}

export function isPlaced(addition: Addition): addition is Placed {
  return addition.count !== undefined && addition.subnets !== undefined && addition.subnets.length > 0;
}

/**
 * Each set of subnets that something is added to, with what is added within it, and what overlapping sets are together: that room
 * is missing in one of them is enough for some of it to find none.
 */
export function placesOf(additions: readonly Placed[]): Place[] {
  const sets = additions.map(({ subnets }) => [...new Set(subnets)].sort());
  const unique = new Map([...sets, ...joined(sets)].map((subnets) => [subnets.join(), subnets]));
  return [...unique.values()].map((subnets) => ({
    subnets,
    additions: additions.filter((addition) => addition.subnets.every((id) => subnets.includes(id))),
  }));
}

/** Sets that overlap, directly or by others, as one. */
function joined(sets: readonly string[][]): string[][] {
  return sets.reduce<string[][]>((groups, set) => {
    const touching = groups.filter((group) => group.some((id) => set.includes(id)));
    const apart = groups.filter((group) => !touching.includes(group));
    return [...apart, [...new Set([...touching.flat(), ...set])].sort()];
  }, []);
}
