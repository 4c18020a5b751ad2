import type { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { asked } from "../../live/asked";
import type { AwsClients } from "../../live/aws-clients";
import { PATIENCE, type Patience } from "./again";
import { balancerBlock, balancerDimension, balancerSeries } from "./balancer-counts";
import { type GetMetricData, metricData, PERIOD } from "./metric-data";
import { MetricProblem } from "./metric-problem";
import {
  type CountedVersions,
  type Metric,
  type MetricSource,
  type SourceBlock,
  settledStarts,
  VERSIONS,
} from "./source";
import { checkClock } from "./source-clock";

/** "Data points with a period of 60 seconds (1-minute) are available for 15 days" (GetMetricData, API reference). */
const KEPT_DAYS = 15;

/**
 * What the balancers have counted, by the minute, from CloudWatch. A minute is taken when it has settled: CloudWatch publishes it
 * late and in parts, which is documented nowhere with a bound. On AWS none of it was ever run.
 */
export class CloudWatchSource implements MetricSource {
  readonly name = "CloudWatch";
  readonly blockSeconds = PERIOD;
  private readonly clock: () => void;

  private constructor(
    private readonly cloudWatch: CloudWatch,
    private readonly versions: CountedVersions,
    readonly settleSeconds: number,
    private readonly patience: Patience,
  ) {
    this.clock = watchClock(cloudWatch);
  }

  /** With the credentials of the stack's provider, in the region of the target groups. */
  static async of(
    clients: AwsClients,
    versions: CountedVersions,
    settleSeconds: number,
    patience = PATIENCE,
  ): Promise<CloudWatchSource> {
    const { targetGroupArn } = versions.candidate;
    const shared = await (targetGroupArn === undefined ? clients : clients.at(targetGroupArn)).shared();
    // Half a second to load, which who asks somebody else has no use for.
    const { CloudWatch: Client } = await import("@aws-sdk/client-cloudwatch");
    return new CloudWatchSource(new Client(shared), versions, settleSeconds, patience);
  }

  async blocks(metric: Metric, from: Date, to: Date, signal?: AbortSignal): Promise<SourceBlock[]> {
    this.checkAsked(metric, from, to);
    const starts = settledStarts(this, from, to);
    const [first, last] = [starts[0], starts.at(-1)];
    if (first === undefined || last === undefined) return [];
    const series = balancerSeries(metric, this.versions);
    const times = { from: new Date(first), to: new Date(last + 1000 * PERIOD) };
    const values = await metricData(this.get(signal), series, times, this.patience, signal);
    return starts.map((startMs) => balancerBlock(metric, startMs, this.versions, values));
  }

  private get(signal: AbortSignal | undefined): GetMetricData {
    return async (input) => {
      const call = { action: "cloudwatch:GetMetricData", of: "the balancer's metrics" };
      try {
        return await asked(call, () => this.cloudWatch.getMetricData(input, { abortSignal: signal }));
      } catch (error) {
        throw signal?.aborted ? signal.reason : new MetricProblem((error as Error).message);
      } finally {
        this.clock();
      }
    };
  }

  private checkAsked({ kind }: Metric, from: Date, to: Date): void {
    if (kind === "counts")
      throw new MetricProblem("CloudWatch has errors and slow of a balancer, and no counts by a query");
    for (const version of VERSIONS) {
      const { color, targetGroupArn, balancerArn = "" } = this.versions[version];
      if (targetGroupArn === undefined) throw new MetricProblem(`${color} has no target group that the state tells of`);
      if (balancerDimension(balancerArn) === "") {
        throw new MetricProblem(
          `${color} has no Application Load Balancer that the state tells of${balancerArn && `, but ${balancerArn}`}: ` +
            "CloudWatch has a target group's metrics by its balancer only",
        );
      }
    }
    if (to.getTime() - from.getTime() > KEPT_DAYS * 86_400_000) {
      throw new MetricProblem(
        `the stage began at ${from.toISOString()}, and CloudWatch keeps minutes for ${KEPT_DAYS} days only: ` +
          "what it was cannot be told any more. Go back to the stage before, and come again",
      );
    }
  }
}

/** Notes the clock in each answer, for it to be checked. The SDK minds one only that is wrong by five minutes, and then silently. */
function watchClock(cloudWatch: CloudWatch): () => void {
  let last: { date?: string; at: number } | undefined;
  cloudWatch.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      last = { date: headers?.date, at: Date.now() };
      return result;
    },
    { step: "deserialize", name: "noteClock", priority: "low" },
  );
  return () => {
    const noted = last;
    last = undefined;
    checkClock("CloudWatch", noted?.date, noted?.at);
  };
}
