import { setTimeout as sleep } from "node:timers/promises";
import { MetricProblem } from "./metric-problem";

/** How often a question is asked in all, and the milliseconds before the second time; each pause after that is twice as long. */
export interface Patience {
  tries: number;
  pauseMs: number;
}

/** Eight seconds in all. */
export const PATIENCE: Patience = { tries: 5, pauseMs: 500 };

/**
 * Asks again what may be answered a moment later, with a random half of each pause, so that many who were refused together do not
 * come back together.
 * @throws MetricProblem of the last time, which says how often it was asked
 */
export async function again<T>(ask: () => Promise<T>, { tries, pauseMs }: Patience, signal?: AbortSignal): Promise<T> {
  for (let turn = 1; ; turn++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MetricProblem) || !error.passes) throw error;
      if (turn >= tries) throw new MetricProblem(`${error.message} (asked ${tries} times)`);
    }
    await sleep(pauseMs * 2 ** (turn - 1) * (0.5 + Math.random() / 2), undefined, { signal });
  }
}
