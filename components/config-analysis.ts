import type { AnalysisConfig, MetricConfig } from "./analysis";
import { METRIC_KINDS, type ParsedAnalysis } from "./config-analysis-schema";
import type { Report } from "./config-problem";
import type { Parsed } from "./config-schema";

/** How often, at most, a verdict on a stage may be wrong, by all its metrics together. */
const ALPHA = 0.01;
const TOLERANCE = 0.01;
const SLOW_MS = 1000;
const DEADLINE = 3600;
/** Publishing by CloudWatch takes a minute or two; a scrape of Prometheus a quarter of one; the local cloud counts as it answers. */
const SETTLE = { cloudwatch: 180, prometheus: 30, local: 2 };
/** ELB's default `idle_timeout`; who tries a release in the local cloud has no minute for each of its stages. */
const UNANSWERED = { cloudwatch: 60, prometheus: 60, local: 0 };
/** Of users' requests several fail together; those of a load of our own each for itself. */
const BURST = { cloudwatch: 10, prometheus: 10, local: 1 };

const DEFAULT_METRICS: NonNullable<ParsedAnalysis["metrics"]> = [
  { name: "errors", kind: "errors" },
  { name: "slow", kind: "slow" },
];

/** The placeholders of a query. */
export const PLACEHOLDERS = ["environment", "color", "targetGroup"] as const;

/** Checks what a single key cannot tell: which keys a kind of metric has, and which metrics a source. */
export function checkAnalysis(given: Record<string, unknown>, data: Partial<Parsed>, report: Report): void {
  const { analysis } = data;
  if (!analysis) return;
  const source = sourceOf(analysis, data);
  const at = (path: string, message: string) => report(`analysis.${path}`, message);
  if (source === undefined) {
    at("source", "is missing: behind a Gateway there is no balancer of AWS's that counts. Set prometheus, and its url");
  }
  if (source === "cloudwatch" && data.kubernetes?.gateway) {
    at("source", '"cloudwatch" has the counts of balancers, and a Gateway is none: set prometheus');
  }
  if (source === "local" && given.local === undefined) {
    at("source", '"local" is the local cloud, and this stack is none of it: set cloudwatch or prometheus');
  }
  if (source === "prometheus" && !analysis.prometheus) at("prometheus", "is missing: where the server is, by its url");
  if (analysis.prometheus) checkPrometheus(analysis.prometheus, source, at);
  checkMetrics(analysis, source, at);
}

function checkPrometheus({ url }: { url: string }, source: string | undefined, report: Report): void {
  if (source !== undefined && source !== "prometheus") {
    report("prometheus", `is for source prometheus, and it is ${source}`);
  }
  if (new URL(url).password !== "") {
    report("prometheus.url", "holds a password, and everybody reads the config: put it into authorization's variable");
  }
}

function checkMetrics({ metrics }: ParsedAnalysis, source: AnalysisConfig["source"] | undefined, report: Report): void {
  if (source === "prometheus" && !metrics) {
    report("metrics", "is missing: Prometheus has what your service counts. Give kind counts, with bad and all");
  }
  for (const [index, metric] of (metrics ?? []).entries()) {
    const at = `metrics[${index}]`;
    const { name, kind } = metric;
    if (metrics?.slice(0, index).some((other) => other.name === name)) report(`${at}.name`, `"${name}" is there twice`);
    for (const [ofKind, keys] of Object.entries(METRIC_KINDS)) {
      for (const key of keys) {
        if (ofKind !== kind && metric[key] !== undefined) report(`${at}.${key}`, `is for kind ${ofKind}, not ${kind}`);
      }
    }
    if (kind === "counts") checkQueries(metric, at, report);
    if (source === "prometheus" && kind !== "counts") {
      report(`${at}.kind`, `"${kind}" is counted by a balancer: for prometheus it is counts, with bad and all`);
    }
    if (source && source !== "prometheus" && kind === "counts") {
      report(`${at}.kind`, `"counts" is for source prometheus, and it is ${source}: set errors or slow`);
    }
  }
}

type ParsedMetric = NonNullable<ParsedAnalysis["metrics"]>[number];

function checkQueries(metric: ParsedMetric, at: string, report: Report): void {
  const known = PLACEHOLDERS.map((name) => `{{${name}}}`);
  for (const key of METRIC_KINDS.counts) {
    const query = metric[key];
    if (query === undefined) {
      report(`${at}.${key}`, "is missing: kind counts has bad and all, each a query of counters");
      continue;
    }
    const used = query.match(/\{\{.*?\}\}/g) ?? [];
    const unknown = used.filter((text) => !known.includes(text));
    for (const text of unknown) report(`${at}.${key}`, `has ${text}. Known: ${known.join(", ")}`);
    if (used.length === 0) {
      report(`${at}.${key}`, `is the same for both versions: put in one of ${known.join(", ")}`);
    }
  }
}

/** The config with its defaults; undefined where nothing can be judged by without being told how. */
export function analysisOf(
  data: Partial<Pick<Parsed, "analysis" | "local" | "kubernetes">>,
): AnalysisConfig | undefined {
  const { analysis = {} } = data;
  const source = sourceOf(analysis, data);
  if (source === undefined) return undefined;
  const { prometheus, metrics = DEFAULT_METRICS, deadline = DEADLINE, settle = SETTLE[source] } = analysis;
  const { unanswered = UNANSWERED[source] } = analysis;
  return {
    source,
    prometheus: prometheus && { block: 60, ...prometheus },
    metrics: metrics.map((metric) => metricOf(metric, BURST[source], ALPHA / metrics.length)),
    deadline,
    unanswered,
    settle,
  };
}

function sourceOf(
  analysis: ParsedAnalysis,
  { local, kubernetes }: Partial<Parsed>,
): AnalysisConfig["source"] | undefined {
  if (analysis.source) return analysis.source;
  if (local) return "local";
  return kubernetes?.gateway ? undefined : "cloudwatch";
}

function metricOf(given: ParsedMetric, ownBurst: number, ownAlpha: number): MetricConfig {
  const { name, kind, clientErrors = "good", over = SLOW_MS, bad = "", all = "" } = given;
  const { tolerance = TOLERANCE, alpha = ownAlpha, burst = ownBurst } = given;
  const criteria = { name, tolerance, alpha, burst };
  if (kind === "errors") return { ...criteria, kind, clientErrors };
  return kind === "slow" ? { ...criteria, kind, over } : { ...criteria, kind, bad, all };
}
