import { MetricProblem } from "../metrics/metric-problem";
import type { Metric, MetricSource } from "../metrics/source";
import type { Observed } from "./metric-verdict";
import { type StageJudged, type StageTime, stageVerdict } from "./stage-verdict";

/**
 * Judges a stage by all its metrics: by every block since its weights were written, read anew each time, so that a command that
 * was killed goes on where it stood. A metric whose counts cannot be had is inconclusive, whatever the others say for it.
 */
export async function judgeStage(
  source: MetricSource,
  metrics: readonly Metric[],
  time: StageTime,
  signal?: AbortSignal,
): Promise<StageJudged> {
  const observed = await Promise.all(metrics.map((metric) => observe(source, metric, time, signal)));
  return stageVerdict(source, observed, time);
}

async function observe(
  source: MetricSource,
  metric: Metric,
  { from, now }: StageTime,
  signal: AbortSignal | undefined,
): Promise<Observed> {
  try {
    return { metric, blocks: await source.blocks(metric, from, now, signal) };
  } catch (error) {
    if (!(error instanceof MetricProblem)) throw error;
    return { metric, problem: error.message };
  }
}
