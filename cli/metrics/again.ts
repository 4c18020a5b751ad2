import { pause } from "../pause";
import { MetricProblem } from "./metric-problem";

/** How long one waits for an answer. */
export interface Patience {
  /** How often a question is asked in all. */
  tries: number;
  /** Milliseconds before the second time; each pause after that is twice as long. */
  pauseMs: number;
  /** Milliseconds that one answer may take. */
  answerMs: number;
}

export const PATIENCE: Patience = { tries: 5, pauseMs: 500, answerMs: 10_000 };

/**
 * Asks again what may be answered a moment later, with a random half of each pause, so that many who were refused together do not
 * come back together.
 * @throws MetricProblem of the last time, which says how often it was asked
 */
export async function again<T>(
  ask: () => Promise<T>,
  { tries, pauseMs }: Pick<Patience, "tries" | "pauseMs">,
  signal?: AbortSignal,
): Promise<T> {
  for (let turn = 1; ; turn++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MetricProblem) || !error.passes) throw error;
      if (turn >= tries) throw new MetricProblem(`${error.message} (asked ${tries} times)`);
    }
    await pause(pauseMs * 2 ** (turn - 1) * (0.5 + Math.random() / 2), signal);
  }
}
