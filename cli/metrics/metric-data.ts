import type { GetMetricDataInput, GetMetricDataOutput, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { again, type Patience } from "./again";
import type { BalancerSeries, ValueAt } from "./balancer-counts";
import { MetricProblem } from "./metric-problem";

/** A minute, in seconds: the shortest that balancers have. */
export const PERIOD = 60;
/** More pages than the points of fifteen days fill at 100,800 a page: so many are an endless answer. */
const MOST_PAGES = 100;

/** One call. @throws MetricProblem where it is not answered */
export type GetMetricData = (input: GetMetricDataInput) => Promise<GetMetricDataOutput>;

type Results = NonNullable<GetMetricDataOutput["MetricDataResults"]>;

/**
 * The minutes of metrics from one moment to another, by GetMetricData: by its API reference up to 500 queries in a call, 100,800
 * points in a page, and of each metric a status. `PartialData` is what further pages complete, `InternalError` is to be asked
 * again, and a point that comes on two pages is one.
 * @throws MetricProblem where an answer is not complete, or no count
 */
export async function metricData(
  get: GetMetricData,
  series: Record<string, BalancerSeries>,
  times: { from: Date; to: Date },
  patience: Patience,
  signal?: AbortSignal,
): Promise<(id: string) => ValueAt> {
  const queries = Object.entries(series).map(([id, one]) => queryOf(id, one));
  const results = await again(() => allPages(get, queries, times), patience, signal);
  const points = new Map(Object.keys(series).map((id) => [id, new Map<number, number>()]));
  for (const { Id = "", Timestamps = [], Values = [] } of results) {
    for (const [index, time] of Timestamps.entries()) {
      const value = Values[index];
      if (value === undefined || !Number.isFinite(value) || value < 0) {
        throw new MetricProblem(
          `CloudWatch gives ${value} for ${told(series[Id])} at ${time.toISOString()}, which is no count: what is wrong with one is not to be trusted in others`,
        );
      }
      // How many are above a bound is an estimate, where there are many.
      points.get(Id)?.set(time.getTime(), series[Id]?.statistic === "Sum" ? value : Math.round(value));
    }
  }
  return (id) => (startMs) => points.get(id)?.get(startMs);
}

async function allPages(
  get: GetMetricData,
  queries: MetricDataQuery[],
  { from, to }: { from: Date; to: Date },
): Promise<Results> {
  const results: Results = [];
  const statuses = new Map<string, string | undefined>();
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await get({ MetricDataQueries: queries, StartTime: from, EndTime: to, NextToken: token });
    const [message] = answer.Messages ?? [];
    if (message) throw new MetricProblem(`CloudWatch says of GetMetricData: ${message.Code}, ${message.Value}`);
    for (const result of answer.MetricDataResults ?? []) {
      results.push(result);
      statuses.set(result.Id ?? "", result.StatusCode);
    }
    token = answer.NextToken;
    if (token === undefined) {
      checkComplete(queries, statuses);
      return results;
    }
  }
  throw new MetricProblem(`CloudWatch gives page after page of GetMetricData, and after ${MOST_PAGES} no end`, true);
}

function checkComplete(queries: MetricDataQuery[], statuses: ReadonlyMap<string, string | undefined>): void {
  for (const { Id = "" } of queries) {
    const status = statuses.get(Id);
    if (status === "Complete") continue;
    if (status === "Forbidden") {
      throw new MetricProblem("CloudWatch forbids GetMetricData (Forbidden): allow cloudwatch:GetMetricData in IAM");
    }
    throw new MetricProblem(`CloudWatch gave not all of ${Id}: ${status ?? "it is not in the answer"}`, true);
  }
}

function queryOf(Id: string, { metricName, statistic, targetGroup, balancer }: BalancerSeries): MetricDataQuery {
  const Dimensions = [
    { Name: "LoadBalancer", Value: balancer },
    ...(targetGroup === undefined ? [] : [{ Name: "TargetGroup", Value: targetGroup }]),
  ];
  const Metric = { Namespace: "AWS/ApplicationELB", MetricName: metricName, Dimensions };
  return { Id, MetricStat: { Metric, Period: PERIOD, Stat: statistic } };
}

function told(series: BalancerSeries | undefined): string {
  return series
    ? `${series.metricName} of ${series.targetGroup ?? series.balancer}`
    : "a metric that was not asked for";
}
