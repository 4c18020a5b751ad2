import { Failure } from "../failure";
import { countedVersions } from "../metrics/counted-versions";
import { metricSource } from "../metrics/metric-source";
import type { Judging } from "./hold-stage";
import { type Looked, routeOf } from "./standing";

/**
 * Who judges the candidate of a stack, as `crossfade:analysis` says.
 * @throws Failure where nobody is known who counts
 */
export async function openJudging(looked: Looked): Promise<Judging> {
  const { analysis } = looked.config;
  if (!analysis) {
    throw new Failure(
      "nobody is known who counts the requests of both versions: set crossfade:analysis, or hold each stage by the clock alone with --no-analysis",
      2,
    );
  }
  const source = await metricSource(
    analysis,
    countedVersions(routeOf(looked), analysis.prometheus?.baseline),
    looked.clients,
  );
  return { source, metrics: analysis.metrics, deadline: analysis.deadline, unanswered: analysis.unanswered };
}
