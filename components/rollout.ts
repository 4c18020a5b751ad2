import * as pulumi from "@pulumi/pulumi";
import {
  COLORS,
  type Color,
  currentStage,
  DEFAULT_STAGES,
  desiredShares,
  digestOf,
  FULL,
  IDLE,
  jumpProblem,
  keepsClients,
  type Rejection,
  type RolloutPlan,
  type Stage,
  stageProblems,
  stageStatus,
  wholeWay,
} from "../traffic";
import { CanaryStage } from "./canary-stage";
import { readConfig } from "./config";
import { programHooks } from "./program-hooks";

/** Plain values, never inputs: who serves must be known in every preview. */
export interface RolloutArgs {
  /** The color whose environment holds the released version. */
  stable: Color;
  /**
   * The stage to be at: a name from `stages`, `idle` or `full`. A promotion is an edit of this line.
   * @default "idle": the candidate, if there is one, runs without weight
   */
  stage?: string;
  /**
   * The canary stages in their order. `idle` (weight 0) comes before them, `full` (weight 100) after them.
   * @default 5 % and 25 % for ten minutes each, 50 % for an hour
   */
  stages?: readonly Stage[];
  /**
   * The versions that were taken back, by the digest of their image: the policy `rejected-release` lets none of them have weight.
   * @default none
   */
  rejected?: readonly Rejection[];
}

/**
 * Who gets which share of the requests. Its children are the stages, one resource each, so that a preview of a promotion reads
 * as the way gone and the way to go.
 *
 * Routes of every kind take their weights from it; nothing else writes a weight.
 */
export class Rollout extends pulumi.ComponentResource {
  readonly plan: RolloutPlan;

  /** The share of the requests, in percent, that each color must have. */
  readonly shares: Readonly<Record<Color, number>>;

  /** Whether a client stays with the environment that it met first: only at canary stages. */
  readonly keepsClients: boolean;

  /** @throws InputPropertiesError where stages do not rise or there is none, a name is taken twice, or `stage` is none of them. */
  constructor(name: string, args: RolloutArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = planOf(args);
    const { rejected = [] } = args;
    super("crossfade:index:Rollout", name, { ...plan, ...(rejected.length > 0 && { rejected }) }, opts);
    // Its hooks are there while an environment or a route is not: the state may ask for them by name.
    programHooks();
    this.plan = plan;
    this.shares = desiredShares(plan);
    this.keepsClients = keepsClients(plan);
    let before: CanaryStage | undefined;
    for (const stage of plan.stages) {
      const { name: stageName, weight, bake } = stage;
      const status = stageStatus(plan, stage);
      // Each waits for the one before it, so that every preview shows them in their order. `dependsOn` would not do: of a
      // component it means the children, and a stage has none.
      const inOrder = before ? before.urn.apply(() => status) : status;
      before = new CanaryStage(`${name}-${stageName}`, { weight, bake, status: inOrder }, { parent: this });
    }
    this.registerOutputs({ weight: currentStage(plan).weight });
  }

  /**
   * A rollout as the stack config describes it, by `crossfade:stable`, `crossfade:stage`, `crossfade:rejected`, and
   * `crossfade:stages` or `crossfade:plan`.
   * @throws ConfigError with everything that is wrong with the config at once.
   */
  static fromConfig(name: string, opts?: pulumi.ComponentResourceOptions): Rollout {
    const { rollout, rejected } = readConfig();
    const { stable, stage, stages } = rollout;
    return new Rollout(name, { stable, stage, stages: stages.filter((s) => s.name !== IDLE), rejected }, opts);
  }
}

function planOf({ stable, stage = IDLE, stages = DEFAULT_STAGES, rejected = [] }: RolloutArgs): RolloutPlan {
  const errors = stageProblems(stages).map(({ index, field, reason }) => ({
    propertyPath: `stages[${index}].${field}`,
    reason,
  }));
  const jump = jumpProblem(stages);
  if (jump) errors.push({ propertyPath: "stages", reason: jump });
  if (!COLORS.includes(stable)) errors.push({ propertyPath: "stable", reason: `"${stable}" is none of ${COLORS}` });
  const way = wholeWay(stages);
  if (!way.some((s) => s.name === stage)) {
    const known = way.map((s) => s.name).join(", ");
    errors.push({ propertyPath: "stage", reason: `"${stage}" is no stage; there are ${known}` });
  }
  for (const [index, { name, weight }] of stages.entries()) {
    const fits = name === FULL ? weight === 100 : Number.isInteger(weight) && weight >= 1 && weight <= 99;
    if (fits) continue;
    const reason = `${weight} is no weight of a canary stage: a whole number of percent, 1 to 99`;
    errors.push({ propertyPath: `stages[${index}].weight`, reason });
  }
  for (const [index, { digest }] of rejected.entries()) {
    if (digestOf(`@${digest}`) !== undefined) continue;
    const reason = `"${digest}" is no digest of an image: sha256:<64 hex digits>`;
    errors.push({ propertyPath: `rejected[${index}].digest`, reason });
  }
  if (errors.length > 0) throw new pulumi.InputPropertiesError({ message: "the rollout cannot be", errors });
  return { stable, stage, stages: way };
}
