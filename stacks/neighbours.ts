import { COLORS, type Config, Neighbour, type NeighbourRole } from "../components";

/** Reads what the stacks around have released, each once, for all that it is to this one. */
export function readNeighbours({ environments, requiredBy, releasedFirst }: Config): void {
  const stacks: Record<NeighbourRole, readonly string[]> = {
    requires: COLORS.flatMap((color) => environments[color]?.requires ?? []).map(({ stack }) => stack),
    requiredBy,
    releasedFirst: releasedFirst === undefined ? [] : [releasedFirst],
  };
  const roles = Object.keys(stacks) as NeighbourRole[];
  for (const stack of new Set(Object.values(stacks).flat())) {
    new Neighbour(stack, { stack, roles: roles.filter((role) => stacks[role].includes(stack)) });
  }
}
