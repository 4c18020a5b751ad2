import { spokenDuration } from "../traffic";
import type { MetricSight, Sight, StageSight } from "./sight";

/** What can be seen of a regression, and how long a pass takes: a line for each stage. */
export function sightLines(sight: Sight): string[] {
  if ("unknown" in sight) return [`how small a regression is not known: ${sight.unknown}`];
  const { metrics, by } = sight;
  const alike = (one: MetricSight) => metrics.filter((other) => figures(other) === figures(one));
  return metrics.filter((one) => alike(one)[0] === one).flatMap((one) => metricLines(one, alike(one), by));
}

function figures({ rate, stableRate, stages }: MetricSight): string {
  return JSON.stringify([rate, stableRate, stages]);
}

function metricLines({ rate, stableRate, stages }: MetricSight, alike: readonly MetricSight[], by: string): string[] {
  const names = alike.map(({ name }) => name).join(" and ");
  const bad = stableRate === 0 ? "none" : `${digits(100 * stableRate)} %`;
  return [`${names}, of ${digits(rate)} events a second, ${bad} of stable's bad (${by}):`, ...stages.map(stageLine)];
}

function stageLine({ stage, regression, pass, limit }: StageSight): string {
  const seen =
    regression === null ? "no regression" : `a regression to ${digits(100 * regression)} %, nine times in ten`;
  if (pass === null) return `  ${stage}: ${seen}; and it never passes`;
  const late = pass > limit ? `: it ends before, after ${spokenDuration(limit)}` : "";
  return `  ${stage}: ${seen}; a pass takes ${spokenDuration(pass)}${late}`;
}

/** Two digits: more are not known. */
function digits(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 2 });
}
