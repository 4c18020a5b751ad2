/** The colors of the two environments. */
export const COLORS = ["blue", "green"] as const;
export type Color = (typeof COLORS)[number];

/** The environment on the other side: blue's is green. */
export function otherColor(color: Color): Color {
  return color === "blue" ? "green" : "blue";
}

/** The stage before the listed ones: the candidate runs and has no weight. */
export const IDLE = "idle";
/** The stage after the listed ones: the candidate has all the weight. */
export const FULL = "full";

/** A step of a rollout. */
export interface Stage {
  /** Unique among the rollout's stages. */
  name: string;
  /** The candidate's share of the requests in percent: a whole number, 0 at `idle`, 100 at `full`, strictly rising. */
  weight: number;
  /** Seconds that the stage must hold, healthy, before the next one. */
  bake: number;
}

/** Where a rollout stands or is asked to stand. `stages` runs from `idle` to `full`, both included. */
export interface RolloutPlan {
  stable: Color;
  stage: string;
  stages: readonly Stage[];
}

/** Each environment's share of the requests in percent; an environment that the route does not know is not there. */
export type Shares = Partial<Record<Color, number>>;

/** 5 %, 25 % and 50 %: ten minutes each for the small ones, an hour for the one that halves the load. */
export const DEFAULT_STAGES: readonly Stage[] = [
  { name: "canary-5", weight: 5, bake: 600 },
  { name: "canary-25", weight: 25, bake: 600 },
  { name: "canary-50", weight: 50, bake: 3600 },
];

/**
 * For the release that mends what users suffer from, by `crossfade:plan`: 15 minutes where the default takes 80. A stage is no
 * shorter than five minutes: a minute of CloudWatch is settled three minutes later, so that two minutes are all that five show. The
 * first stage is twice the default one, for as many events in half the time; the half load is held for ten minutes, in which caches,
 * pools and autoscaling have answered to it.
 */
export const HOTFIX_STAGES: readonly Stage[] = [
  { name: "canary-10", weight: 10, bake: 300 },
  { name: "canary-50", weight: 50, bake: 600 },
];

/** The whole way, `idle` and `full` put in where they are not among the listed stages. */
export function wholeWay(listed: readonly Stage[]): Stage[] {
  const idle = { name: IDLE, weight: 0, bake: 0 };
  const full = listed.find((stage) => stage.name === FULL) ?? { name: FULL, weight: 100, bake: 0 };
  return [idle, ...listed.filter((stage) => stage.name !== FULL), full];
}

/** What is wrong with a list of stages, each with its place in the list; an empty answer means nothing. */
export function stageProblems(listed: readonly Stage[]): { index: number; field: "name" | "weight"; reason: string }[] {
  return listed.flatMap((stage, index) => {
    const problems: ReturnType<typeof stageProblems> = [];
    const before = listed[index - 1];
    if (stage.name === IDLE) problems.push({ index, field: "name", reason: `"${IDLE}" is always there: leave it out` });
    if (listed.findIndex((s) => s.name === stage.name) < index) {
      problems.push({ index, field: "name", reason: `"${stage.name}" is there twice: a stage is found by its name` });
    }
    if (stage.name === FULL && index < listed.length - 1) {
      problems.push({ index, field: "name", reason: `"${FULL}" comes last: it is the stage of weight 100` });
    }
    if (before && stage.weight <= before.weight) {
      const reason = `${stage.weight} comes after ${before.weight}: weights rise from stage to stage`;
      problems.push({ index, field: "weight", reason });
    }
    return problems;
  });
}

/**
 * Why a list of stages bounds no release; undefined where it does. On DNS it would lose requests too: the records of two colors are
 * written one after the other, and both would have weight 0 for a moment.
 */
export function jumpProblem(listed: readonly Stage[]): string | undefined {
  if (listed.some(({ name }) => name !== FULL)) return undefined;
  return "a canary stage at least, of weight 1 to 99: without any a release is a jump from 0 to 100 %";
}

/** The stage that the plan names. It throws on a name that is not in the plan: a parsed plan cannot hold one. */
export function currentStage(plan: RolloutPlan): Stage {
  const stage = plan.stages.find((s) => s.name === plan.stage);
  if (!stage) throw new Error(`stage "${plan.stage}" is not one of ${plan.stages.map((s) => s.name).join(", ")}`);
  return stage;
}

/** The share that each color must have, of the colors that are there. */
export function desiredShares(plan: RolloutPlan): Record<Color, number> {
  const candidate = currentStage(plan).weight;
  return plan.stable === "blue"
    ? { blue: 100 - candidate, green: candidate }
    : { blue: candidate, green: 100 - candidate };
}

/**
 * Whether a client stays with the environment that it met first. Only while both have weight: elsewhere a cookie, which
 * outranks the weights, would keep users on an environment that should have none.
 */
export function keepsClients(plan: RolloutPlan): boolean {
  const { weight } = currentStage(plan);
  return weight > 0 && weight < 100;
}

/** `passed` and `ahead` are before and after the current stage on the way to `full`. */
export type StageStatus = "passed" | "current" | "ahead";

export function stageStatus(plan: RolloutPlan, stage: Stage): StageStatus {
  const { weight } = currentStage(plan);
  if (stage.weight === weight) return "current";
  return stage.weight < weight ? "passed" : "ahead";
}
