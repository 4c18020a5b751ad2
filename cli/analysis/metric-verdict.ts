import { spokenDuration } from "../../traffic";
import { type Metric, type MetricSource, type SourceBlock, settledUntil, VERSIONS } from "../metrics/source";
import { checkBlocks } from "./counts";
import { isEvidence } from "./evidence";
import { type Judged, judge } from "./judge";
import { type Control, judgedText } from "./judged-text";
import { metricWords } from "./metric-words";

/** What is known of a source without asking it. */
export type SourceFacts = Pick<MetricSource, "name" | "blockSeconds" | "settleSeconds" | "hasBaseline">;

/** The time of a stage that is counted. */
export interface Window {
  from: Date;
  now: Date;
  /** Seconds until a request that gets no answer is counted. @default 0 */
  unanswered?: number;
}

/** What a source has said of a metric, or why it has not. */
export type Observed = { metric: Metric } & ({ blocks: readonly SourceBlock[] } | { problem: string });

/** A stage by one of its metrics. */
export interface MetricJudged {
  name: string;
  verdict: Judged["verdict"];
  /** Not there where the source gave no counts, or none that can be. */
  counts?: Judged;
  /** The verdict with the counts behind it, as a person reads it. */
  text: string;
  /** What a pass by this metric still takes, a sentence each; empty where there is one, or a regression. */
  missing: string[];
}

/** A pass needs an event of the candidate in the last so many blocks: what is not seen any more is not well. */
const FRESH_BLOCKS = 5;
/** … and in the last so many seconds, where blocks are shorter. */
const FRESH_SECONDS = 30;
/** One block in so many may be uncounted beside a pass. */
const UNCOUNTED = 10;

/** The verdict by one metric; where there is a doubt it is no pass. */
export function judgeMetric(source: SourceFacts, observed: Observed, window: Window): MetricJudged {
  const { name } = observed.metric;
  const problem = "problem" in observed ? observed.problem : blocksProblem(source, observed.blocks, window);
  if ("problem" in observed || problem !== undefined) {
    return { name, verdict: "inconclusive", text: `${name}: not judged`, missing: [`${name}: ${problem}`] };
  }
  const { metric, blocks } = observed;
  const counts = judge(blocks, metric);
  const text = `${name}: ${judgedText(counts, metric, { ...metricWords(metric), control: controlOf(source) })}`;
  if (counts.verdict === "regression") return { name, verdict: "regression", counts, text, missing: [] };
  const found =
    counts.verdict === "pass" ? doubts(source, metric, blocks, window) : [more(source, counts, blocks, window)];
  const missing = found.map((each) => `${name}: ${each}`);
  return { name, verdict: missing.length === 0 ? "pass" : "inconclusive", counts, text, missing };
}

/** Why these cannot be the blocks that were asked for. */
function blocksProblem(source: SourceFacts, blocks: readonly SourceBlock[], { from, now }: Window): string | undefined {
  const until = settledUntil(source, now);
  const outside = blocks.find(
    ({ startMs }) => startMs < from.getTime() || startMs + 1000 * source.blockSeconds > until,
  );
  if (outside) {
    const asked = `${from.toISOString()} to ${new Date(until).toISOString()}`;
    return (
      `${source.name} gave a block from ${timeOf(outside.startMs)}, and was asked for those of ${asked}: ` +
      "do the clocks of this machine and of the source agree?"
    );
  }
  try {
    checkBlocks(blocks);
    return undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `${source.name} gave counts that cannot be: ${error.message}`;
  }
}

/** Why what would be a pass by the counts is none. */
function doubts(source: SourceFacts, metric: Metric, blocks: readonly SourceBlock[], window: Window): string[] {
  return [
    unattributedDoubt(metric, blocks),
    unansweredDoubt(metric, blocks, window),
    uncountedDoubt(blocks),
    staleDoubt(source, blocks, window),
  ].filter((doubt) => doubt !== undefined);
}

/** Bad events that nobody is known to have caused count against a pass as if they were the candidate's, and never for a regression. */
function unattributedDoubt(metric: Metric, blocks: readonly SourceBlock[]): string | undefined {
  const charged = blocks.map((block) => {
    const { startMs, candidate, stable, unattributed = 0 } = block;
    return { startMs, stable, candidate: { bad: candidate.bad + unattributed, all: candidate.all + unattributed } };
  });
  const { verdict } = judge(charged, metric);
  if (verdict === "pass") return undefined;
  const count = blocks.reduce((sum, { unattributed = 0 }) => sum + unattributed, 0);
  return (
    `${count.toLocaleString("en-US")} bad events have no target group (HTTPCode_ELB_503_Count), and were they all the candidate's, ` +
    "it would not pass: are its targets there and healthy?"
  );
}

/** Who hangs is counted late: the first blocks have the answers of a version that gives some, and none of what it never answers. */
function unansweredDoubt(
  metric: Metric,
  blocks: readonly SourceBlock[],
  { from, unanswered = 0 }: Window,
): string | undefined {
  if (unanswered === 0) return undefined;
  const whole = blocks.filter(({ startMs }) => startMs >= from.getTime() + 1000 * unanswered);
  if (judge(whole, metric).verdict === "pass") return undefined;
  return (
    `what gets no answer is counted ${spokenDuration(unanswered)} after it began (crossfade:analysis.unanswered), ` +
    "and by what was counted since then alone it does not pass yet"
  );
}

function uncountedDoubt(blocks: readonly SourceBlock[]): string | undefined {
  const uncounted = blocks.filter((block) => block.uncounted !== undefined);
  const counted = blocks.filter(isEvidence).length;
  if (UNCOUNTED * uncounted.length <= counted) return undefined;
  const reasons = [...new Set(uncounted.map((block) => block.uncounted))];
  const why = [...reasons.slice(0, 2), ...(reasons.length > 2 ? ["…"] : [])].join("; ");
  return `${uncounted.length} of ${blocks.length} blocks could not be counted: ${why}`;
}

function staleDoubt(source: SourceFacts, blocks: readonly SourceBlock[], { now }: Window): string | undefined {
  const { blockSeconds } = source;
  const last = blocks.findLast(isEvidence);
  if (!last) return undefined;
  const end = last.startMs + 1000 * blockSeconds;
  const age = (settledUntil(source, now) - end) / 1000;
  if (age <= Math.max(FRESH_BLOCKS * blockSeconds, FRESH_SECONDS)) return undefined;
  const version = VERSIONS.find((each) => blocks.every(({ startMs, [each]: { all } }) => startMs < end || all === 0));
  const who = nameIn(source, version ?? "candidate");
  return `${who} has had no event since ${timeOf(end)}, for ${spokenDuration(age)}: is it still asked, and still counted?`;
}

/** What is missing where the counts themselves say that they are too few. */
function more(source: SourceFacts, counts: Judged, blocks: readonly SourceBlock[], { from, now }: Window): string {
  const compared = blocks.filter(isEvidence);
  if (compared.length === 0) return noneCompared(source, blocks);
  if (counts.verdict !== "inconclusive" || counts.missing === null) return "no number of events is enough";
  const { candidate, missing } = counts;
  const perSecond = (1000 * candidate.all) / (settledUntil(source, now) - from.getTime());
  const events = `about ${missing.toLocaleString("en-US")} more events of the candidate`;
  return `${events}, which at the rate so far take ${spokenDuration(missing / perSecond)}`;
}

function noneCompared(source: SourceFacts, blocks: readonly SourceBlock[]): string {
  const uncounted = blocks.find((block) => block.uncounted !== undefined)?.uncounted;
  if (uncounted !== undefined) return `no block could be counted: ${uncounted}`;
  const silent = VERSIONS.filter((version) => blocks.every((block) => block[version].all === 0));
  if (blocks.length === 0 || silent.length === 0) {
    return `${source.name} has no block yet in which both versions had events; it knows them ${spokenDuration(source.settleSeconds)} later`;
  }
  const who = silent.map((version) => nameIn(source, version)).join(" and ");
  return `${who} had no event in ${blocks.length} blocks of ${source.name}: no data is not good data`;
}

function controlOf({ hasBaseline }: SourceFacts): Control {
  return hasBaseline ? "the baseline" : "stable";
}

function nameIn(source: SourceFacts, version: (typeof VERSIONS)[number]): string {
  return version === "stable" ? controlOf(source) : "the candidate";
}

function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms);
}
