import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";
import type { UsageMetric } from "./quota";

/**
 * "Service quota usage metrics are in the AWS/Usage namespace and are collected every minute" (CloudWatch guide, usage metrics).
 */
const PERIOD = 60;
/** Milliseconds that are looked back: who finds nothing in them is told so. */
const HOUR = 3_600_000;

/**
 * How much of a quota is in use: the newest point of the last hour; undefined where there is none.
 * @throws AwsCallError
 */
export async function readUsage(clients: AwsClients, metric: UsageMetric, now: Date): Promise<number | undefined> {
  const cloudWatch = await clients.cloudWatch();
  const { namespace: Namespace, name: MetricName, statistic: Stat } = metric;
  const Dimensions = Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period: PERIOD, Stat };
  const of = `${Namespace} ${MetricName} of ${Object.values(metric.dimensions).join(", ")}`;
  return asked({ action: "cloudwatch:GetMetricData", of }, async () => {
    const { MetricDataResults: [found] = [] } = await cloudWatch.getMetricData({
      MetricDataQueries: [{ Id: "usage", MetricStat }],
      StartTime: new Date(now.getTime() - HOUR),
      EndTime: now,
      ScanBy: "TimestampDescending",
    });
    return found?.Values?.[0];
  });
}
