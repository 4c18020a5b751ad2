import { MetricProblem } from "./metric-problem";

/** Seconds by which a clock may be wrong. By more than that, what is taken for settled may still change. */
const MOST = 30;

/**
 * Which blocks have settled is told by this machine's clock, and that may have jumped: the source's own is in each of its answers.
 * @param date the header `Date` of an answer that has just come; a source without one cannot be compared with
 * @throws MetricProblem where the two are apart
 */
export function checkClock(name: string, date: string | null | undefined, now = Date.now()): void {
  const theirs = Date.parse(date ?? "");
  const apart = Math.round(Math.abs(now - theirs) / 1000);
  if (Number.isNaN(theirs) || apart <= MOST) return;
  throw new MetricProblem(
    `this machine's clock says ${new Date(now).toISOString()} and that of ${name} ${new Date(theirs).toISOString()}, ${apart} s ` +
      "apart, so that nobody can tell which counts are final: set the clock that is wrong",
  );
}
