import { type Stage, spokenDuration } from "../../traffic";
import { judgeStage } from "../analysis/judge-stage";
import type { StageJudged } from "../analysis/stage-verdict";
import type { Metric, MetricSource } from "../metrics/source";
import { pause } from "../pause";
import type { Scene } from "./scene";

/** Who judges, and by what. */
export interface Judging {
  source: MetricSource;
  metrics: readonly Metric[];
  /** Seconds for which a stage may stay inconclusive once its bake time is over. */
  deadline: number;
  /** Seconds until a request that gets no answer is counted. */
  unanswered: number;
}

/** How a stage was held; `moved` where somebody else has moved its weights meanwhile. */
export type Held =
  | { result: "held"; judged?: StageJudged }
  | { result: "moved" }
  | { result: "regression" | "inconclusive"; judged: StageJudged };

/** In milliseconds: at least so long from one look to the next. */
const LOOK = 1000;

/**
 * Holds a stage until its bake time is over and every metric has passed it. A regression ends it at once; what is inconclusive at
 * the deadline ends so. Without anybody who judges, or at `full`, where there is no stable to compare with, the bake time alone is
 * held.
 */
export async function holdStage(
  { progress, signal }: Pick<Scene, "progress" | "signal">,
  stage: Stage,
  since: Date | undefined,
  judging: Judging | undefined,
  hasMoved: () => Promise<boolean>,
): Promise<Held> {
  const from = since ?? new Date();
  const over = () => from.getTime() + stage.bake * 1000 <= Date.now();
  if (!judging || stage.weight === 100) {
    const isWhole = stage.weight === 100;
    const why = isWhole ? "stable has no requests to compare with" : "by the clock alone, nothing is judged";
    if (!over()) progress.event(`holds for ${spokenDuration(stage.bake)}: ${why}`);
    while (!over()) {
      progress.status(left(stage, from));
      if (await movedWithin(LOOK, hasMoved, signal)) return { result: "moved" };
    }
    return { result: "held" };
  }
  const { source, metrics, deadline, unanswered } = judging;
  const block = 1000 * (source.blockSeconds + source.settleSeconds);
  let told = "";
  for (;;) {
    const time = { from, now: new Date(), bake: stage.bake, deadline, unanswered };
    const judged = await judgeStage(source, metrics, time, signal);
    if (judged.verdict === "regression") return { result: "regression", judged };
    if (judged.verdict === "pass") return { result: "held", judged };
    if (judged.isOver) return { result: "inconclusive", judged };
    progress.status(`${left(stage, from)}; ${judged.missing[0] ?? ""}`);
    // What keeps a metric from being judged at all is to be known before the deadline, also where nobody sees a status.
    const unjudged = judged.metrics.flatMap(({ counts, missing }) => (counts ? [] : missing)).join("; ");
    if (unjudged !== told && unjudged !== "") progress.event(`not judged so far: ${unjudged}`);
    told = unjudged;
    // By a clock that is set back the next block is hours away, until somebody sets it right.
    const wait = Math.min(block, Math.max(LOOK, judged.lookAgainAt.getTime() - Date.now()));
    if (await movedWithin(wait, hasMoved, signal)) return { result: "moved" };
  }
}

/** Waits so many milliseconds, unless the weights move. */
async function movedWithin(
  milliseconds: number,
  hasMoved: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  const until = performance.now() + milliseconds;
  for (let rest = milliseconds; rest > 0; rest = until - performance.now()) {
    await pause(Math.min(LOOK, rest), signal);
    if (await hasMoved()) return true;
  }
  return false;
}

function left({ bake }: Stage, from: Date): string {
  const seconds = Math.round((from.getTime() - Date.now()) / 1000 + bake);
  return seconds > 0 ? `${spokenDuration(seconds)} of the bake time left` : "the bake time is over";
}
