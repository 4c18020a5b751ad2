import { z } from "zod";
import type { Patience } from "./again";
import type { Counter } from "./counters";
import { getJson } from "./get-json";
import { MetricProblem } from "./metric-problem";

/** Of a query over a range Prometheus gives 11,000 points a series at most. */
const MOST_POINTS = 10_000;

const VALUE = z.tuple([z.number(), z.string()]);

/** `query_range` of the HTTP API, v1: https://prometheus.io/docs/prometheus/latest/querying/api/. */
const RANGE = z.object({
  status: z.literal("success"),
  warnings: z.array(z.string()).optional(),
  data: z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(VALUE) })),
  }),
});

const ERROR = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

export interface PrometheusServer {
  /** Its address, with the path before `api/v1` if there is one. */
  url: string;
  /** The header `Authorization`. */
  authorization?: string;
  patience: Patience;
}

/** From, to and between, in milliseconds: the last moment is `to`, if it is one. */
export interface Ticks {
  from: number;
  to: number;
  every: number;
}

/**
 * The series of a query at these moments.
 * @throws MetricProblem where they are not to be had, are not all, or hold what no counter does
 */
export async function counters(
  server: PrometheusServer,
  query: string,
  ticks: Ticks,
  signal?: AbortSignal,
): Promise<Counter[]> {
  const series = new Map<string, Map<number, number>>();
  for (let from = ticks.from; from <= ticks.to; from += MOST_POINTS * ticks.every) {
    const to = Math.min(ticks.to, from + (MOST_POINTS - 1) * ticks.every);
    for (const { metric, values } of await range(server, query, { ...ticks, from, to }, signal)) {
      const id = idOf(metric);
      const known = series.get(id) ?? new Map<number, number>();
      series.set(id, known);
      for (const [seconds, text] of values) known.set(Math.round(seconds * 1000), counted(text, id, seconds));
    }
  }
  return [...series].map(([id, values]) => ({ id, values }));
}

async function range(server: PrometheusServer, query: string, { from, to, every }: Ticks, signal?: AbortSignal) {
  const url = new URL("api/v1/query_range", server.url.endsWith("/") ? server.url : `${server.url}/`);
  url.search = new URLSearchParams({
    query,
    start: String(from / 1000),
    end: String(to / 1000),
    step: String(every / 1000),
  }).toString();
  const answer = await getJson(url, {
    name: "Prometheus",
    ...(server.authorization !== undefined && { headers: { authorization: server.authorization } }),
    reason: reasonIn,
    patience: server.patience,
    signal,
  });
  const read = RANGE.safeParse(answer);
  if (!read.success) {
    const told = reasonIn(answer) ?? z.prettifyError(read.error).replace(/\s+/g, " ");
    throw new MetricProblem(`what ${url.origin} answers is none of Prometheus: ${told}`);
  }
  const { warnings = [], data } = read.data;
  if (warnings.length > 0) {
    throw new MetricProblem(
      `Prometheus warns of ${query}: ${warnings.join("; ")}. What it leaves out may be what went wrong, so none of it counts`,
    );
  }
  return data.result;
}

function reasonIn(body: unknown): string | undefined {
  const read = ERROR.safeParse(body);
  return read.success ? `${read.data.errorType}, ${read.data.error}` : undefined;
}

/** In the order of their names: `requests_total{code="500",color="green"}`. */
function idOf({ __name__ = "", ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${__name__}{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}}`;
}

function counted(text: string, id: string, seconds: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  const at = new Date(seconds * 1000).toISOString();
  throw new MetricProblem(
    `Prometheus has ${text} for ${id} at ${at}, which no counter of events holds: is it a ratio, or a gauge?`,
  );
}
