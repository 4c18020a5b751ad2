import { eventsToPass } from "./analysis/judge";
import { smallestRegression } from "./analysis/smallest-regression";
import type { Metric } from "./metrics/source";

/** What of a regression can be seen at the stages to come, at the rate of events that there is; or why that is not known. */
export type Sight = { unknown: string } | { by: string; metrics: MetricSight[] };

/** How much there is to be judged by. */
export interface Measured {
  /** Events a second of both versions together. */
  rate: number;
  /** Stable's rate of bad ones, 0 to 1. */
  stableRate: number;
}

export interface MetricSight extends Measured {
  name: string;
  stages: StageSight[];
}

export interface StageSight {
  stage: string;
  /** The lowest rate of bad events that is called a regression within the bake time, nine times in ten; null where none is. */
  regression: number | null;
  /** Seconds until a candidate that does as stable has passed; null where it never does. */
  pass: number | null;
  /** Seconds that it may take: the bake time and the deadline. */
  limit: number;
}

/** A canary stage as it is judged. */
export interface JudgedStage {
  stage: string;
  /** In percent. */
  weight: number;
  /** Seconds. */
  bake: number;
}

/** What a metric can tell at each of these stages. */
export function metricSight(
  metric: Metric,
  { rate, stableRate }: Measured,
  stages: readonly JudgedStage[],
  { blockSeconds, deadline, unanswered }: { blockSeconds: number; deadline: number; unanswered: number },
): MetricSight {
  return {
    name: metric.name,
    rate,
    stableRate,
    stages: stages.map(({ stage, weight, bake }) => {
      const share = weight / 100;
      const watched = { rate, share, seconds: bake, blockSeconds, stableRate };
      const events = eventsToPass(stableRate, (1 - share) / share, metric);
      const pass = events === null ? null : Math.max(bake, unanswered + events / (rate * share));
      return { stage, regression: smallestRegression(watched, metric), pass, limit: bake + deadline };
    }),
  };
}
