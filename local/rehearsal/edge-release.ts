import { setTimeout as sleep } from "node:timers/promises";
import type { Refused } from "../../load/report";
import { ALIAS_TTL, CLIENT_KEEP_ALIVE, formatDuration, holdSeconds, staySeconds } from "../../traffic";
import { inPlace, removedTooSoon, skippedStage, tryRefusal } from "./refusals";
import type { RehearsedStack, Version } from "./rehearsed-stack";
import type { Played } from "./release";
import { decidedBack } from "./roll-backs";
import { edit, hold, type Scene, type Step, take } from "./step";

/**
 * What the policies reckon with for a balancer's nodes to act on new weights, in seconds: AWS gives no bound, so that they wait
 * a minute; those of the local cloud take 5 s at most. The rest is for a busy machine to preview the removal in that must be refused.
 */
export const SETTLE = 20;

export const EDGE_POLICIES = { "hold-time": { settle: SETTLE } };

/** The policy's own default. */
const TTLS = 2;

/** How long an edge must be kept after its weight went, in seconds. */
export function holdSecondsOf(stack: Pick<RehearsedStack, "file">): number {
  const { hold, dnsSpeed } = heldIn(stack);
  return holdSeconds(hold, { ttls: TTLS, settle: SETTLE }, dnsSpeed);
}

/** How long users go by what they have looked up, in seconds. */
function stayOf(stack: Pick<RehearsedStack, "file">): number {
  const { hold, dnsSpeed } = heldIn(stack);
  return staySeconds(hold, TTLS, dnsSpeed);
}

function heldIn({ file }: Pick<RehearsedStack, "file">) {
  const { edges, environments, local } = file.config();
  const { clientKeepAlive: keepAlive = CLIENT_KEEP_ALIVE } = edges.blue ?? {};
  return { hold: { ttl: ALIAS_TTL, keepAlive, drain: environments.blue?.drain ?? 0 }, dnsSpeed: local?.dnsSpeed };
}

/**
 * The stages that there is time for, the last two canaries: each move of the weights waits until all name servers have them, first
 * stable's records, then the candidate's. And of a few percent, few kinds of users would be seen to come back.
 */
export function edgeStages<T>(canaries: readonly T[]): T[] {
  return canaries.slice(-2);
}

/** How many edits an edge release is: the line, a canary, the way back, the canaries, full, the finish and the removal. */
export function editsOf({ file }: RehearsedStack): number {
  const canaries = file.config().rollout.stages.filter(isCanary);
  return 1 + 1 + 1 + canaries.length + 1 + 2;
}

function isCanary({ weight }: { weight: number }): boolean {
  return weight > 0 && weight < 100;
}

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
  const canaries = stack.file.config().rollout.stages.filter(isCanary);
  const stepTo = ({ name, weight }: { name: string; weight: number }): Step => {
    return { stage: name, weight, candidate: candidate.version, edit: { stage: name } };
  };
  const holdSeconds = holdSecondsOf(stack);

  await tryOne(inPlace(stack));
  const line = { image: candidate.image, internal: true };
  await take({ stage: "idle", weight: 0, candidate: candidate.version, edit: { green: line } }, scene, () =>
    tryOne(skippedStage(stack)),
  );

  const [first] = canaries as [(typeof canaries)[number]];
  await takeCanary(stepTo(first), scene);
  const { rollBack, tail: tailOfGreen } = await rollBackFrom(first.name, candidate, scene);
  const tails = [{ version: candidate.version, stage: "back", holdSeconds, kinds: tailOfGreen }];

  for (const canary of canaries) await takeCanary(stepTo(canary), scene);
  const tail = load.tail(stable.version);
  await edit(stepTo({ name: "full", weight: 100 }), scene);
  const overAtMs = load.nowMs() + holdSeconds * 1000;
  await tryOne(removedTooSoon(stack));
  const finish = { stable: "green", stage: "idle" };
  await edit({ stage: "finish", weight: 100, candidate: candidate.version, edit: finish }, scene);
  await cloud.settled();
  load.settled();
  const left = Math.max(0, overAtMs - load.nowMs());
  progress.event(`the old edge is kept for ${formatDuration(Math.ceil(left / 1000))} more: its hold time`);
  await sleep(left, undefined, { signal: scene.signal });
  tails.push({ version: stable.version, stage: "full", holdSeconds, kinds: tail.result() });

  const removed = { stage: "removed", weight: 100, candidate: candidate.version, edit: { blue: undefined } };
  await edit(removed, scene);
  load.note("the old edge is gone");
  await hold(scene);
  return { refused, rollBacks: [rollBack], tails };
}

/** The shares are the weights' once all have looked up anew. */
async function takeCanary(step: Step, scene: Scene): Promise<void> {
  await edit(step, scene);
  await scene.cloud.settled();
  await sleep(stayOf(scene.stack) * 1000, undefined, { signal: scene.signal });
  await hold(scene);
}

/** All weight back to stable, and the tail of the candidate until it is over. */
async function rollBackFrom(from: string, { version }: Version, scene: Scene) {
  const { load, stack, cloud, signal } = scene;
  const tail = load.tail(version);
  const rollBack = await decidedBack(`back to the version before, at ${from}`, version, scene, async () => {
    await edit({ stage: "back", weight: 0, candidate: version, edit: { stage: "idle" } }, scene);
    await cloud.settled();
    await sleep(stayOf(stack) * 1000, undefined, { signal });
    load.settled();
  });
  return { rollBack, tail: tail.result() };
}
