import { z } from "zod";
import { PATIENCE, type Patience } from "./again";
import { getJson } from "./get-json";
import { MetricProblem } from "./metric-problem";
import {
  type CountedVersions,
  type Metric,
  type MetricSource,
  type SourceBlock,
  settledStarts,
  type VERSIONS,
} from "./source";

/** In seconds. */
export const LOCAL_BLOCK = 1;

/** What the local cloud counted of one target group, by the second; without the seconds in which it got no request. */
const ANSWER = z.object({
  seconds: z.array(
    z.object({
      startMs: z.number(),
      /** What the balancers gave to it, whether it had a target or not. */
      requests: z.number(),
      /** What it answered, by the first digit of the status. */
      answers: z.object({ "2": z.number(), "3": z.number(), "4": z.number(), "5": z.number() }),
      /** Answers of which it took longer than asked for until they began. */
      slow: z.number(),
    }),
  ),
});

type Second = z.infer<typeof ANSWER>["seconds"][number];

/**
 * The local cloud's own counts: of each second, and a moment later. It is there to try a release on this machine and says so: on
 * AWS the same takes minutes, and counts less.
 *
 * `GET {endpoint}/_crossfade/counts?targetGroup=ARN&from=MS&to=MS&over=MS`, times in milliseconds since 1970.
 */
export class LocalSource implements MetricSource {
  readonly name = "the local cloud's own counts, which there are on this machine only: on AWS they take minutes";
  readonly blockSeconds = LOCAL_BLOCK;

  constructor(
    private readonly endpoint: string,
    private readonly versions: CountedVersions,
    readonly settleSeconds: number,
    private readonly patience: Patience = PATIENCE,
  ) {}

  async blocks(metric: Metric, from: Date, to: Date, signal?: AbortSignal): Promise<SourceBlock[]> {
    const starts = settledStarts(this, from, to);
    const [first, last] = [starts[0], starts.at(-1)];
    if (first === undefined || last === undefined) return [];
    const ask = (version: (typeof VERSIONS)[number]) =>
      this.seconds(version, { from: first, to: last + 1000, over: metric.kind === "slow" ? metric.over : 0 }, signal);
    const [candidate, stable] = await Promise.all([ask("candidate"), ask("stable")]);
    return starts.map((startMs) => ({
      startMs,
      candidate: countsOf(candidate.get(startMs), metric),
      stable: countsOf(stable.get(startMs), metric),
    }));
  }

  private async seconds(
    version: (typeof VERSIONS)[number],
    times: Record<"from" | "to" | "over", number>,
    signal: AbortSignal | undefined,
  ): Promise<Map<number, Second>> {
    const { targetGroupArn, color } = this.versions[version];
    if (targetGroupArn === undefined) throw new MetricProblem(`${color} has no target group that the state tells of`);
    const url = new URL("/_crossfade/counts", this.endpoint);
    url.searchParams.set("targetGroup", targetGroupArn);
    for (const [key, value] of Object.entries(times)) url.searchParams.set(key, String(value));
    const answer = await getJson(url, {
      name: "the local cloud",
      reason: (body) => (typeof body === "string" ? body : undefined),
      patience: this.patience,
      signal,
    });
    const read = ANSWER.safeParse(answer);
    if (!read.success) throw new MetricProblem(`the local cloud gives no counts: ${z.prettifyError(read.error)}`);
    return new Map(read.data.seconds.map((second) => [second.startMs, second]));
  }
}

function countsOf(second: Second | undefined, metric: Metric): { bad: number; all: number } {
  if (second === undefined) return { bad: 0, all: 0 };
  const { requests: all, answers, slow } = second;
  const answered = answers["2"] + answers["3"] + answers["4"] + answers["5"];
  // An answer that broke off had a time, too.
  if (metric.kind === "slow") return { bad: Math.min(slow, answered) + all - answered, all };
  const good =
    answers["2"] + answers["3"] + (metric.kind === "errors" && metric.clientErrors === "bad" ? 0 : answers["4"]);
  return { bad: all - good, all };
}
