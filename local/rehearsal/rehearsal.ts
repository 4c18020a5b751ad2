import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../cli/failure";
import { type Load, mostRequests, startLoad } from "../../load/load";
import { type Report, stageRows } from "../../load/report";
import { endLeftovers } from "../dataplane";
import { acquireLock } from "../lock";
import { RehearsalCloud } from "./cloud";
import type { Progress } from "./progress";
import { tryRefusals } from "./refusals";
import { RehearsedStack } from "./rehearsed-stack";

export interface RehearsalOptions {
  /** The repository's folder. */
  root: string;
  /** The engine's folder. */
  engine: string;
  /** Requests a second. */
  rps: number;
  /** The rehearsal goes on until at least so many requests were sent. */
  requests: number;
  /** Seconds that each stage is held after the balancers have adopted it. */
  bakeSeconds: number;
  /** The first port that the balancers listen on. */
  port: number;
  /** For the load's mix. */
  seed: number;
  progress: Progress;
  /** Aborted by a Ctrl-C: what runs is ended in order. */
  signal: AbortSignal;
}

/** A node of the balancer takes over a change after at most this time. */
const ADOPTION_SECONDS = 5;

/** What an update takes, as far as the time left is guessed. */
const UPDATE_SECONDS = 8;

interface Step {
  stage: string;
  /** The candidate's weight when the step is done, in percent. */
  weight: number;
  /** The lines of the stack config that it edits. */
  edit: Record<string, string>;
}

/**
 * Takes a release from its first line of config to its last under constant load: each step is one edit of a stack file and one
 * `pulumi up` with the policy pack. Then what would lose requests is tried, and must be refused.
 */
export async function rehearse(options: RehearsalOptions): Promise<Report> {
  const { root } = options;
  const lock = await acquireLock(join(root, ".crossfade/rehearsal.lock"));
  if ("heldBy" in lock) {
    throw new Failure(`a rehearsal is already running here (process ${lock.heldBy}): wait for it, or stop it first`);
  }
  const home = join(root, ".crossfade/rehearsal");
  let cloud: RehearsalCloud | undefined;
  try {
    endLeftovers(join(home, "tasks.json")); // of a rehearsal that was killed
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    const stack = new RehearsedStack({ ...options, home });
    const images = stack.file.config().local?.images ?? {};
    cloud = await RehearsalCloud.start({ home, images, basePort: options.port });
    return await walk(stack, cloud, options);
  } finally {
    await cloud?.stop();
    await lock.release();
  }
}

async function walk(stack: RehearsedStack, cloud: RehearsalCloud, options: RehearsalOptions): Promise<Report> {
  const { progress, signal, seed } = options;
  const began = Date.now();
  await stack.init(cloud.env);
  progress.event("install: the first version, without load");
  await stack.up();
  await sleep(ADOPTION_SECONDS * 1000, undefined, { signal });
  const way = wayOf(stack);
  const load = await startLoadOn(stack, cloud, way, options);
  try {
    for (const [index, step] of way.entries()) {
      if (index > 0) load.mark(stageOf(step, stack));
      await take(step, stack, load, options).finally(() => cloud.assertAlive());
    }
    progress.at("refusals");
    const refused = await tryRefusals(stack, load, progress);
    await untilEnough(load, options);
    const result = await load.stop();
    return {
      requests: {
        total: result.sent,
        lost: result.lost,
        serverErrors: result.serverErrors,
        byStage: stageRows(result),
      },
      refused,
      timeline: result.timeline,
      durationMs: Date.now() - began,
      engine: await stack.engineVersion(),
      seed,
    };
  } finally {
    await load.stop();
  }
}

/** The steps of one release, by the stack's own stages. */
function wayOf(stack: RehearsedStack): Step[] {
  const { stages } = stack.file.config().rollout;
  const [idle, ...listed] = stages.map(({ name, weight }) => ({
    stage: name,
    weight,
    edit: { stage: name },
  }));
  return [
    { stage: idle?.stage ?? "idle", weight: 0, edit: { green: stack.candidate().image } },
    ...listed,
    { stage: "finish", weight: 100, edit: { stable: "green", stage: "idle" } },
  ];
}

async function startLoadOn(
  stack: RehearsedStack,
  cloud: RehearsalCloud,
  steps: Step[],
  { rps, requests, bakeSeconds, seed, progress }: RehearsalOptions,
): Promise<Load> {
  const { host, environments } = stack.file.config();
  const stepSeconds = UPDATE_SECONDS + ADOPTION_SECONDS + bakeSeconds;
  const expected = Math.max(requests / rps, steps.length * stepSeconds + UPDATE_SECONDS);
  progress.event(`load: ${rps} requests a second from here on, for about ${Math.round(expected)} s`);
  return startLoad({
    addresses: await cloud.addresses(),
    host,
    stage: stageOf(steps[0], stack),
    rate: rps,
    seed,
    drainSeconds: environments.blue?.drain ?? 0,
    maxSeconds: longestLoad(rps),
    onSample: ({ sent, lost, serverErrors }) => {
      const left = Math.max(0, Math.round(expected - sent / rps));
      progress.status(`${sent} requests, ${lost} lost, ${serverErrors} errors of the service, ${left} s left`);
    },
  });
}

function stageOf(step: Step | undefined, stack: RehearsedStack) {
  return { name: step?.stage ?? "idle", weight: step?.weight ?? 0, candidate: stack.candidate().version };
}

async function take(
  { stage, weight, edit }: Step,
  stack: RehearsedStack,
  load: Load,
  { progress, bakeSeconds, signal }: RehearsalOptions,
): Promise<void> {
  progress.at(`${stage}, ${100 - weight}/${weight}`);
  progress.event(
    Object.entries(edit)
      .map(([key, value]) => `crossfade:${key}: ${value}`)
      .join(", "),
  );
  stack.set(edit);
  await stack.up();
  await sleep(ADOPTION_SECONDS * 1000, undefined, { signal });
  load.settled();
  await sleep(bakeSeconds * 1000, undefined, { signal });
  const { sent, lost } = load.snapshot();
  progress.event(`done: ${sent} requests so far, ${lost} lost`);
}

/** In seconds: an hour, or what the load can send. */
function longestLoad(rps: number): number {
  return Math.min(3600, mostRequests / rps);
}

async function untilEnough(load: Load, options: RehearsalOptions): Promise<void> {
  const { rps, progress, signal } = options;
  const requests = Math.min(options.requests, Math.floor(rps * longestLoad(rps)));
  if (load.snapshot().sent >= requests) return;
  progress.at("load");
  progress.event(`on to ${requests} requests`);
  while (load.snapshot().sent < requests) await sleep(100, undefined, { signal });
}
