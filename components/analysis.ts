/** What the candidate of a stage is judged by, beside stable over the same time. */
export interface AnalysisConfig {
  /** Who counts: the balancer by CloudWatch, the service by Prometheus, or the balancers of the local cloud. */
  source: "cloudwatch" | "prometheus" | "local";
  /** There with source `prometheus`, and only then. */
  prometheus?: PrometheusConfig;
  metrics: MetricConfig[];
  /** Seconds for which a stage may stay inconclusive once its bake time is over; then the promotion ends, and is none. */
  deadline: number;
  /**
   * Seconds until a request that gets no answer is counted: the balancer's `idle_timeout`, 60 unless it is set (ELB guide, "Connection
   * idle timeout"). Before that only what was answered is, so no pass goes by it.
   */
  unanswered: number;
  /** Seconds after the end of a block in which its counts may still change, so that it is not counted before. */
  settle: number;
}

export interface PrometheusConfig {
  url: string;
  /** The environment variable that holds the `Authorization` header; the config is no place for a secret. */
  authorization?: string;
  /** Seconds of a block: twice the interval in which the service is scraped, or more. */
  block: number;
  /** What the candidate is compared with in stable's place. */
  baseline?: BaselineConfig;
}

/**
 * A same-age baseline: a copy of stable's version that was started with the candidate, so that cold caches and young processes are
 * on both sides. The user runs it, behind stable's Service or target group; these fill the placeholders of its queries.
 */
export interface BaselineConfig {
  color: string;
  environment?: string;
}

/** Events of which some are bad: one ratio. */
export type MetricConfig = MetricCriteria & (ErrorsMetric | SlowMetric | CountsMetric);

interface MetricCriteria {
  name: string;
  /** How much worse than stable the candidate may be, 0 to 1: of the events that would have been good on stable. */
  tolerance: number;
  /**
   * How often a verdict by this metric may be wrong. Where it is not set, the metrics of a stage share 0.01 in equal parts
   * (Bonferroni), so that it holds for all of them together; each stage has its own.
   */
  alpha: number;
  /** The most bad events that one cause brings in one block: so many count as one. */
  burst: number;
}

/** Requests that were not answered well: by the service with a 5xx, or not at all. */
export interface ErrorsMetric {
  kind: "errors";
  /** What a 4xx of the service's is. */
  clientErrors: "good" | "bad";
}

/** Requests whose answer began later than that, or never. */
export interface SlowMetric {
  kind: "slow";
  /** In milliseconds. */
  over: number;
}

/** Any pair of counts, by two queries of counters in the source's own language, with `{{color}}` and the like in them. */
export interface CountsMetric {
  kind: "counts";
  bad: string;
  all: string;
}
