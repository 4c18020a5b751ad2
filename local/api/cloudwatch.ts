import {
  type Dimension,
  GetMetricData$,
  type GetMetricDataInput,
  type GetMetricDataOutput,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../providers";
import { statisticOf } from "./cloudwatch-metrics";
import { operation, type Service } from "./operation";
import { Tally } from "./tally";
import type { Of, TrafficCounts } from "./traffic-counts";
import { jsonWire } from "./wire/json";

const MINUTE = 60_000;
/** Points of one answer (CloudWatch API, GetMetricData, `MaxDatapoints`). */
const MOST_POINTS = 100_800;

/**
 * CloudWatch: what the balancers have counted, by the minute, late, and without zeros; and how much of a quota is in use.
 * @param vcpus of Fargate, On-Demand, that are in use now
 */
export function cloudWatch(counts: TrafficCounts, vcpus: () => number): Service {
  return {
    name: "monitoring",
    wire: jsonWire("1.0", "GraniteServiceVersion20100801"),
    throttled: "Throttling",
    operations: [
      operation<GetMetricDataInput, GetMetricDataOutput>(GetMetricData$, (input) =>
        getMetricData(input, (query) => usagePoints(query, counts.now(), vcpus()) ?? pointsOf(query, input, counts)),
      ),
    ],
  };
}

/** Page after page: of a metric whose points are not all told yet, the status is PartialData. */
function getMetricData(input: GetMetricDataInput, pointsFor: (query: MetricDataQuery) => Point[]): GetMetricDataOutput {
  const { MetricDataQueries = [], NextToken = "0", MaxDatapoints = MOST_POINTS, ScanBy } = input;
  const newestFirst = ScanBy !== "TimestampAscending";
  let [skip, left] = [Number(NextToken), MaxDatapoints];
  let isMore = false;
  const MetricDataResults = MetricDataQueries.filter(({ ReturnData }) => ReturnData !== false).map((query) => {
    const points = pointsFor(query).sort((a, b) => (newestFirst ? b.time - a.time : a.time - b.time));
    const told = points.slice(skip, skip + left);
    const isCut = skip + told.length < points.length;
    skip = Math.max(0, skip - points.length);
    left -= told.length;
    isMore ||= isCut;
    return resultOf(query, told, isCut);
  });
  const next = isMore ? String(Number(NextToken) + MaxDatapoints) : undefined;
  return { MetricDataResults, Messages: [], NextToken: next };
}

interface Point {
  /** The period's begin. */
  time: number;
  value: number;
}

function resultOf({ Id, Label, MetricStat }: MetricDataQuery, points: Point[], isCut: boolean): MetricDataResult {
  return {
    Id,
    Label: Label ?? MetricStat?.Metric?.MetricName,
    Timestamps: points.map(({ time }) => new Date(time)),
    Values: points.map(({ value }) => value),
    StatusCode: isCut ? "PartialData" : "Complete",
  };
}

function pointsOf({ MetricStat }: MetricDataQuery, input: GetMetricDataInput, counts: TrafficCounts): Point[] {
  if (!MetricStat) throw refusal("the local cloud has no metric math: no command of ours asks for it");
  const { Metric, Period = 0, Stat = "" } = MetricStat;
  const { Namespace, MetricName = "", Dimensions = [] } = Metric ?? {};
  if (Period <= 0 || Period % 60 !== 0)
    throw refusal("The period must be a multiple of 60: a balancer's metrics have minutes");
  const statistic = statisticOf(MetricName, Stat);
  const of = namedBy(Dimensions);
  if (Namespace !== "AWS/ApplicationELB" || !of || !statistic) return [];
  if (statistic.ofBalancer && of.targetGroup !== undefined) return [];
  const period = Period * 1000;
  const [from, to] = [timeOf(input.StartTime), timeOf(input.EndTime)];
  const periods = new Map<number, Tally>();
  for (const { startMs, tally } of counts.publishedMinutes(of, Math.floor(from / MINUTE) * MINUTE, to)) {
    const start = Math.floor(startMs / period) * period;
    const whole = periods.get(start) ?? new Tally();
    whole.add(tally);
    periods.set(start, whole);
  }
  return [...periods].flatMap(([time, tally]) => {
    const found = statistic.of(tally);
    return found === undefined ? [] : [{ time, value: found }];
  });
}

/** The last whole minute of AWS/Usage: the local cloud keeps none before it. Undefined where something else is asked for. */
function usagePoints({ MetricStat }: MetricDataQuery, now: number, vcpus: number): Point[] | undefined {
  const { Namespace, Dimensions = [] } = MetricStat?.Metric ?? {};
  if (Namespace !== "AWS/Usage") return undefined;
  const isOnDemand = Dimensions.some(({ Name, Value }) => Name === "Class" && Value === "Standard/OnDemand");
  return isOnDemand ? [{ time: Math.floor(now / MINUTE) * MINUTE - MINUTE, value: vcpus }] : [];
}

/** Whose metric has these dimensions; undefined where nobody's has. */
function namedBy(dimensions: readonly Dimension[]): Of | undefined {
  const {
    LoadBalancer: balancer,
    TargetGroup: targetGroup,
    AvailabilityZone: zone,
    ...others
  } = Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])) as Record<string, string | undefined>;
  return balancer === undefined || Object.keys(others).length > 0 ? undefined : { balancer, targetGroup, zone };
}

function timeOf(time: Date | undefined): number {
  if (!time) throw refusal("StartTime and EndTime are needed");
  return time.getTime();
}

function refusal(reason: string): AwsError {
  return new AwsError("GetMetricData", "ValidationError", reason);
}
