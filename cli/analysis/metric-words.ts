import type { Metric } from "../metrics/source";
import type { MetricWords } from "./judged-text";

/** What a metric counts, in words. */
export function metricWords(metric: Metric): MetricWords {
  switch (metric.kind) {
    case "errors":
      return { events: "requests", bad: metric.clientErrors === "bad" ? "failed, 4xx among them" : "failed" };
    case "slow":
      return { events: "requests", bad: `took more than ${spoken(metric.over)} or got no answer` };
    case "counts":
      return { events: "events", bad: "were bad" };
  }
}

function spoken(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
