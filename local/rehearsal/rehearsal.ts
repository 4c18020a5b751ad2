import { appendFileSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../cli/failure";
import { Pulumi } from "../../cli/pulumi";
import { StackFile } from "../../cli/stack-file";
import { acquireLock } from "../lock";
import { RehearsalCloud } from "./cloud";
import { type Load, startLoad } from "./load";
import type { Progress } from "./progress";
import { type Report, stageRows } from "./report";

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
  /** For the load's mix. */
  seed: number;
  progress: Progress;
  /** Aborted by a Ctrl-C: what runs is ended in order. */
  signal: AbortSignal;
}

/** A node of the balancer takes over a change after at most this time. */
const ADOPTION_SECONDS = 5;

interface Step {
  stage: string;
  /** The candidate's weight when the step is done, in percent. */
  weight: number;
  /** The lines of the stack config that it edits. */
  edit: Record<string, string | undefined>;
  /** Whether the stage is held: a stage is, a finish moves nothing. */
  held: boolean;
}

/**
 * Takes a release from its first line of config to its last under constant load: each step is one edit of a stack file and one
 * `pulumi up` with the policy pack. Then a change that would replace what serves is tried, and must be refused.
 */
export async function rehearse(options: RehearsalOptions): Promise<Report> {
  const { root, engine, progress } = options;
  const began = Date.now();
  const lock = await acquireLock(join(root, ".crossfade/rehearsal.lock"));
  if ("heldBy" in lock) {
    throw new Failure(`a rehearsal is already running here (process ${lock.heldBy}): wait for it, or stop it first`);
  }
  const home = join(root, ".crossfade/rehearsal");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  copyFileSync(join(root, "stacks/Pulumi.local.yaml"), join(home, "Pulumi.local.yaml"));
  const file = new StackFile(join(home, "Pulumi.local.yaml"));
  const { images } = file.config().local ?? {};
  let cloud: RehearsalCloud | undefined;
  let load: Load | undefined;
  try {
    cloud = await RehearsalCloud.start({ home, images: images ?? {}, basePort: 4180 });
    const stack = new RehearsedStack(new Pulumi(engine, root, cloud.env), file, home, options);
    await stack.init();
    progress.event("install: blue, without load");
    await stack.up();
    await sleep(ADOPTION_SECONDS * 1000, undefined, { signal: options.signal });
    load = await startRehearsalLoad(cloud, file, options);
    for (const step of wayOf(file)) {
      await takeStep(step, stack, load, options);
      cloud.assertAlive();
    }
    const refused = [await stack.tryReplacement()];
    await waitForRequests(load, options);
    const result = await load.stop();
    return {
      requests: {
        total: result.sent,
        lost: result.lost,
        serverErrors: result.serverErrors,
        byStage: stageRows(result),
      },
      refused,
      durationMs: Date.now() - began,
      engine: await stack.engineVersion(),
      seed: options.seed,
    };
  } finally {
    await load?.stop();
    await cloud?.stop();
    await lock.release();
  }
}

/** The steps of one release, by the stack's own stages. The second image of the config is the candidate's. */
function wayOf(file: StackFile): Step[] {
  const { rollout, local } = file.config();
  const [, candidate] = Object.keys(local?.images ?? {});
  const [idle, ...stages] = rollout.stages;
  return [
    { stage: idle?.name ?? "idle", weight: 0, edit: { green: candidate }, held: false },
    ...stages.map(({ name, weight }) => ({ stage: name, weight, edit: { stage: name }, held: true })),
    { stage: "finish", weight: 100, edit: { stable: "green", stage: "idle" }, held: false },
  ];
}

async function startRehearsalLoad(
  cloud: RehearsalCloud,
  file: StackFile,
  { rps, seed, progress }: RehearsalOptions,
): Promise<Load> {
  const { host, environments } = file.config();
  const load = startLoad({
    addresses: await cloud.addresses(),
    host,
    stage: { name: "install", weight: 0 },
    rate: rps,
    seed,
    drainSeconds: environments.blue?.drain ?? 0,
    maxSeconds: 3600,
    onSample: ({ sent, lost, serverErrors }) =>
      progress.status(`${sent} requests, ${lost} lost, ${serverErrors} errors`),
  });
  progress.event(`load: ${rps} requests a second from here on`);
  return load;
}

async function takeStep(
  { stage, weight, edit, held }: Step,
  stack: RehearsedStack,
  load: Load,
  { progress, bakeSeconds, signal }: RehearsalOptions,
): Promise<void> {
  const lines = Object.entries(edit).map(([key, value]) => `crossfade:${key}: ${value}`);
  progress.event(`${stage}: ${lines.join(", ")}`);
  load.mark({ name: stage, weight, candidate: stack.candidateVersion() });
  for (const [key, value] of Object.entries(edit)) stack.file.set(key, value);
  await stack.up();
  await sleep(ADOPTION_SECONDS * 1000, undefined, { signal });
  load.settled();
  if (held) await sleep(bakeSeconds * 1000, undefined, { signal });
  const { sent, lost } = load.snapshot();
  progress.event(`${stage}: done, ${sent} requests so far, ${lost} lost`);
}

async function waitForRequests(load: Load, { requests, rps, progress, signal }: RehearsalOptions): Promise<void> {
  const missing = requests - load.snapshot().sent;
  if (missing <= 0) return;
  progress.event(`load: ${Math.ceil(missing / rps)} s more, to ${requests} requests`);
  while (load.snapshot().sent < requests) await sleep(100, undefined, { signal });
}

/** The rehearsed stack: a copy of `stacks/Pulumi.local.yaml`, run by the engine. */
class RehearsedStack {
  private readonly flags: string[];

  constructor(
    private readonly pulumi: Pulumi,
    readonly file: StackFile,
    private readonly home: string,
    private readonly options: RehearsalOptions,
  ) {
    this.flags = ["--stack", "local", "--config-file", file.path];
  }

  init(): Promise<void> {
    return this.pulumi.initStack(this.home, "crossfade", "local");
  }

  async up(): Promise<void> {
    const { code, output } = await this.run("up", "--yes", "--policy-pack", "policies");
    if (code === 0) return;
    throw new Failure(`"pulumi up" failed. All it said is in ${this.log}; the end of it:\n${tail(output)}`);
  }

  /** Another port for the group that serves: it would be replaced. The file is as before when this is done. */
  async tryReplacement(): Promise<Report["refused"][number]> {
    const { stable } = this.file.config().rollout;
    const line = this.file.get(stable);
    const change = `another port for ${stable}, which serves`;
    this.options.progress.event(`refusal: ${change}`);
    this.file.set(stable, { image: line, port: 9090 });
    const { code, output } = await this.run("preview", "--policy-pack", "policies");
    this.file.set(stable, line);
    const message = /serving-replacement .*\n([\s\S]*?)\n\n/.exec(output)?.[1]?.trim().replace(/\n\s+/g, "\n");
    if (code === 0 || message === undefined) {
      throw new Failure(`the preview of ${change} was not refused by serving-replacement:\n${tail(output)}`);
    }
    this.options.progress.event(`refusal: refused by serving-replacement\n${message.replace(/^/gm, "  ")}`);
    return { change, policy: "serving-replacement", message };
  }

  /** What the candidate's answers say of themselves. */
  candidateVersion(): string | undefined {
    const images = Object.values(this.file.config().local?.images ?? {});
    return images[1]?.env?.VERSION;
  }

  async engineVersion(): Promise<string> {
    const { output } = await this.pulumi.run(["version"]);
    return `pulumi ${output.trim().split("\n").at(-1)}`;
  }

  private get log(): string {
    return join(this.home, "pulumi.log");
  }

  private async run(command: string, ...args: string[]): Promise<{ code: number; output: string }> {
    const { signal } = this.options;
    signal.throwIfAborted();
    const result = await this.pulumi.run([command, ...this.flags, ...args], signal);
    appendFileSync(this.log, `\n$ pulumi ${command}\n${result.output}`);
    signal.throwIfAborted();
    return result;
  }
}

function tail(output: string): string {
  return output.trim().split("\n").slice(-30).join("\n");
}
