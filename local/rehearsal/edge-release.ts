import { setTimeout as sleep } from "node:timers/promises";
import type { Refused } from "../../load/report";
import type { RollBack } from "../../load/roll-back";
import { formatDuration } from "../../traffic";
import { inPlace, removedTooSoon, skippedStage, tryRefusal } from "./refusals";
import type { RehearsedStack, Version } from "./rehearsed-stack";
import type { Played } from "./release";
import { edit, hold, type Scene, type Step, take } from "./step";

/**
 * What the policies reckon with for a balancer's nodes to act on new weights, in seconds: AWS gives no bound, so that they wait
 * a minute; those of the local cloud take 5 s at most.
 */
const SETTLE = 10;

export const EDGE_POLICIES = { "hold-time": { settle: SETTLE } };

/** TTL of an alias record of a balancer, in seconds (Route 53 guide, "TTL (seconds)"). */
const ALIAS_TTL = 60;

/** How long an edge must be kept after its weight went, in seconds: answers held for twice their TTL, kept connections, the drain. */
export function holdSecondsOf({ file }: RehearsedStack): number {
  const { edges, environments, local } = file.config();
  const { clientKeepAlive = 3600 } = edges.blue ?? {};
  return (2 * ALIAS_TTL + clientKeepAlive) / (local?.dnsSpeed ?? 1) + (environments.blue?.drain ?? 0) + SETTLE;
}

/** How many edits an edge release is. */
export function editsOf({ file }: RehearsedStack): number {
  const { stages } = file.config().rollout;
  const twice = stages.filter(({ weight }) => weight > 0).slice(0, ROLLED_BACK_AFTER).length;
  // To the stage from which it is rolled back, the way back, all stages, the finish, and the removal.
  return 1 + twice + 1 + (stages.length - 1) + 2;
}

/** It goes back from the second canary stage: some users of each kind have gone to the new edge by then. */
const ROLLED_BACK_AFTER = 2;

/**
 * A change that a balancer cannot take: refused in place, it is released as an edge beside the other. On the way it is rolled back
 * once. In the end the old edge is removed: too soon it is refused, after its hold time it is done under load.
 */
export async function edgeRelease(scene: Scene): Promise<Played> {
  const { stack, load, cloud, progress } = scene;
  const [stable, candidate] = [stack.stable(), stack.candidate()];
  const refused: Refused[] = [];
  const tryOne = async (refusal: Parameters<typeof tryRefusal>[0]) => {
    refused.push(await tryRefusal(refusal, scene));
  };
  const stages = stack.file.config().rollout.stages.filter(({ weight }) => weight > 0);
  const full = stages.at(-1) as (typeof stages)[number];
  const stepTo = ({ name, weight }: (typeof stages)[number]): Step => {
    return { stage: name, weight, candidate: candidate.version, edit: { stage: name } };
  };
  const holdSeconds = holdSecondsOf(stack);

  await tryOne(inPlace(stack));
  const line = { image: candidate.image, internal: true };
  await take({ stage: "idle", weight: 0, candidate: candidate.version, edit: { green: line } }, scene, () =>
    tryOne(skippedStage(stack)),
  );

  for (const stage of stages.slice(0, ROLLED_BACK_AFTER)) await take(stepTo(stage), scene);
  const { rollBack, tail: tailOfGreen } = await rollBackTo(scene, candidate, stages[ROLLED_BACK_AFTER - 1]?.name ?? "");
  const tails = [{ version: candidate.version, stage: "back", holdSeconds, kinds: tailOfGreen }];

  for (const stage of stages.slice(0, -1)) await take(stepTo(stage), scene);
  await edit(stepTo(full), scene);
  const tail = load.tail(stable.version);
  const overAtMs = load.nowMs() + holdSeconds * 1000;
  const finish = { stable: "green", stage: "idle" };
  await edit({ stage: "finish", weight: 100, candidate: candidate.version, edit: finish }, scene);
  await tryOne(removedTooSoon(stack));
  await cloud.settled();
  load.settled();
  const left = Math.max(0, overAtMs - load.nowMs());
  progress.event(`the old edge is kept for ${formatDuration(Math.ceil(left / 1000))} more: its hold time`);
  await sleep(left, undefined, { signal: scene.signal });
  tails.push({ version: stable.version, stage: full.name, holdSeconds, kinds: tail.result() });

  const removed = { stage: "removed", weight: 100, candidate: candidate.version, edit: { blue: undefined } };
  await edit(removed, scene);
  load.note("the old edge is gone");
  await hold(scene);
  return { refused, rollBacks: [rollBack], tails };
}

/** All weight back to stable, and the tail of the candidate until it is over. */
async function rollBackTo(scene: Scene, { version }: Version, from: string) {
  const { load, stack, cloud, signal } = scene;
  const watched = load.watch(version);
  const beganAtMs = load.nowMs();
  await edit({ stage: "back", weight: 0, candidate: version, edit: { stage: "idle" } }, scene);
  const tail = load.tail(version);
  await cloud.settled();
  const { drain = 0 } = stack.file.config().environments.green ?? {};
  await sleep((holdSecondsOf(stack) - drain - SETTLE) * 1000, undefined, { signal });
  load.settled();
  const rollBack: RollBack = {
    cause: "decision",
    what: `back to the version before, at ${from}`,
    stage: "back",
    candidate: version,
    evidence: "",
    beganAtMs,
    noticedAtMs: beganAtMs,
    did: watched.result(),
  };
  return { rollBack, tail: tail.result() };
}
