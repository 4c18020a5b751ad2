import type { Block } from "../../cli/analysis/counts";
import { totals } from "../../cli/analysis/counts";

/** A test that is looked at once, after as many events as were planned for a regression of a known size. */
export interface Plan {
  /** The standard normal law's quantile of 1 - alpha: 2.3263 for 0.01. */
  zAlpha: number;
  /** That of the power: 1.2816 for nine in ten. */
  zPower: number;
  /** Part of the events that may be bad beyond stable's, as in `Criteria`. */
  tolerance: number;
}

/** Events of the candidate, where stable has `ratio` times as many (two proportions, normal approximation, unpooled). */
export function plannedEvents({ zAlpha, zPower, tolerance }: Plan, candidate: number, stable: number, ratio: number) {
  const variance = candidate * (1 - candidate) + (stable * (1 - stable)) / ratio;
  return Math.ceil((variance * (zAlpha + zPower) ** 2) / (candidate - stable - tolerance) ** 2);
}

/** Whether these blocks together show more than is tolerated. */
export function isWorse({ zAlpha, tolerance }: Plan, blocks: readonly Block[]): boolean {
  const { candidate, stable } = totals(blocks);
  const [p, q] = [candidate.bad / candidate.all, stable.bad / stable.all];
  const deviation = Math.sqrt((p * (1 - p)) / candidate.all + (q * (1 - q)) / stable.all);
  return deviation > 0 && (p - q - tolerance * (1 - q)) / deviation > zAlpha;
}
