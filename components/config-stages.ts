import { DEFAULT_STAGES, HOTFIX_STAGES, IDLE, jumpProblem, type Stage, stageProblems, wholeWay } from "../traffic";
import { didYouMean, type Report } from "./config-problem";
import type { Parsed } from "./config-schema";

type Given = Partial<Pick<Parsed, "stage" | "stages" | "plan" | "plans">>;

/** The stages of this release: of `stages`, of the plan that is named, or the default ones. */
export function listedStages(data: Given): readonly Stage[] {
  const { stages, plan } = data;
  const known = plansOf(data);
  const named = plan !== undefined && Object.hasOwn(known, plan) ? known[plan] : undefined;
  return stages ?? named ?? DEFAULT_STAGES;
}

/** Checks which stages there are, and whether the stage that is asked for is one of them. The answer is their names. */
export function checkStages(given: Record<string, unknown>, data: Given, report: Report): string[] {
  const { stage = IDLE, stages, plan, plans = {} } = data;
  const known = plansOf(data);
  const lists = { ...(stages && { stages }), ...prefixed(plans) };
  for (const [path, list] of Object.entries(lists)) {
    for (const { index, field, reason } of stageProblems(list)) report(`${path}[${index}].${field}`, reason);
    const jump = jumpProblem(list);
    if (jump) report(path, jump);
  }
  if (given.stages !== undefined && plan !== undefined) {
    const hint = "Keep one: what stages holds can be a list of crossfade:plans, for plan to name";
    report("plan", `"${plan}" is set together with crossfade:stages, and each says which stages there are. ${hint}`);
  } else if (
    plan !== undefined &&
    !Object.hasOwn(known, plan) &&
    (data.plans !== undefined || given.plans === undefined)
  ) {
    const names = Object.keys(known);
    report("plan", `"${plan}" is no plan.${didYouMean(plan, names)} Known: ${names.join(", ")}`);
  }
  const names = wholeWay(listedStages(data)).map(({ name }) => name);
  const isRead =
    stages !== undefined || (given.stages === undefined && (plan === undefined || Object.hasOwn(known, plan)));
  if (isRead && !names.includes(stage)) {
    report("stage", `"${stage}" is no stage.${didYouMean(stage, names)} Known: ${names.join(", ")}`);
  }
  return names;
}

/** The plans that can be named: a list of the config goes before the one of the name that is built in. */
function plansOf({ plans }: Given): Record<string, readonly Stage[]> {
  return { hotfix: HOTFIX_STAGES, ...plans };
}

function prefixed(plans: Record<string, Stage[]>): Record<string, Stage[]> {
  return Object.fromEntries(Object.entries(plans).map(([name, list]) => [`plans.${name}`, list]));
}
