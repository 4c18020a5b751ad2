import { z } from "zod";
import { COLORS } from "../traffic";
import { duration, shortDuration } from "./config-duration";

/** What a source of metrics can be. */
export const SOURCES = ["cloudwatch", "prometheus", "local"] as const;

/** What a metric can count, and the keys that each kind has besides those of all. */
export const METRIC_KINDS = {
  errors: ["clientErrors"],
  slow: ["over"],
  counts: ["bad", "all"],
} as const;

const query = z.string("a query of counters").min(1, "a query of counters");

const metric = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and dashes"),
  kind: z.enum(["errors", "slow", "counts"]),
  clientErrors: z.enum(["good", "bad"]).optional(),
  over: shortDuration(1, 4_000_000, "ELB, the longest idle_timeout is 4000 s").optional(),
  bad: query.optional(),
  all: query.optional(),
  tolerance: z
    .string('a share such as "1%"')
    .regex(/^\d{1,2}(\.\d+)? ?%$/, 'a share such as "1%", below 100%')
    .transform((text) => Number.parseFloat(text) / 100)
    .refine((part) => part > 0, "more than 0%: without any, stable's luck alone would make the candidate bad")
    .optional(),
  alpha: z.number().gt(0, "between 0 and 0.5, such as 0.01").max(0.5, "between 0 and 0.5, such as 0.01").optional(),
  burst: z.int("a whole number of events, such as 10").min(1, "1 event at least").optional(),
});

const label = z.string("a label's value").min(1, "a label's value");

const prometheus = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: "the address of a Prometheus server, https://…" }),
  authorization: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/i, "the name of an environment variable, such as PROMETHEUS_AUTHORIZATION")
    .optional(),
  block: duration(1, 3600, "chosen here: a second to an hour").optional(),
  baseline: z
    .strictObject({ color: label, environment: label.optional() })
    .refine(({ color }) => !COLORS.some((one) => one === color), {
      path: ["color"],
      error: "a label of its own, such as baseline: blue and green are the two versions'",
    })
    .optional(),
});

export const analysis = z.strictObject({
  source: z.enum(SOURCES).optional(),
  prometheus: prometheus.optional(),
  metrics: z.array(metric).min(1, "a metric at least: without any nothing is judged").optional(),
  deadline: duration(0, 604800, "chosen here: a week").optional(),
  settle: duration(0, 3600, "chosen here: an hour").optional(),
  unanswered: duration(0, 4000, "ELB, the longest idle_timeout").optional(),
});

export type ParsedAnalysis = z.output<typeof analysis>;

/** The keys that exist at a place below `crossfade:analysis`. */
export function knownAnalysisKeys(second: PropertyKey | undefined): string[] {
  if (second === undefined) return Object.keys(analysis.shape);
  return Object.keys(second === "metrics" ? metric.shape : prometheus.shape);
}
