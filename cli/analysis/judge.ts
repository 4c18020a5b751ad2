import { type Block, type Counts, checkBlocks, totals } from "./counts";
import { type Criteria, checkCriteria } from "./criteria";
import { bet, evidence, isEvidence, passFactors, regressionFactors, type Wealth } from "./evidence";

/** What both versions did in the blocks in which both had events. */
export interface Seen {
  candidate: Counts;
  stable: Counts;
}

/** The candidate against stable, by one metric, over the same time. */
export type Judged =
  /** It is worse than tolerated. Once found, it stays; what was seen is what showed it. */
  | ({ verdict: "regression" } & Seen)
  /** That is excluded, as far as is seen by now: what is bad later takes it back. */
  | ({ verdict: "pass" } & Seen)
  /**
   * Neither, so far; what is still so at the deadline ends so, and is no pass. How many more events of the candidate a pass
   * takes, if it does from now on as stable has done; null where no number does.
   */
  | ({ verdict: "inconclusive"; missing: number | null } & Seen);

/** Judges by all blocks of a stage, in order of time; again after each new one, if wanted. */
export function judge(blocks: readonly Block[], criteria: Criteria): Judged {
  checkCriteria(criteria);
  checkBlocks(blocks);
  const enough = -Math.log(criteria.alpha);
  const compared = blocks.filter(isEvidence);
  let regression: Wealth = [];
  let pass: Wealth = [];
  for (const [index, block] of compared.entries()) {
    regression = bet(regression, regressionFactors(block, criteria));
    pass = bet(pass, passFactors(block, criteria));
    if (evidence(regression) >= enough) return { verdict: "regression", ...totals(compared.slice(0, index + 1)) };
  }
  const seen = totals(compared);
  if (evidence(pass) >= enough) return { verdict: "pass", ...seen };
  return { verdict: "inconclusive", ...seen, missing: missing(pass, seen, criteria) };
}

function missing(pass: Wealth, { candidate, stable }: Seen, criteria: Criteria): number | null {
  const perEvent = Math.max(stable.all, 1) / Math.max(candidate.all, 1);
  return eventsToPass(stable.bad / Math.max(stable.all, 1), perEvent, criteria, pass);
}

/**
 * Solves for the number of the candidate's events at which the evidence for a pass is enough, if it does as stable; null where
 * no number is.
 * @param perEvent stable's events for each of the candidate's
 * @param pass what there is of it already
 */
export function eventsToPass(
  stableRate: number,
  perEvent: number,
  criteria: Criteria,
  pass: Wealth = [],
): number | null {
  const one = { bad: stableRate, all: 1 };
  const next = { startMs: 0, candidate: one, stable: { bad: stableRate * perEvent, all: perEvent } };
  const growth = passFactors(next, criteria);
  if (Math.max(...growth) <= 0) return null;
  const isEnough = (events: number) => evidence(bet(pass, growth, events)) >= -Math.log(criteria.alpha);
  // Of a sum of exponentials the logarithm is convex: it is too little before the solution, and enough after it.
  let most = 1;
  while (!isEnough(most)) most *= 2;
  let least = 0;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (isEnough(middle)) most = middle;
    else least = middle;
  }
  return most;
}
