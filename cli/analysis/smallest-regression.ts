import { type Criteria, checkCriteria, toleratedRate } from "./criteria";
import { evidence, regressionFactors } from "./evidence";

/** A stage as a judge sees it. */
export interface Watched {
  /** Events a second of both versions together: requests, for errors. */
  rate: number;
  /** The candidate's part of them: more than 0 and less than 1. */
  share: number;
  /** How long the stage is watched. */
  seconds: number;
  /** The length of a block: 60 for CloudWatch. */
  blockSeconds: number;
  /** Stable's rate of bad events, 0 to 1. */
  stableRate: number;
}

/** One in ten of a normal law is below the mean less so many standard deviations. */
const ONE_IN_TEN = 1.2816;

/**
 * The lowest rate of bad events of the candidate that is called a regression by the end of the stage nine times in ten, where
 * events are independent (in bursts it takes more); null where no rate is.
 *
 * The logarithm of the wealth of a bet is a sum over the blocks, taken as normal; each bet is taken to be at the low end of what
 * it has nine times in ten.
 */
export function smallestRegression(watched: Watched, criteria: Criteria): number | null {
  checkCriteria(criteria);
  check(watched);
  const { stableRate } = watched;
  if (!isSeen(1, watched, criteria)) return null;
  let unseen = toleratedRate(stableRate, criteria.tolerance);
  let seen = 1;
  while (seen / unseen > 1.01) {
    const middle = Math.sqrt(seen * unseen);
    if (isSeen(middle, watched, criteria)) seen = middle;
    else unseen = middle;
  }
  return seen;
}

function isSeen(candidateRate: number, watched: Watched, criteria: Criteria): boolean {
  const { rate, share, seconds, blockSeconds, stableRate } = watched;
  const blocks = Math.floor(seconds / blockSeconds);
  const candidate = rate * share * blockSeconds;
  const stable = rate * (1 - share) * blockSeconds;
  const mean: number[] = [];
  const square: number[] = [];
  for (const [bad, chance] of poisson(candidate * candidateRate)) {
    for (const [stableBad, stableChance] of poisson(stable * stableRate)) {
      const block = {
        startMs: 0,
        candidate: { bad: Math.min(bad, candidate), all: candidate },
        stable: { bad: Math.min(stableBad, stable), all: stable },
      };
      regressionFactors(block, criteria).forEach((log, index) => {
        mean[index] = (mean[index] ?? 0) + chance * stableChance * log;
        square[index] = (square[index] ?? 0) + chance * stableChance * log * log;
      });
    }
  }
  const atLeast = mean.map((each, index) => {
    const variance = Math.max(0, (square[index] ?? 0) - each * each);
    return blocks * each - ONE_IN_TEN * Math.sqrt(blocks * variance);
  });
  return evidence(atLeast) >= -Math.log(criteria.alpha);
}

/** The counts that come about and their chances: 40 of them where there are more, within five standard deviations. */
function poisson(mean: number): [count: number, chance: number][] {
  const reach = 5 * Math.sqrt(mean) + 5;
  const low = Math.max(0, Math.floor(mean - reach));
  const step = Math.ceil((mean + reach - low) / 40);
  const logs: [number, number][] = [];
  let log = 0;
  for (let count = low; count <= mean + reach; count++) {
    if (count > low) log += Math.log(mean / count);
    if ((count - low) % step === 0) logs.push([count, log]);
  }
  const most = Math.max(...logs.map(([, each]) => each));
  const sum = logs.reduce((total, [, each]) => total + Math.exp(each - most), 0);
  return logs.map(([count, each]) => [count, Math.exp(each - most) / sum]);
}

function check({ rate, share, seconds, blockSeconds, stableRate }: Watched): void {
  const need = (name: string, value: number, isRight: boolean, range: string) => {
    if (!isRight) throw new RangeError(`${name} must be ${range}, not ${value}`);
  };
  need("rate", rate, rate > 0 && Number.isFinite(rate), "more than 0 events a second");
  need("share", share, share > 0 && share < 1, "between 0 and 1: the candidate is compared with a stable beside it");
  need("seconds", seconds, seconds >= 0 && Number.isFinite(seconds), "0 or more");
  need("blockSeconds", blockSeconds, blockSeconds > 0 && Number.isFinite(blockSeconds), "more than 0");
  need("stableRate", stableRate, stableRate >= 0 && stableRate <= 1, "0 to 1");
}
