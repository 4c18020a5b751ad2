import { z } from "zod";
import { exposition } from "./exposition";
import { json, type Pages, plain } from "./server";
import { DIGITS, type Tally } from "./tally";
import { KEPT_SECONDS, type TrafficCounts } from "./traffic-counts";

const ASKED = z.object({
  targetGroup: z.string(),
  /** In milliseconds since 1970. */
  from: z.coerce.number(),
  to: z.coerce.number(),
  /** In milliseconds: what is slow. */
  over: z.coerce.number().min(0),
});

/**
 * What the local cloud tells besides AWS's API:
 *
 * - `GET /_crossfade/counts?targetGroup=ARN&from=MS&to=MS&over=MS`: of each second in which the group had requests, how many,
 *   what it answered whole, by the status' first digit, and how many of its answers took longer than `over`. What has no answer
 *   was answered by the balancer itself, with 502, 503 or 504, broke off, or was given up by its client. A second is counted when
 *   it is over: a request in the one in which it ends.
 * - `GET /metrics`: the same since the start, as Prometheus scrapes it.
 */
export function pages(counts: TrafficCounts, groups: () => readonly string[]): Pages {
  return {
    "GET /_crossfade/counts": ({ url }) => {
      const asked = ASKED.safeParse(Object.fromEntries(url.searchParams));
      if (!asked.success) return plain(400, z.prettifyError(asked.error));
      const { targetGroup, from, to, over } = asked.data;
      if (from < Date.now() - KEPT_SECONDS * 1000) {
        return plain(400, `the local cloud keeps what it counts by the second for ${KEPT_SECONDS / 60} minutes`);
      }
      const seconds = counts.secondsOf(targetGroup, from, to);
      return json({ seconds: seconds.map(({ startMs, tally }) => ({ startMs, ...told(tally, over) })) });
    },
    "GET /metrics": () => ({
      status: 200,
      type: "text/plain; version=0.0.4; charset=utf-8",
      body: exposition(counts, groups()),
    }),
  };
}

function told({ requests, answers, broken, times }: Tally, over: number) {
  const whole = DIGITS.map((digit) => [digit, answers[digit] - broken[digit]]);
  return { requests, answers: Object.fromEntries(whole), slow: times.between(over / 1000, Number.MAX_VALUE) };
}
