import { FULL, IDLE, type LiveRefresh, sameShares, spokenDuration, spokenShares } from "../../traffic";
import type { RouteStatus, StackStatus } from "./stack-status";

/** An edit that is legal next, as a command. */
export interface NextEdit {
  command: string;
  /** What it does. */
  means: string;
  /** From when on; undefined: at once. */
  from?: Date;
}

/**
 * What somebody should look at, a sentence each; empty where all is as it must be.
 *
 * @param update who updates the stack now
 */
export function troubles(
  { route, live, asked, environments, evidence }: RouteStatus,
  update?: StackStatus["update"],
): string[] {
  const { shares = {}, candidate, recorded, stage } = route;
  const found: string[] = [];
  if (live && !sameShares(live, shares)) {
    const why =
      (live[candidate] ?? 0) === 0
        ? "all was given back to stable, and the state does not know of it: crossfade rollback records it"
        : "somebody else has written them, or an update was cut off after its effect: pulumi refresh takes them over";
    found.push(`live are ${spokenShares(live)}, and the state has ${spokenShares(shares)}: ${why}`);
  }
  if (!stage)
    found.push(`${candidate} has ${shares[candidate] ?? 0} % deployed, which is no stage: an update stopped half way`);
  if (stage && asked && (asked.stage !== stage.name || asked.stable !== recorded.stable)) {
    const deployed = `stable ${recorded.stable}, ${stage.name}`;
    found.push(`the stack file asks for stable ${asked.stable}, ${asked.stage}, and deployed is ${deployed}`);
  }
  for (const { color, rejected, zones, refresh } of environments) {
    if (refresh && (!update || update.isDead)) {
      found.push(
        `${color}'s instances are being exchanged (${refreshWords(refresh)}), and no update waits for it: pulumi up goes on with it, or takes it back where ${color} has the image of before`,
      );
    }
    const share = Math.max(shares[color] ?? 0, live?.[color] ?? 0);
    if (share === 0) continue;
    if (rejected) found.push(`${color} was rejected at ${rejected.at} (${rejected.reason}), and has ${share} %`);
    if (zones?.every(({ healthy }) => healthy === 0)) found.push(`${color} has ${share} % and no healthy target`);
  }
  if (evidence?.verdict === "regression") found.push(`${candidate} does worse than ${recorded.stable}: roll it back`);
  return found;
}

/** The edits that are legal next, as the commands that make them. */
export function nextEdits(
  stack: string,
  pack: string,
  { route, rollout, environments, asked }: RouteStatus,
): NextEdit[] {
  const { candidate, recorded, stage, older, since } = route;
  const up = (edit: Record<string, string>) =>
    `pulumi up -s ${stack} --policy-pack ${pack} ${Object.entries(edit)
      .map(([key, value]) => `-c crossfade:${key}=${value}`)
      .join(" ")}`;
  const back = { command: `crossfade rollback ${stack}`, means: `all back to ${recorded.stable}` };
  if (!environments.some(({ role }) => role === "candidate")) {
    if (asked?.inBatches) {
      const means = "the next version, in batches; its line goes into the stack file";
      return [{ command: up({ [recorded.stable]: "registry/image@sha256:…" }), means }];
    }
    const means = "the next version, without weight; its line goes into the stack file";
    return [{ command: up({ [candidate]: "registry/image@sha256:…" }), means }];
  }
  if (!stage) {
    const share = route.shares?.[candidate] ?? 0;
    const lower = recorded.stages.filter(({ weight }) => weight < share).at(-1)?.name ?? IDLE;
    return [back, { command: up({ stage: lower }), means: "the nearest lower stage, from which it goes on" }];
  }
  const from = since && stage.bake > 0 ? new Date(since.getTime() + stage.bake * 1000) : undefined;
  const isRejected = environments.some(({ role, rejected }) => role === "candidate" && rejected);
  if (stage.name === FULL) {
    const finish = { command: up({ stable: candidate, stage: IDLE }), means: `finish: ${candidate} is stable`, from };
    return isRejected ? [back] : [finish, back];
  }
  if (stage.name === IDLE && older === candidate) {
    const means = `all back to ${candidate}, the version before`;
    return [{ command: `crossfade rollback ${stack}`, means }];
  }
  const next = recorded.stages[recorded.stages.indexOf(stage) + 1];
  const raise = next && { command: up({ stage: next.name }), means: `${candidate} gets ${next.weight} %`, from };
  const edits = raise && !isRejected ? [raise] : [];
  if (isRejected)
    edits.push({
      command: up({ [candidate]: "registry/image@sha256:…" }),
      means: `another version of ${candidate}`,
      from: undefined,
    });
  return stage.name === IDLE || !rollout ? edits : [...edits, back];
}

/** How long a stage has been held, and what is left of its bake time. */
export function heldWords({ stage, since }: RouteStatus["route"], now: Date): string {
  if (!since) return "since when the weights are so cannot be told from the state";
  const held = Math.max(0, (now.getTime() - since.getTime()) / 1000);
  const left = (stage?.bake ?? 0) - held;
  const since_ = `${spokenDuration(held)}, since ${since.toISOString().slice(0, 19)}Z`;
  if (!stage || stage.bake === 0) return since_;
  return `${since_}; ${left > 0 ? `${spokenDuration(left)} of its bake time left` : "its bake time is over"}`;
}

/** Where an instance refresh is, in AWS's words. */
export function refreshWords({ status, percent, version }: LiveRefresh): string {
  return `${status} at ${percent} %, to version ${version} of the launch template`;
}
