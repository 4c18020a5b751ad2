import { DIGITS, Tally } from "./tally";
import type { TrafficCounts } from "./traffic-counts";

/** The bounds of the histogram, in seconds: those of Prometheus' client libraries. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const REQUESTS = "crossfade_requests_total";
const SECONDS = "crossfade_response_seconds";

/** Prometheus' text format, version 0.0.4. All series of a target group are there from its begin on, at 0. */
export function exposition(counts: TrafficCounts, groups: readonly string[]): string {
  const all = new Map([...groups.map((arn) => [arn, new Tally()] as const), ...counts.totals].filter(([arn]) => arn));
  const each = (lines: (labels: string, tally: Tally) => string[]) =>
    [...all].flatMap(([arn, tally]) => lines(labelsOf(arn), tally));
  return [
    `# HELP ${REQUESTS} Requests by target group and by what it answered: code none is for those without a whole answer of it.`,
    `# TYPE ${REQUESTS} counter`,
    ...each(requestLines),
    `# HELP ${SECONDS} From the end of a request to the begin of the target's answer.`,
    `# TYPE ${SECONDS} histogram`,
    ...each(secondsLines),
    "",
  ].join("\n");
}

function requestLines(labels: string, { requests, answers, broken }: Tally): string[] {
  const whole = DIGITS.map((digit) => answers[digit] - broken[digit]);
  const line = (code: string, count: number) => `${REQUESTS}{${labels},code="${code}"} ${count}`;
  const none = whole.reduce((left, count) => left - count, requests);
  return [...DIGITS.map((digit, i) => line(`${digit}xx`, whole[i] ?? 0)), line("none", none)];
}

function secondsLines(labels: string, { times }: Tally): string[] {
  const bucket = (le: string, count: number) => `${SECONDS}_bucket{${labels},le="${le}"} ${count}`;
  return [
    ...BOUNDS.map((bound) => bucket(String(bound), times.between(0, bound))),
    bucket("+Inf", times.count),
    `${SECONDS}_sum{${labels}} ${times.sum}`,
    `${SECONDS}_count{${labels}} ${times.count}`,
  ];
}

/** The color is the one in the group's name, as our components name it; it is empty where there is none. */
function labelsOf(arn: string): string {
  const targetGroup = arn.split(":").at(-1) ?? "";
  const color = /(?:^|[-/])(blue|green)(?:[-/]|$)/.exec(targetGroup)?.[1] ?? "";
  return `target_group="${targetGroup}",color="${color}"`;
}
