import { handling } from "../alb/forward";
import type { LiveGroup } from "../live/wire";
import { text } from "../resource";

/** The weights of a forward, by group or by record. */
export type Weights = readonly LiveGroup[];

/** The weights that a rule's actions have in a program or a state; what is not known counts as none. */
export function weightsIn(actions: unknown): Weights {
  const does = handling(actions);
  if (does.does !== "forward") return [];
  return does.groups.map(({ arn, weight = 0 }) => ({ arn: text(arn) ?? "", weight }));
}

/** The share of all requests that a group has, 0 to 1. */
export function shareOf(arn: string, weights: Weights): number {
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  const own = weights.filter((group) => group.arn === arn).reduce((total, { weight }) => total + weight, 0);
  return sum === 0 ? 0 : own / sum;
}

/** The groups whose share is larger after than before. */
export function raised(before: Weights, after: Weights): string[] {
  return after.flatMap(({ arn }) => (shareOf(arn, after) > shareOf(arn, before) + 1e-9 ? [arn] : []));
}

/** Whether two forwards divide the requests alike, however their weights are written. */
export function divideAlike(a: Weights, b: Weights): boolean {
  return [...a, ...b].every(({ arn }) => Math.abs(shareOf(arn, a) - shareOf(arn, b)) < 1e-9);
}

/** Weights in words, each group by the name that `nameOf` has for it: `blue 95, green 5`. */
export function weightsInWords(weights: Weights, nameOf: (arn: string) => string): string {
  return weights.map(({ arn, weight }) => `${nameOf(arn)} ${weight}`).join(", ") || "none";
}
