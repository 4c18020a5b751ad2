import type { Counts } from "../analysis/counts";
import { type CountedVersions, type Metric, type SourceBlock, VERSIONS } from "./source";

/*
 * What a balancer counts of a target group, and which of it are bad. By the ALB guide, "CloudWatch metrics for your Application
 * Load Balancer" (elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html):
 *
 * - A 502 or 504 is the balancer's own, and HTTPCode_ELB_* has no target group: of a version that resets its connections
 *   HTTPCode_Target_5XX_Count stays 0. So bad is what is not good: RequestCount less the good answers of the targets.
 * - "RequestCount … is only incremented for requests where the load balancer node was able to choose a target": one whose target
 *   then refuses or resets the connection is in it, and one that was answered with 503 for want of a target is not.
 * - TargetConnectionErrorCount counts connections. They are requests without an answer, and so counted already; those that are
 *   more than these are added, to the bad ones and to all.
 * - "If there are no requests flowing through the load balancer or no data for a metric, the metric is not reported": an absent
 *   count is 0 beside a RequestCount, and without one it is no data.
 */

/** A metric of AWS/ApplicationELB. */
export interface BalancerSeries {
  metricName: string;
  statistic: string;
  /** Without a target group it is all of the balancer. */
  targetGroup?: string;
  balancer: string;
}

/** A value at the start of a minute, where there is one. */
export type ValueAt = (startMs: number) => number | undefined;

const CODES = [2, 3, 4, 5] as const;

/** What has to be known for a metric, by the id that CloudWatch knows it by. */
export function balancerSeries(metric: Metric, versions: CountedVersions): Record<string, BalancerSeries> {
  const series: Record<string, BalancerSeries> = {};
  for (const version of VERSIONS) {
    const ofGroup = dimensionsOf(versions, version);
    const { balancer } = ofGroup;
    const sum = (metricName: string) => ({ metricName, statistic: "Sum", ...ofGroup });
    series[`${version}_requests`] = sum("RequestCount");
    for (const code of CODES) series[`${version}_answers${code}`] = sum(`HTTPCode_Target_${code}XX_Count`);
    series[`${version}_refused`] = sum("TargetConnectionErrorCount");
    if (metric.kind === "slow") {
      const statistic = `TC(${metric.over / 1000}:)`;
      series[`${version}_slow`] = { metricName: "TargetResponseTime", statistic, ...ofGroup };
    }
    series[`${version}_unserved`] = { metricName: "HTTPCode_ELB_503_Count", statistic: "Sum", balancer };
  }
  return series;
}

/** A minute of both versions, from the values of `balancerSeries`. */
export function balancerBlock(
  metric: Metric,
  startMs: number,
  versions: CountedVersions,
  values: (id: string) => ValueAt,
): SourceBlock {
  const at = (id: string) => values(id)(startMs) ?? 0;
  const counts = (version: (typeof VERSIONS)[number]) => countsOf(metric, (id) => at(`${version}_${id}`));
  const [candidate, stable] = [counts("candidate"), counts("stable")];
  const isShared = dimensionsOf(versions, "candidate").balancer === dimensionsOf(versions, "stable").balancer;
  const [own, others] = [at("candidate_unserved"), at("stable_unserved")];
  // Each behind a balancer of its own, its 503s are its own.
  return isShared
    ? { startMs, candidate, stable, unattributed: own }
    : { startMs, candidate: withBad(candidate, own), stable: withBad(stable, others) };
}

function countsOf(metric: Metric, at: (id: string) => number): Counts {
  const answers = CODES.map((code) => at(`answers${code}`));
  const answered = answers.reduce((sum, count) => sum + count, 0);
  // An answer is one to a request, though its minute may be another than the request's.
  const requests = Math.max(at("requests"), answered);
  const unanswered = Math.max(requests - answered, at("refused"));
  const all = answered + unanswered;
  if (metric.kind === "slow") return { bad: unanswered + Math.min(at("slow"), answered), all };
  const [ok = 0, moved = 0, client = 0] = answers;
  const isBad = metric.kind === "errors" && metric.clientErrors === "bad";
  return { bad: all - ok - moved - (isBad ? 0 : client), all };
}

function withBad({ bad, all }: Counts, more: number): Counts {
  return { bad: bad + more, all: all + more };
}

function dimensionsOf(versions: CountedVersions, version: (typeof VERSIONS)[number]) {
  const { targetGroupArn = "", balancerArn = "" } = versions[version];
  return { targetGroup: targetGroupDimension(targetGroupArn), balancer: balancerDimension(balancerArn) };
}

/** `targetgroup/shop-blue/6d0ecf831eec9f09`, as CloudWatch has it. */
export function targetGroupDimension(arn: string): string {
  return arn.split(":").at(-1) ?? "";
}

/** `app/web/50dc6c495c0c9188`, of the ARN of a balancer or of a listener or rule of it. */
export function balancerDimension(arn: string): string {
  return /(?:loadbalancer|listener|listener-rule)\/(app\/[^/]+\/[^/]+)/.exec(arn)?.[1] ?? "";
}
