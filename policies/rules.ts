import type { Exemption } from "../traffic";
import { backgroundWork } from "./background-work";
import { bakeTime } from "./bake-time";
import { breakGlass, exempted } from "./break-glass";
import { candidateAttached } from "./candidate-attached";
import { capacity } from "./capacity";
import { connectionBudget } from "./connection-budget";
import { dependencyReleased } from "./dependency-released";
import { drain } from "./drain";
import { entrypointProtected } from "./entrypoint-protected";
import { freezeWindow } from "./freeze-window";
import { healthCheck } from "./health-check";
import { holdTime } from "./hold-time";
import { imageDigest } from "./image-digest";
import { interruptedUpdate } from "./interrupted-update";
import { migrationLocks } from "./migration-locks";
import { migrationOrder } from "./migration-order";
import { oneChange } from "./one-change";
import { parity } from "./parity";
import type { Plan } from "./plan";
import type { Finding, Policy } from "./policy";
import { rejectedRelease } from "./rejected-release";
import { releaseWithoutCanary } from "./release-without-canary";
import { releasedFirst } from "./released-first";
import { servingDeletion } from "./serving-deletion";
import { servingReplacement } from "./serving-replacement";
import { singleWriter } from "./single-writer";
import { stageOrder } from "./stage-order";
import { stickiness } from "./stickiness";
import { weightsExplicit } from "./weights-explicit";

/** All policies, in the order in which a reader wants their findings: what would be lost first, then process, then settings. */
export const rules: readonly Policy[] = [
  servingReplacement,
  servingDeletion,
  interruptedUpdate,
  releaseWithoutCanary,
  rejectedRelease,
  backgroundWork,
  migrationLocks,
  migrationOrder,
  dependencyReleased,
  releasedFirst,
  stageOrder,
  bakeTime,
  oneChange,
  holdTime,
  capacity,
  connectionBudget,
  freezeWindow,
  weightsExplicit,
  candidateAttached,
  singleWriter,
  drain,
  stickiness,
  healthCheck,
  imageDigest,
  entrypointProtected,
  parity,
];

/** A finding with the policy that it is of. */
export type Judged = Finding & { policy: string };

/**
 * What one policy finds, those that the stack's owner has let through as advice.
 *
 * @throws ZodError where its settings are none.
 */
export function judged(rule: Policy, plan: Plan, exemptions: readonly Exemption[], settings?: unknown): Judged[] {
  return rule
    .judge(plan, settings)
    .map((found) => ({ policy: rule.name, ...exempted(rule.name, found, plan, exemptions) }));
}

/**
 * What all policies find, outside of the engine.
 *
 * @param settings by policy: an object, or `"disabled"` and `"advisory"`, as in a file for `--policy-pack-config`
 */
export function judgeAll(
  plan: Plan,
  { exemptions = [], settings = {} }: { exemptions?: readonly Exemption[]; settings?: Record<string, unknown> } = {},
): Judged[] {
  const own = rules.flatMap((rule) =>
    underSetting(settings[rule.name], (given) => judged(rule, plan, exemptions, given)),
  );
  return [...own, ...breakGlass(exemptions, plan, rules)];
}

/** What a policy finds under what a team has set for it: an object, `"disabled"` or `"advisory"`. */
export function underSetting(setting: unknown, find: (settings: unknown) => Judged[]): Judged[] {
  if (setting === "disabled") return [];
  const found = find(typeof setting === "object" ? setting : undefined);
  return setting === "advisory" ? found.map((finding) => ({ ...finding, advisory: true })) : found;
}
