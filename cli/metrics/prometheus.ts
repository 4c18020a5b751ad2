import type { Counts } from "../analysis/counts";
import { PATIENCE, type Patience } from "./again";
import { targetGroupDimension } from "./balancer-counts";
import { type Increments, VersionCounters } from "./counters";
import { MetricProblem } from "./metric-problem";
import { counters, type PrometheusServer, type Ticks } from "./prometheus-api";
import {
  type CountedVersion,
  type CountedVersions,
  type Metric,
  type MetricSource,
  type SourceBlock,
  settledStarts,
} from "./source";

/** A block is looked at so many times: a counter that is set back and passes where it was in between would not be seen. */
const LOOKS = 4;

/** Counts by the user's own queries, of the counters of a service in Prometheus. */
export class PrometheusSource implements MetricSource {
  readonly name = "Prometheus";
  readonly hasBaseline: boolean;
  private readonly server: PrometheusServer;

  constructor(
    server: Omit<PrometheusServer, "patience">,
    private readonly versions: CountedVersions,
    readonly blockSeconds: number,
    readonly settleSeconds: number,
    patience: Patience = PATIENCE,
  ) {
    this.server = { ...server, patience };
    this.hasBaseline = versions.hasBaseline === true;
  }

  async blocks(metric: Metric, from: Date, to: Date, signal?: AbortSignal): Promise<SourceBlock[]> {
    if (metric.kind !== "counts") {
      throw new MetricProblem(
        `Prometheus is told what to count by two queries, and ${metric.kind} has none: kind counts has`,
      );
    }
    const starts = settledStarts(this, from, to);
    const [first, last] = [starts[0], starts.at(-1)];
    if (first === undefined || last === undefined) return [];
    const block = 1000 * this.blockSeconds;
    const ticks = { from: first, to: last + block, every: block / LOOKS };
    const [ofCandidate, ofStable] = [
      queriesOf(metric, this.versions.candidate),
      queriesOf(metric, this.versions.stable),
    ];
    const ask = (queries: Queries) => this.countersOf(queries, ticks, signal);
    const [candidate, stable] = await Promise.all([ask(ofCandidate), ask(ofStable)]);
    if (!candidate.hasBad && !stable.hasBad) throw new MetricProblem(noBad(metric.bad));
    return starts.map((startMs) => {
      const looks = Array.from({ length: LOOKS + 1 }, (_, look) => startMs + look * ticks.every);
      return blockOf(startMs, candidate.counters.between(looks), stable.counters.between(looks));
    });
  }

  private async countersOf({ color, all, bad }: Queries, ticks: Ticks, signal: AbortSignal | undefined) {
    const ask = (query: string) => counters(this.server, query, ticks, signal);
    const [ofAll, ofBad] = await Promise.all([ask(all), ask(bad)]);
    if (ofAll.length === 0) {
      throw new MetricProblem(
        `Prometheus has no series for ${all}, so that nothing is known of ${color}: is the query right, and the service scraped?`,
      );
    }
    return { counters: new VersionCounters(ofAll, ofBad), hasBad: ofBad.length > 0 };
  }
}

/** What is asked of one version. */
type Queries = Record<"color" | "all" | "bad", string>;

function queriesOf({ all, bad }: Pick<Queries, "all" | "bad">, version: CountedVersion): Queries {
  return { color: version.color, all: filled(all, version), bad: filled(bad, version) };
}

/** A query for a version: its placeholders filled in. */
function filled(query: string, { color, environment, targetGroupArn }: CountedVersion): string {
  const targetGroup = targetGroupArn && targetGroupDimension(targetGroupArn);
  const values: Record<string, string | undefined> = { color, environment, targetGroup };
  return query.replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new MetricProblem(`${placeholder} of a query is not known of ${color}: take {{color}}`);
    return value;
  });
}

/** Nobody who has typed a label wrong is to read that there are no errors. */
function noBad(query: string): string {
  return (
    `Prometheus has no series of bad events, of neither version (${query}): there were none yet, or the query is wrong. ` +
    'Let the service begin its counters at 0, or write it so that it cannot be empty: "<bad> or 0 * <all>"'
  );
}

function blockOf(startMs: number, candidate: Increments, stable: Increments): SourceBlock {
  const none: Counts = { bad: 0, all: 0 };
  const doubts = [candidate, stable].flatMap((one) => ("uncounted" in one ? [one.uncounted] : []));
  if (doubts.length > 0) return { startMs, candidate: none, stable: none, uncounted: doubts.join("; ") };
  return { startMs, candidate: whole(candidate as Counts), stable: whole(stable as Counts) };
}

function whole(counts: Counts): Counts {
  if (Number.isInteger(counts.bad) && Number.isInteger(counts.all)) return counts;
  throw new MetricProblem(
    `Prometheus counts ${counts.bad} bad of ${counts.all} events in a block, and there are no parts of events: ` +
      "give counters as they are, without rate() or increase()",
  );
}
