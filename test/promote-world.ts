import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Pulumi } from "../cli/pulumi";
import { type Load, type LoadResult, startLoad } from "../load/load";
import { ensureEngine } from "../local/engine/ensure-engine";
import { ProcessFile } from "../local/process-file";
import { RehearsalCloud } from "../local/rehearsal/cloud";
import { RehearsedStack } from "../local/rehearsal/rehearsed-stack";
import { TrafficLog } from "../local/rehearsal/traffic-log";
import type { Color } from "../traffic";
import { QUICK, ROOT, WITH_TRACES } from "./local-world";
import { freshPort } from "./ports";

/** A version of the shop: the switches that make it good or bad. */
export interface Version {
  name: string;
  env: Record<string, string>;
}

/** How a command ended, and all it said. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Requests a second: what two cores have room for beside an engine. */
export const RATE = 50;
/** Of a client, in milliseconds: a starved machine is slow, and nobody's loss. */
export const TIMEOUT_MS = 20_000;

/** A local cloud in a process of its own, a stack in it with the shop, and a load that lasts. */
export class PromoteWorld {
  private constructor(
    readonly stack: RehearsedStack,
    readonly cloud: RehearsalCloud,
    readonly env: NodeJS.ProcessEnv,
    readonly log: TrafficLog,
    readonly home: string,
    readonly load: Load,
  ) {}

  /** @param versions the first one is installed; each is an image by its place in the list */
  static async start(versions: readonly Version[], seed: number): Promise<PromoteWorld> {
    const engine = await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
    const parent = join(ROOT, ".crossfade");
    mkdirSync(parent, { recursive: true });
    const home = mkdtempSync(join(parent, "test-promote-"));
    const processes = new ProcessFile(join(home, "processes"));
    const signal = new AbortController().signal;
    const stack = new RehearsedStack({ root: ROOT, engine, configOf: "local", home, processes, signal });
    const images = Object.fromEntries(
      versions.map(({ name, env }, index) => [
        imageOf(index),
        { run: "node --require tsx/cjs examples/shop/server.ts", env: { VERSION: name, ...env } },
      ]),
    );
    const log = new TrafficLog();
    const adoptionDelay: [number, number] = [0, 1000];
    const cloud = await RehearsalCloud.start(
      { home, images, basePort: freshPort(), adoptionDelay },
      (seen) => log.add(seen),
      processes,
    );
    const { host } = stack.file.config();
    stack.set({ blue: imageOf(0), stages: [{ weight: 50, bake: "3s" }], analysis: analysisOf() });
    // Cookies of the release before are over: else a candidate gets those who have met its color, whatever its weight.
    stack.set({ service: { ...(stack.file.get("service") as object), stop: "2s", sticky: "5s" } });
    await stack.init({ ...cloud.env, ...QUICK });
    await stack.up().catch(async (error) => {
      await cloud.stop();
      throw error;
    });
    await cloud.settled();
    const load = startLoad({
      addresses: await cloud.addresses(),
      host,
      environmentOf: (outcome) => outcome.headers["x-shop-version"]?.toString() ?? log.environmentOf(outcome),
      stage: { name: "installed", weight: 0 },
      rate: RATE,
      seed,
      drainSeconds: 5,
      timeoutMs: TIMEOUT_MS,
      maxSeconds: 10_800,
    });
    const { env } = new Pulumi(engine, ROOT, { ...cloud.env, ...QUICK });
    return new PromoteWorld(stack, cloud, env, log, home, load);
  }

  /** The color that is released next. */
  candidate(): Color {
    return this.stack.file.get("stable") === "blue" ? "green" : "blue";
  }

  /** `crossfade promote local`, as a process of its own. */
  begin(...args: string[]): { child: ChildProcess; ended: Promise<Ran> } {
    const command = [join(ROOT, "cli/bin.js"), "promote", "local", "--yes", "--config-file", this.stack.file.path];
    const child = spawn("node", [WITH_TRACES, ...command, ...args], {
      env: this.env,
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (said.stdout += chunk));
    child.stderr.on("data", (chunk) => (said.stderr += chunk));
    return { child, ended: once(child, "close").then(([code]) => ({ code, ...said })) };
  }

  promote(...args: string[]): Promise<Ran> {
    return this.begin(...args).ended;
  }

  /** What the stack's state and the local cloud each have, by type and id; task definitions stay in the cloud by design. */
  inStateAndCloud(): { state: string[]; cloud: string[]; pending: number } {
    const { checkpoint } = JSON.parse(
      readFileSync(join(this.home, ".pulumi/stacks/crossfade/local.json"), "utf8"),
    ) as Checkpoint;
    const { resources = [], pending_operations: pending } = checkpoint.latest;
    const records = JSON.parse(readFileSync(join(this.home, "cloud.json"), "utf8")) as { type: string; id: string }[];
    const named = (all: { type: string; id?: string }[]) =>
      all
        .filter(({ type, id }) => type.startsWith("aws:") && id !== undefined && !type.includes("taskDefinition"))
        .map(({ type, id }) => `${type} ${id}`)
        .sort();
    return { state: named(resources), cloud: named(records), pending: pending?.length ?? 0 };
  }

  /** The losses of a stage of the load by whose they are: of an environment or a version, by cause. */
  lossesOf(result: LoadResult, stage: string) {
    const losses = result.losses.filter((loss) => loss.stage === stage);
    return this.log.faults({ losses, lost: losses.length });
  }

  async stop(): Promise<LoadResult> {
    const result = await this.load.stop();
    await this.cloud.seen();
    return result;
  }

  end(): Promise<void> {
    return this.cloud.stop();
  }
}

interface Checkpoint {
  checkpoint: {
    latest: { resources?: { type: string; id?: string }[]; pending_operations?: unknown[] };
  };
}

/** The local cloud counts each request for itself. At the rate above half a minute tells 2 % from none, and a minute 1 %. */
export function analysisOf({ tolerance = "2%", unanswered = "0s" } = {}) {
  return {
    source: "local",
    metrics: [
      { name: "errors", kind: "errors", tolerance },
      { name: "slow", kind: "slow", over: "1s", tolerance: "5%" },
    ],
    deadline: "5m",
    unanswered,
  };
}

/** The image of a version, by its place. */
export function imageOf(index: number): string {
  return `shop@sha256:${index.toString(16).padStart(64, "0")}`;
}
