import { z } from "zod";
import { exempted } from "../policies/break-glass";
import { parity, paritySettings } from "../policies/parity";
import { type Plan, planFrom } from "../policies/plan";
import { type Mirror, unlikeMirror } from "../policies/problems/unlike-mirror";
import { dnsSpeedOf } from "../policies/reading/dns-speed";
import { type Judged, judgeAll, underSetting } from "../policies/rules";
import { type Exemption, type PlannedChange, type Serving, sameValue } from "../traffic";
import { exemptions } from "../traffic/exemption-schema";
import type { Previewed } from "../traffic/sources";
import { type Accepted, isAccepted } from "./baseline";
import { Failure } from "./failure";
import type { Headroom } from "./headroom/answer";
import { type Outlook, outlook } from "./outlook";

/** What is to be said of a preview. */
export interface Verdict {
  result: "passes" | "refused";
  /** Its name, with its project: `shop/prod`. */
  stack: string;
  findings: (Judged & { accepted: boolean })[];
  changes: Change[];
  /** How many resources do not change. */
  unchanged: number;
  outlook: Outlook[];
  /** Whether AWS has room for what the update adds; left out where it adds nothing. */
  headroom?: Headroom;
  /** How many findings the baseline has that are no more. */
  outdated: number;
  /** What the sources could not show. */
  unseen: string[];
}

export interface Change {
  urn: string;
  what: "create" | "update" | "replace" | "delete" | "delete what an earlier update left";
  properties: string[];
  /** Why it serves, before the update. */
  serves?: string;
}

/**
 * Judges a preview by all policies, as the pack does, after `loadParserFor` its desired state, which a preview of `ProjectStack` has waited for.
 * @param settings as in a file for `--policy-pack-config`
 * @param mirror another stack that it is to be the like of
 * @throws Failure with exit code 2 where it cannot be judged
 */
export function verdictOf(
  { config, unseen, ...previewed }: Previewed,
  {
    settings = {},
    baseline = [],
    now = new Date(),
    mirror,
  }: { settings?: Record<string, unknown>; baseline?: readonly Accepted[]; now?: Date; mirror?: Mirror } = {},
): Verdict {
  const local = config["crossfade:local"];
  const plan = { ...planFrom(previewed, now), dnsSpeed: dnsSpeedOf(local && JSON.parse(local)) };
  const judged = judge(plan, config["crossfade:breakGlass"], settings, mirror);
  const findings = judged.map((finding) => ({
    ...finding,
    accepted: !finding.advisory && isAccepted(finding, baseline),
  }));
  const changes = plan.changes.map((change) => changeOf(change, plan.serving));
  const touched = new Set(plan.changes.map((change) => ("after" in change ? change.after.urn : change.before.urn)));
  return {
    result: resultOf(findings),
    stack: stackOf(plan),
    findings,
    changes,
    unchanged: plan.desired.filter(({ urn, custom }) => custom && !touched.has(urn)).length,
    outlook: outlook(plan),
    outdated: baseline.filter((entry) => !judged.some((finding) => isAccepted(finding, [entry]))).length,
    unseen,
  };
}

export function resultOf(findings: Verdict["findings"]): Verdict["result"] {
  return findings.some(({ advisory, accepted }) => !advisory && !accepted) ? "refused" : "passes";
}

function judge(
  plan: Plan,
  breakGlass: string | undefined,
  settings: Record<string, unknown>,
  mirror: Mirror | undefined,
): Judged[] {
  try {
    const allowed = breakGlass === undefined ? [] : exemptions.parse(JSON.parse(breakGlass));
    const own = judgeAll(plan, { exemptions: allowed, settings });
    return mirror ? [...own, ...mirrored(plan, mirror, allowed, settings[parity.name])] : own;
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, " ") : (error as Error).message;
    throw new Failure(`what the update would do to users cannot be told, so it does not pass: ${reason}`, 2);
  }
}

/** What the policy `parity` says of two stacks, which one stack's program cannot see. */
function mirrored(plan: Plan, mirror: Mirror, allowed: readonly Exemption[], setting: unknown): Judged[] {
  return underSetting(setting, (given = {}) =>
    unlikeMirror(plan.desired, mirror, paritySettings.parse(given).mayDiffer).map((finding) => ({
      policy: parity.name,
      ...exempted(parity.name, finding, plan, allowed),
    })),
  );
}

function changeOf(change: PlannedChange, serving: Serving): Change {
  const serves = "before" in change ? serving.get(change.before)?.why : undefined;
  const { urn } = "after" in change ? change.after : change.before;
  if (change.kind === "create") return { urn, what: "create", properties: [] };
  if (change.kind === "replace") {
    return { urn, what: "replace", properties: change.because.map(({ property }) => property), serves };
  }
  if (change.kind === "delete") {
    return { urn, what: change.leftOver ? "delete what an earlier update left" : "delete", properties: [], serves };
  }
  const [before, after] = [change.before.inputs, change.after.inputs];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !key.startsWith("__"));
  return { urn, what: "update", properties: keys.filter((key) => !sameValue(before[key], after[key])), serves };
}

function stackOf({ desired, prior }: Plan): string {
  const [stack, project] = ([...desired, ...prior][0]?.urn ?? "").slice("urn:pulumi:".length).split("::");
  return project ? `${project}/${stack}` : "the stack";
}
