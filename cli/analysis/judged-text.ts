import type { Criteria } from "./criteria";
import type { Judged } from "./judge";

/** Who the candidate is compared with, in words. */
export type Control = "stable" | "the baseline";

/** What was counted, in words: `answers` that `failed`, `answers` that `took more than 1 s`. */
export interface MetricWords {
  events: string;
  bad: string;
  /** Who the candidate is compared with. @default "stable" */
  control?: Control;
}

/** `38 of 190 answers failed, of stable's 2 of 3,402: a regression of more than 1 % (alpha 0.01)`. */
export function judgedText(
  judged: Judged,
  { alpha, tolerance }: Criteria,
  { events, bad, control = "stable" }: MetricWords,
): string {
  const { candidate, stable } = judged;
  const seen = `${whole(candidate.bad)} of ${whole(candidate.all)} ${events} ${bad}, of ${control}'s ${whole(stable.bad)} of ${whole(stable.all)}`;
  return `${seen}: ${said(judged, tolerance, { events, control })} (alpha ${alpha})`;
}

function said(judged: Judged, tolerance: number, { events, control }: Omit<MetricWords, "bad">): string {
  const regression = `a regression of more than ${percent(tolerance)} %`;
  if (judged.verdict === "regression") return regression;
  if (judged.verdict === "pass") return `${regression} is excluded`;
  if (judged.missing === null) {
    return `inconclusive, and ${control} itself does too badly for ${regression} ever to be excluded`;
  }
  return `inconclusive; to exclude ${regression} takes about ${whole(judged.missing)} more ${events} of the candidate, if they are like ${control}'s`;
}

function percent(part: number): string {
  return (part * 100).toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

function whole(count: number): string {
  return count.toLocaleString("en-US");
}
