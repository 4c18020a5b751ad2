import { settledUntil } from "../metrics/source";
import { judgeMetric, type MetricJudged, type Observed, type SourceFacts, type Window } from "./metric-verdict";

/** When a stage is judged. */
export interface StageTime extends Window {
  /** Since when the weights are as they are: the clock of the route. */
  from: Date;
  now: Date;
  /** Seconds that the stage has to hold. */
  bake: number;
  /** Seconds after the bake time for which it may stay inconclusive. */
  deadline: number;
}

/** A stage by all its metrics. */
export interface StageJudged {
  /**
   * - `regression`: by one metric at the least, as soon as it shows, within the bake time as well.
   * - `pass`: by every metric, and each block of the bake time is counted.
   * - `inconclusive`: neither, so far.
   */
  verdict: "regression" | "pass" | "inconclusive";
  /** One for each metric, in their order. */
  metrics: MetricJudged[];
  /** What a pass still takes, a sentence each; empty where there is one, or a regression. */
  missing: string[];
  /** Whether bake time and deadline are over: what is inconclusive then ends so, and is no pass. */
  isOver: boolean;
  /** Before then no source has a block more than now. */
  lookAgainAt: Date;
  /** All of it, as a person reads it: who counted, and a line for each metric and each thing that is missing. */
  text: string;
}

/**
 * The verdict on a stage, from what its source has counted since it began. Each metric has its own part of alpha, so that of many
 * rollouts that are within the tolerance no more than the sum of the parts ends as a regression at a stage (Bonferroni), however
 * often it is looked at.
 */
export function stageVerdict(source: SourceFacts, observed: readonly Observed[], time: StageTime): StageJudged {
  const { from, now, bake, deadline } = time;
  const metrics = observed.map((each) => judgeMetric(source, each, time));
  const missing = [...timeMissing(source, time), ...metrics.flatMap((metric) => metric.missing)];
  if (metrics.length === 0) missing.push("no metric is asked for");
  const isWorse = metrics.some((metric) => metric.verdict === "regression");
  const verdict = isWorse ? "regression" : missing.length === 0 ? "pass" : "inconclusive";
  const told = verdict === "inconclusive" ? missing : [];
  const toKnow = 1000 * (source.blockSeconds + source.settleSeconds);
  const lines = [`${verdict}, by ${source.name}`, ...metrics.map(({ text }) => text)];
  return {
    verdict,
    metrics,
    missing: told,
    isOver: now.getTime() >= from.getTime() + 1000 * (bake + deadline) + toKnow,
    lookAgainAt: new Date(knownUntil(source, time) + toKnow),
    text: [...lines, ...told.map((each) => `missing: ${each}`)].join("\n  "),
  };
}

function timeMissing(source: SourceFacts, { from, now, bake }: StageTime): string[] {
  if (now < from) {
    return [
      `this machine's clock says ${now.toISOString()}, and the weights were written at ${from.toISOString()}: set the clock right`,
    ];
  }
  const baked = from.getTime() + 1000 * bake;
  if (settledUntil(source, now) >= baked) return [];
  const known = new Date(
    Math.ceil(baked / (1000 * source.blockSeconds)) * 1000 * source.blockSeconds + 1000 * source.settleSeconds,
  );
  return [`the bake time is over at ${new Date(baked).toISOString()}, and known to the end at ${known.toISOString()}`];
}

/** The end of what is known, or where the first block will begin. */
function knownUntil(source: SourceFacts, { from, now }: StageTime): number {
  const block = 1000 * source.blockSeconds;
  return Math.max(settledUntil(source, now), Math.ceil(from.getTime() / block) * block);
}
