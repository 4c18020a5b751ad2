import { setTimeout as sleep } from "node:timers/promises";
import type { Criteria } from "../../cli/analysis/criteria";
import { judge } from "../../cli/analysis/judge";
import { judgedText } from "../../cli/analysis/judged-text";
import type { CandidateMeter } from "../../load/candidate-meter";
import type { RollBack } from "../../load/roll-back";
import { BAD_VERSIONS, type BadVersion } from "./bad-versions";
import type { Version } from "./rehearsed-stack";
import { announce, edit, type Scene, type Step } from "./step";

/**
 * A version is judged by its answers at one stage beside stable's. Blocks of a second are long enough here: the load is our own,
 * its plain clients are new ones with each request, and a sticky one comes back after some seconds.
 */
const CRITERIA: Criteria = { alpha: 0.01, tolerance: 0.01, burst: 1 };

/** How long a stage is watched once it is adopted: one that should be well, and the one that must show the fault. */
export const WELL_SECONDS = 3;
const SICK_SECONDS = 60;

/** Releases that go wrong, each in its own way, and are rolled back. It begins where blue is stable and the stage is idle. */
export async function badReleases(scene: Scene): Promise<RollBack[]> {
  const { errors, unhealthy, capacity } = BAD_VERSIONS;
  const { stages } = scene.stack.file.config().rollout;
  const canaries = stages.filter(({ weight }) => weight > 0 && weight < 100);
  return [
    await badRelease(errors, canaries.slice(0, 1), scene),
    await failedUpdate(unhealthy, { stage: "idle", edit: { green: unhealthy.image } }, scene),
    await badRelease(capacity, canaries, scene),
  ];
}

/** After a finish: one line, and the version before has all requests again. */
export function wayBack(scene: Scene, { version: candidate }: Version): Promise<RollBack> {
  const step = { stage: "back", weight: 0, candidate, edit: { stable: "blue" } };
  return decidedBack("back to the version before, after the finish", candidate, scene, async () => {
    await edit(step, scene);
    await untilQuiet(scene);
  });
}

/**
 * A version that was well is taken out again, because another is wanted.
 *
 * @param goBack the edit, and the wait until nobody meets the version any more
 */
export async function decidedBack(
  what: string,
  candidate: string,
  { load }: Scene,
  goBack: () => Promise<void>,
): Promise<RollBack> {
  const watched = load.watch(candidate);
  const beganAtMs = load.nowMs();
  await goBack();
  const at = { stage: "back", beganAtMs, noticedAtMs: beganAtMs };
  return { cause: "decision", what, candidate, evidence: "", ...at, did: watched.result() };
}

interface CanaryStage {
  name: string;
  weight: number;
}

/** Is promoted until its answers tell of the fault, at the last of the stages at the latest, and rolled back. */
async function badRelease(bad: BadVersion, stages: CanaryStage[], scene: Scene): Promise<RollBack> {
  const { load, progress } = scene;
  const candidate = bad.version;
  await edit({ stage: "idle", weight: 0, candidate, edit: { green: bad.image } }, scene);
  const watched = load.watch(candidate);
  let stage = "idle";
  let evidence: string | undefined;
  for (const canary of stages) {
    stage = canary.name;
    evidence = await promote(canary, canary === stages.at(-1) ? SICK_SECONDS : WELL_SECONDS, watched, scene);
    if (evidence) break;
  }
  const noticedAtMs = load.nowMs();
  evidence ??= `not in ${SICK_SECONDS} s: ${judgedSoFar(watched).text}`;
  load.note(`${candidate} noticed at ${stage}`);
  progress.event(evidence);
  await edit({ stage: "idle", weight: 0, candidate, edit: { stage: "idle" } }, scene);
  await untilQuiet(scene);
  const did = watched.result();
  progress.event(`done: ${did.errors} errors in ${did.requests} requests`);
  const beganAtMs = did.firstErrorAtMs ?? noticedAtMs;
  return { cause: "errors", what: whatOf(bad), stage, candidate, evidence, beganAtMs, noticedAtMs, did };
}

/** Promotes to a stage and watches it; gives what its answers tell of a fault, as soon as they do. */
async function promote(
  { name, weight }: CanaryStage,
  seconds: number,
  watched: CandidateMeter,
  scene: Scene,
): Promise<string | undefined> {
  const { cloud, signal } = scene;
  const step: Step = { stage: name, weight, candidate: watched.version, edit: { stage: name } };
  await edit(step, scene);
  watched.judgeAnew();
  let isOver = false;
  // Not to be waited for once a fault was seen.
  const over = cloud
    .settled()
    .then(() => sleep(seconds * 1000, undefined, { signal, ref: false }))
    .finally(() => {
      isOver = true;
    });
  over.catch(() => {});
  for (; !isOver; await sleep(50, undefined, { signal })) {
    const { verdict, text } = judgedSoFar(watched);
    if (verdict === "regression") return text;
  }
  await over;
  return undefined;
}

function judgedSoFar(watched: CandidateMeter) {
  const judged = judge(watched.bySecond(), CRITERIA);
  const text = judgedText(judged, CRITERIA, { events: "answers", bad: "failed" });
  return { verdict: judged.verdict, text };
}

/** Its update fails, no user has met it, and the next one may put another version in its place. */
export async function failedUpdate(bad: BadVersion, at: Pick<Step, "stage" | "edit">, scene: Scene): Promise<RollBack> {
  const { load, stack, progress } = scene;
  const candidate = bad.version;
  const watched = load.watch(candidate);
  const beganAtMs = load.nowMs();
  announce({ ...at, weight: 0, candidate }, scene);
  stack.set(at.edit);
  const evidence = await stack.upFails();
  const noticedAtMs = load.nowMs();
  load.note(`the update to ${candidate} failed`);
  progress.event(`the update failed: ${evidence}`);
  const did = watched.result();
  return { cause: "update", what: whatOf(bad), stage: at.stage, candidate, evidence, beganAtMs, noticedAtMs, did };
}

function whatOf({ version, fault }: BadVersion): string {
  return `${version} ${fault}`;
}

/** The nodes adopt the weights, and requests that are on their way get their answers. */
export async function untilQuiet({ cloud, load, signal }: Scene): Promise<void> {
  await cloud.settled();
  load.settled();
  await sleep(2000, undefined, { signal });
}
