import type { Block } from "./counts";
import type { Criteria } from "./criteria";

/**
 * Evidence is the wealth of somebody who bets against a hypothesis and cannot win on average while it holds. It begins at 1 and
 * each block multiplies it by a factor whose expectation, given all blocks before and how this one's events are split between the
 * versions, is at most 1. So it is a nonnegative supermartingale, and by Ville's inequality the chance that it *ever* reaches
 * 1 / alpha is at most alpha: it may be looked at after every block, and stopped or gone on with for any reason (Howard, Ramdas,
 * McAuliffe and Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences"). Only rates within one block
 * are compared, so they may move from block to block as they like, by the time of day for example.
 *
 * How much to stake is not known beforehand: the wealth is spread over several bets, each of which goes its own way; a mean of
 * supermartingales is one. This is the natural logarithm of the wealth at each bet, times their number; empty before the first.
 */
export type Wealth = readonly number[];

/** The logarithm of all wealth together. */
export function evidence(wealth: Wealth): number {
  if (wealth.length === 0) return 0;
  const most = Math.max(...wealth);
  return most + Math.log(wealth.reduce((sum, log) => sum + Math.exp(log - most), 0) / wealth.length);
}

/** What is left after so many blocks of that kind, by default one. */
export function bet(wealth: Wealth, factors: Wealth, blocks = 1): Wealth {
  return factors.map((log, index) => (wealth[index] ?? 0) + blocks * log);
}

/**
 * Parts of the wealth, by the midpoints of the arcsine law (Cover 1991, "Universal portfolios"): it costs about half the
 * logarithm of the number of blocks against the best stake in hindsight.
 */
const STAKES = Array.from({ length: 16 }, (_, index) => (1 - Math.cos((Math.PI * (index + 0.5)) / 16)) / 2);

/** A block in which one of the versions had no event compares nothing. */
export function isEvidence({ candidate, stable }: Block): boolean {
  return candidate.all > 0 && stable.all > 0;
}

/** Against "the candidate is within the tolerance": half of the wealth on bets of either kind. */
export function regressionFactors(block: Block, criteria: Criteria): Wealth {
  const { candidate, stable } = block;
  const most = stable.all / candidate.all / (1 - criteria.tolerance);
  return [
    ...STAKES.map((stake) => byBlock(stake, block, criteria)),
    ...STAKES.map((stake) => byLump(stake * most, block, criteria)),
  ];
}

/** Against "the candidate is worse than tolerated". */
export function passFactors(block: Block, criteria: Criteria): Wealth {
  return STAKES.map((stake) => byLump(-stake, block, criteria));
}

/**
 * A bet on whose the bad events are, as Lindon and Malek 2022 have it ("Anytime-valid inference for multinomial count data") and,
 * for releases, Lindon, Sanden and Shirikian 2022 ("Rapid regression detection in software deployments through sequential
 * testing"). **A block is one observation** here, whatever the number of events in it: no independence within it is asked for,
 * and if one cause makes a thousand bad events, they count as one.
 *
 * In a block the candidate has X bad of n events and stable Y of m; a is the tolerance, q = n / (n + m) the candidate's part of
 * the events. Stable is charged with what is tolerated: V = Y + a m. While the candidate is within the tolerance, its part F = X /
 * (X + V) of the bad events is on average at most q, and so the factor 1 + s (F / q - 1) on average at most 1, for each stake s.
 *
 * Within the tolerance means: X <= Z + T, where of the B = Z + Y bad events that are not extra the candidate's part is E[Z | B, T]
 * <= q B, in whatever lumps they come, and of the extra ones E[T | B] <= a n. Proof: F rises with X, so let X = Z + T. Then
 * X + V = B + T + a m, which given B and T does not depend on Z, and F - q = (X - q (X + V)) / (X + V), whose numerator's
 * expectation is at most q B + T - q (B + T + a m) = (1 - q) (T - a n), for q m = (1 - q) n. And (T - a n) / (B + T + a m) is
 * concave in T: by Jensen's inequality its expectation given B is at most what it is at T = a n, which is 0.
 *
 * What is within it:
 * - Events of both versions alike (A/A), where each lump falls to the candidate in proportion to its traffic, and T = 0.
 * - Independent events, stable's bad with a chance of p and the candidate's of at most p + a (1 - p): of events that are all bad
 *   with p, those of the candidate have on average q B of B bad ones; and each is extra with a chance of a, bad already or not.
 *
 * What is not: a cause that outlasts a block *and* stays with one version. A client that fails all the time, held by a cookie,
 * leans every block to one side. Nor blocks in which weight and rate move together: a block lies within one stage.
 *
 * It is strong where the candidate's share is small. At an equal share a block can do no more than double the wealth: one cause
 * would have hit either version with the same chance.
 */
function byBlock(stake: number, { candidate, stable }: Block, { tolerance }: Criteria): number {
  const share = candidate.bad / (candidate.bad + stable.bad + tolerance * stable.all);
  return Math.log1p(stake * (share * (1 + stable.all / candidate.all) - 1));
}

/**
 * The same bet, for bad events that come in independent lumps of at most b in one block: every b of them count as one. For a pass
 * it has to be this one: where a lump may be of any size, a thousand good answers say nothing of the one block in a hundred in
 * which all fail.
 *
 * The factor is [(1 + v)^X (1 - k v)^Y e^(-v a n)]^(1/b), where k = (1 - a) n / m and -1 < v < 1 / k. For v > 0 it is on average
 * at most 1 while E[X] <= k E[Y] + a n, which is that the candidate's mean rate in the block is at most p + a (1 - p) beside a
 * mean rate of p of stable; for v < 0, while it is at least that. Proof: of a lump of x and y bad events, x + y <= b, weighted
 * means give (1 + v)^(x/b) (1 - k v)^(y/b) <= 1 + v (x - k y) / b, and 1 + z <= e^z. So the product over the lumps is on average
 * at most e to the v (E[X] - k E[Y]) / b, and all of it at most e to the v (E[X] - k E[Y] - a n) / b <= 0. Independent events of
 * any rates are lumps of 1.
 */
function byLump(v: number, { candidate, stable }: Block, { tolerance, burst }: Criteria): number {
  const ratio = ((1 - tolerance) * candidate.all) / stable.all;
  const bad = candidate.bad * Math.log1p(v) + stable.bad * Math.log1p(-ratio * v);
  return (bad - v * tolerance * candidate.all) / burst;
}
