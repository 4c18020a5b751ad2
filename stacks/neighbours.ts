import { COLORS, type Config, Neighbour } from "../components";

/** Reads what the stacks around have released: those whose contracts the versions here need, and those that need one of here. */
export function readNeighbours({ environments, requiredBy }: Config): void {
  const required = COLORS.flatMap((color) => environments[color]?.requires ?? []).map(({ stack }) => stack);
  for (const stack of new Set([...required, ...requiredBy])) {
    const roles = [
      ...(required.includes(stack) ? (["requires"] as const) : []),
      ...(requiredBy.includes(stack) ? (["requiredBy"] as const) : []),
    ];
    new Neighbour(stack, { stack, roles });
  }
}
