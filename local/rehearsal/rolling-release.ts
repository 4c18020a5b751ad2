import type { Refused } from "../../load/report";
import { formatDuration } from "../../traffic";
import { BAD_VERSIONS } from "./bad-versions";
import { followBatches } from "./batches";
import type { Kind } from "./kinds";
import { tryRefusal } from "./refusals";
import type { RehearsedStack, Version } from "./rehearsed-stack";
import type { Played } from "./release";
import { decidedBack, failedUpdate, untilQuiet } from "./roll-backs";
import { edit, hold, type Scene, type Step } from "./step";

/** What the batches are, where instances have them: each but the last is followed by the pause. */
const ROLLING = { batches: [25, 50, 100], pause: "15s" };
/** As many as the batches can split. */
const REPLICAS = 4;

/** The lines of the config that make a stack roll: one environment alone, and the batches where its compute knows stops. */
export function rollingLines({ file }: Pick<RehearsedStack, "file">): Record<string, unknown> {
  const service = { ...(file.get("service") as object), replicas: REPLICAS };
  return file.config().compute === "autoscaling" ? { service, rolling: ROLLING } : { service };
}

/** What a roll takes without its pauses, and what it takes until a version is given up. */
const ROLL_SECONDS = 60;
const GIVEN_UP_SECONDS = 100;

/** What the script takes, as far as it can be guessed. */
export function rollingSeconds({ file }: Pick<RehearsedStack, "file">, bakeSeconds: number): number {
  const { batches = [100], pause = 0 } = file.config().rolling ?? {};
  return 2 * (ROLL_SECONDS + (batches.length - 1) * pause) + GIVEN_UP_SECONDS + 3 * bakeSeconds;
}

/**
 * One environment that gets each version in place: the next one, one that never gets healthy, which must end at its first batch
 * without an answer, and the one before. What would take its capacity or its drain is tried once the next one is there.
 */
export async function rollingRelease(scene: Scene, { rolled = [] }: Kind): Promise<Played> {
  const { stack } = scene;
  const [before, next] = [stack.stable(), stack.candidate()];
  await roll(next, "the next version", scene);
  const refused: Refused[] = [];
  await hold(scene, async () => {
    for (const refusal of rolled) refused.push(await tryRefusal(refusal(stack), scene));
  });
  const { unhealthy } = BAD_VERSIONS;
  const stopped = await failedUpdate(unhealthy, { stage: "bad", edit: { blue: unhealthy.image } }, scene);
  await edit({ stage: "restored", weight: 100, candidate: next.version, edit: { blue: next.image } }, scene);
  await hold(scene);
  const back = await decidedBack("back to the version before, in place", next.version, scene, async () => {
    await roll(before, "back", scene);
    await untilQuiet(scene);
  });
  return { refused, rollBacks: [stopped, back] };
}

/** One line, and one update that brings it to all. Where there are batches, each is a stage of the report, and so is each pause. */
async function roll({ image, version }: Version, name: string, scene: Scene): Promise<void> {
  const { stack, cloud, load, progress } = scene;
  const { rolling } = stack.file.config();
  const step = (stage: string, weight: number): Step => ({ stage, weight, candidate: version, edit: { blue: image } });
  if (!rolling) return edit(step(name, 100), scene);
  const over = new AbortController();
  const listener = {
    goesTo: (percent: number) => load.mark({ name: `to ${percent} %`, weight: percent, candidate: version }),
    pausesAt: (percent: number) => {
      load.mark({ name: `pause at ${percent} %`, weight: percent, candidate: version });
      load.settled();
      progress.event(`${percent} % of the instances have ${version}: a pause of ${formatDuration(rolling.pause)}`);
    },
  };
  const followed = followBatches(cloud.env, rolling, listener, over.signal);
  followed.catch(() => {}); // is waited for below
  await edit(step(name, 0), scene).finally(() => over.abort());
  await followed;
}
