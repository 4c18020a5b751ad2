import {
  type Color,
  desiredShares,
  FULL,
  IDLE,
  type RolloutPlan,
  type Shares,
  type Stage,
  sameShares,
  spokenShares,
} from "../../traffic";
import type { RouteNow } from "../rollout-now";

/** Where a release ends that goes all the way: its version is stable. It is no stage: no weight moves by it. */
export const FINISH = "finish";

/** What is known when a move is chosen: the stack file, the state, and what is live. */
export interface Standing {
  /** As the stack file asks. */
  asked: RolloutPlan;
  /** The colors that have a line in it. */
  lines: readonly Color[];
  /** Why the candidate may have no weight any more; undefined where it may. */
  rejected: string | undefined;
  /** Undefined before the first update. */
  route: RouteNow | undefined;
  /** The shares that the cloud says; undefined where it is not asked (a Gateway). */
  live: Shares | undefined;
}

/** How far this command has come. */
export interface Course {
  /** The stage where it ends, once held; or `finish`. */
  target: string;
  /** The stack was previewed as its file is, and updated where that changed something. */
  isDeployed: boolean;
  /** The stage that has held for its bake time and was judged good. */
  passed: string | undefined;
  /** Somebody has moved the weights while this command held a stage, and may not have come to an end with it. */
  wasMoved: boolean;
}

/** The lines of the stack file that an edit sets. */
export type Edit = { stable?: Color; stage?: string };

export type Move =
  /** Preview and update with this edit; an empty one takes the file as it is. */
  | { kind: "update"; edit: Edit; to: string }
  /** Hold the stage that is deployed, and judge it. */
  | { kind: "hold"; stage: Stage }
  /** A roll back was begun by somebody, and is not recorded: it is brought to its end. */
  | { kind: "roll back"; why: string }
  | { kind: "done"; why: string }
  | { kind: "refuse"; why: string };

/**
 * The next move of a release, from what the file, the state and the cloud say and from nothing else: so a command that was killed
 * is gone on with by the next one. What the weights say counts, not what the components recorded.
 */
export function nextMove(standing: Standing, course: Course): Move {
  const { asked, route } = standing;
  if (!route?.shares) {
    if (!course.isDeployed) return { kind: "update", edit: {}, to: IDLE };
    return { kind: "refuse", why: "the stack has no route of Crossfade's with weights: there is nothing to promote" };
  }
  return (
    driftMove(standing, route, route.shares, course) ??
    (route.recorded.stable !== asked.stable ? flipMove(standing, route, course) : stageMove(standing, route, course))
  );
}

/** Where the cloud has other weights than the state. */
function driftMove(
  { asked, live }: Standing,
  { shares: _, ...route }: RouteNow,
  deployed: Shares,
  { wasMoved }: Course,
): Move | undefined {
  if (!live || sameShares(live, deployed)) return undefined;
  const { candidate, recorded, older } = route;
  if ((live[candidate] ?? 0) === 0) {
    const why = `${recorded.stable} has all requests live, and the stack's state still gives ${candidate} ${deployed[candidate]} %`;
    if (!wasMoved) return { kind: "roll back", why: `${why}: a roll back that was not recorded` };
    const then = "If it is not recorded in the end, the same command records it";
    return { kind: "refuse", why: `${why}: somebody has taken it back just now. ${then}` };
  }
  if (older === candidate && live[candidate] === 100) {
    const why = `${candidate}, the version before, has all requests live, and the stack's state gives them to ${recorded.stable}`;
    return { kind: "refuse", why: `${why}: a return that was not recorded. \`crossfade rollback\` goes on with it` };
  }
  // An update was cut off after its effect: by the next one the state gets to know.
  if (sameShares(live, desiredShares(asked))) return { kind: "update", edit: {}, to: asked.stage };
  const why = `live are ${spokenShares(live)}, and the stack's state has ${spokenShares(deployed)}: somebody else writes the weights`;
  return { kind: "refuse", why: `${why}. Find out who; \`pulumi refresh\` takes the live ones over` };
}

/** Another color is to be stable than the components recorded: a finish that was cut off before its update. */
function flipMove({ asked }: Standing, { recorded, stage }: RouteNow, { target }: Course): Move {
  const isFinish = stage?.weight === 100 && asked.stage === IDLE;
  if (isFinish && target === FINISH) return { kind: "update", edit: {}, to: FINISH };
  const why = `the stack file makes ${asked.stable} stable, and ${recorded.stable} is deployed as such`;
  return {
    kind: "refuse",
    why: `${why}: that is no step of a release. Put crossfade:stable back, or run \`pulumi up\``,
  };
}

function stageMove(standing: Standing, route: RouteNow, course: Course): Move {
  const { asked, lines, rejected } = standing;
  const { candidate, stage: at, shares = {} } = route;
  const weight = shares[candidate] ?? 0;
  if (rejected !== undefined) {
    if (weight > 0) return { kind: "roll back", why: `${candidate} was rejected and has ${weight} %: ${rejected}` };
    return { kind: "refuse", why: `${candidate} was taken back: ${rejected}. Change its line for another version` };
  }
  if (!at) return towardsStage(asked, candidate, weight);
  const stages = asked.stages;
  const next = stages.find((stage) => stage.weight > at.weight);
  const isAsked = asked.stage === at.name || asked.stage === next?.name;
  if (!isAsked) return strayed(asked, at, next);
  if (at.weight === 0) return idleMove(lines, route, course, next);
  const target = stages.find(({ name }) => name === course.target);
  if (target && target.weight < at.weight) {
    const why = `${target.name} is behind: ${candidate} has ${weight} % (${at.name})`;
    return { kind: "refuse", why: `${why}. \`crossfade rollback\` takes it back` };
  }
  if (course.passed !== at.name) return { kind: "hold", stage: { ...at, bake: longerBake(at, stages) } };
  if (target?.name === at.name) return { kind: "done", why: `${candidate} has held ${at.name}` };
  if (next) return { kind: "update", edit: { stage: next.name }, to: next.name };
  return { kind: "update", edit: { stable: candidate, stage: IDLE }, to: FINISH };
}

/** Of a bake time that was changed in the file since it was deployed the longer one, as policy `bake-time` has it for a shorter one. */
function longerBake(at: Stage, stages: readonly Stage[]): number {
  return Math.max(at.bake, ...stages.filter(({ weight }) => weight === at.weight).map(({ bake }) => bake));
}

/** The version that waits is released first, as the file has it; then it gets weight. */
function idleMove(lines: readonly Color[], route: RouteNow, course: Course, next: Stage | undefined): Move {
  const { candidate, recorded, older } = route;
  if (!course.isDeployed) return { kind: "update", edit: { stage: IDLE }, to: IDLE };
  if (!lines.includes(candidate)) {
    return { kind: "done", why: `${recorded.stable} has it all, and there is no ${candidate}: nothing to promote` };
  }
  if (older === candidate) {
    const why = `${recorded.stable} is stable and has it all; ${candidate} is the version before it`;
    return { kind: "done", why: `${why}: nothing to promote` };
  }
  if (course.target === IDLE) return { kind: "done", why: `${candidate} runs, and has no weight` };
  return { kind: "update", edit: { stage: next?.name ?? FULL }, to: next?.name ?? FULL };
}

/** From weights of no stage only the nearest lower one is legal. */
function towardsStage({ stages }: RolloutPlan, candidate: Color, weight: number): Move {
  const lower = stages.filter((stage) => stage.weight < weight).at(-1)?.name ?? IDLE;
  if (weight > 0) return { kind: "update", edit: { stage: lower }, to: lower };
  return { kind: "refuse", why: `the weight of ${candidate} cannot be read from the state` };
}

function strayed(asked: RolloutPlan, at: Stage, next: Stage | undefined): Move {
  const ahead = next ? ` or ${next.name}, which comes next` : "";
  const why = `the stack file asks for ${asked.stage}, and ${at.name} is deployed`;
  return {
    kind: "refuse",
    why: `${why}: set crossfade:stage to ${at.name}${ahead}. To go back run \`crossfade rollback\``,
  };
}
