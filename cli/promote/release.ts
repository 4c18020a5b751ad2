import { type Stage, sameShares } from "../../traffic";
import type { StageJudged } from "../analysis/stage-verdict";
import { Failure } from "../failure";
import { liveShares } from "../live-shares";
import type { RouteNow } from "../rollout-now";
import { clientsBy } from "../stack-clients";
import { holdStage, type Judging } from "./hold-stage";
import { type Course, type Edit, type Move, nextMove } from "./next-move";
import { settlePendingCreates } from "./pending-creates";
import type { Scene } from "./scene";
import { type Looked, look, routeOf } from "./standing";
import { tookOver } from "./take-over";
import { updateStack } from "./update-stack";
import { weightsWatch } from "./weights-watch";

/** How a release ended. */
export interface Ended {
  result: "done" | "rolled back" | "inconclusive";
  why: string;
  /** The stages that were held, in their order. */
  stages: { stage: string; weight: number; judged?: StageJudged }[];
}

export interface ReleaseOptions {
  /** The stage where it ends, once held; or `finish`. */
  target: string;
  /** The stage that must be live when it begins; undefined: whichever is. */
  from?: string;
  /** Who judges what is deployed now; undefined: nobody. */
  judgingOf(looked: Looked): Promise<Judging | undefined>;
  /** Takes the candidate back, and records it. */
  rollBack(why: string): Promise<void>;
}

/**
 * Takes the release of a stack from where it stands to its target, or back. Each turn looks anew, and nothing is kept from one to
 * the next but what this command has itself seen to hold.
 * @throws Failure where a step is refused or fails: the weights are then as they were
 */
export async function release(scene: Scene, options: ReleaseOptions): Promise<Ended> {
  const { stack, progress } = scene;
  const course: Course = { target: options.target, isDeployed: false, passed: undefined, wasMoved: false };
  const stages: Ended["stages"] = [];
  for (let turn = 0; ; turn++) {
    const looked = await look(stack);
    if (turn === 0) assertFrom(looked, options.from);
    if (looked.isMaking) {
      try {
        await settlePendingCreates(scene, looked.clients);
      } catch (error) {
        // It may be that it is not killed at all, and goes on.
        if (!(await tookOver(error, scene))) throw error;
      }
      continue;
    }
    const move = nextMove(looked, course);
    course.wasMoved = false;
    progress.at(placeOf(looked, move));
    if (move.kind === "refuse") throw new Failure(`${move.why}. Nothing was changed`);
    if (move.kind === "done") return { result: "done", why: move.why, stages };
    if (move.kind === "roll back") return rolledBack(move.why);
    if (move.kind === "update") {
      // Whoever would be missing at the hold is missed before users meet the candidate.
      if (isJudged(looked, move.to)) await options.judgingOf(looked);
      const done = await updateStack(scene, move, () => isUnmoved(scene, looked, move.edit));
      if (done === "nothing to do" && course.isDeployed) {
        throw new Failure(
          `${move.to} is not reached, and an update would change nothing: does the program take crossfade:stage?`,
        );
      }
      if (done === "answered late") course.passed = undefined;
      else if (done !== "lock taken over") course.isDeployed = true;
      continue;
    }
    const { stage } = move;
    const judging = isJudged(looked, stage.name) ? await options.judgingOf(looked) : undefined;
    const held = await holdStage(scene, stage, looked.route?.since, judging, watchOf(scene, routeOf(looked)));
    if (held.result === "moved") {
      course.wasMoved = true;
      continue;
    }
    stages.push({ stage: stage.name, weight: stage.weight, judged: held.judged });
    if (held.judged) progress.event(held.judged.text);
    if (held.result === "regression") return rolledBack(reasonOf(held.judged));
    if (held.result === "inconclusive") {
      const why = `${stage.name} is inconclusive at its deadline, and stays as it is: ${held.judged.missing.join("; ")}`;
      return { result: "inconclusive", why, stages };
    }
    course.passed = stage.name;
  }

  async function rolledBack(why: string): Promise<Ended> {
    await options.rollBack(why);
    return { result: "rolled back", why, stages };
  }
}

/** One call a look: while a call is tried again nothing is judged. */
function watchOf({ stack }: Scene, route: RouteNow): () => Promise<boolean> {
  const clients = clientsBy(stack.file, 1);
  return weightsWatch(() => liveShares(route, clients), route.shares ?? {});
}

/** Whether the candidate has a share at a stage, and stable the rest: at `full` there is nobody to compare with. */
function isJudged({ asked }: Looked, name: string): boolean {
  const weight = asked.stages.find((stage) => stage.name === name)?.weight ?? 0;
  return weight > 0 && weight < 100;
}

/** Whether the weights are as they were. A finish moves none, and what was done of it is not to be taken back. */
async function isUnmoved({ stack }: Scene, before: Looked, edit: Edit): Promise<boolean> {
  if (edit.stable !== undefined) return false;
  const { route, live } = await look(stack);
  return sameShares(before.route?.shares ?? {}, route?.shares ?? {}) && sameShares(before.live ?? {}, live ?? {});
}

/** `--from` is compare-and-set: against what users get, where the cloud says it. */
function assertFrom({ route, live, asked }: Looked, from: string | undefined): void {
  if (from === undefined) return;
  const shares = live ?? route?.shares;
  const weight = route && shares?.[route.candidate];
  const is = (route?.recorded.stages ?? asked.stages).find((stage: Stage) => stage.weight === (weight ?? 0));
  if (is?.name === from) return;
  const found = is ? `"${is.name}"` : "at weights of no stage";
  throw new Failure(`--from ${from}: the rollout is ${found} now (${weight ?? 0} %). Nothing was changed`);
}

function placeOf({ route }: Looked, move: Move): string {
  const at = route?.stage?.name ?? "between stages";
  const place = route ? `${route.candidate} ${at}` : "install";
  return move.kind === "update" && move.to !== at ? `${place} -> ${move.to}` : place;
}

function reasonOf({ metrics }: StageJudged): string {
  return metrics
    .filter(({ verdict }) => verdict === "regression")
    .map(({ text }) => text)
    .join("; ");
}
