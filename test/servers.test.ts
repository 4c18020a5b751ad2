import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { Pulumi } from "../cli/pulumi";
import { StackFile } from "../cli/stack-file";
import type { Fault } from "../load/fault";
import { type LoadResult, startLoad } from "../load/load";
import { ensureEngine } from "../local/engine/ensure-engine";
import { RehearsalCloud } from "../local/rehearsal/cloud";
import { TrafficLog } from "../local/rehearsal/traffic-log";
import { seeded } from "./facts/local-cloud";
import { ROOT, TestStack } from "./local-world";
import { freshPort } from "./ports";
import { goServer, nginx } from "./servers/get";

/**
 * Anybody's server is released from install to finish, under load, by the engine. What is lost has a cause that is the server's
 * own, by name. `CROSSFADE_SERVERS=all` takes all of them.
 */
const here = join(__dirname, "servers");
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32);

let engine: string;
beforeAll(async () => {
  console.log(`seed ${seed}`);
  engine = await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});

/** Several of them run at once, each on a port of its own. */

interface Server {
  /** The command of both versions. */
  run: string;
  env?: Record<string, string>;
}

interface Rehearsed {
  result: LoadResult;
  faults: Fault[];
  /** Answers that say another version than that of the environment that the access log says to have answered. */
  mistaken: number;
}

const image = (digit: string) => `server@sha256:${digit.repeat(64)}`;

/** A stack of this server in a cloud of its own. */
async function stackOf({ run, env }: Server, replicas: number) {
  mkdirSync(join(ROOT, ".crossfade"), { recursive: true });
  const home = mkdtempSync(join(ROOT, ".crossfade/test-"));
  const file = join(home, "Pulumi.local.yaml");
  const images = {
    [image("1")]: { run, env: { ...env, VERSION: "v1" } },
    [image("2")]: { run, env: { ...env, VERSION: "v2" } },
  };
  const config = {
    blue: image("1"),
    stable: "blue",
    stage: "idle",
    stages: [{ name: "half", weight: 50, bake: "0s" }],
    service: { host: "any.local", health: "/", healthInterval: "5s", grace: "5s", drain: "5s", replicas },
    network: { vpcId: "vpc-local", subnetIds: ["subnet-local-a", "subnet-local-b"] },
    local: { images },
  };
  const named = Object.entries(config).map(([key, value]) => [`crossfade:${key}`, value]);
  writeFileSync(file, JSON.stringify({ config: Object.fromEntries(named) }));

  const log = new TrafficLog();
  const options = { home, images, basePort: freshPort(), adoptionDelay: [0, 500] as [number, number] };
  const cloud = await RehearsalCloud.start(options, (seen) => log.add(seen));
  const pulumi = new Pulumi(engine, ROOT, cloud.env);
  await pulumi.initStack(home, "crossfade", "local");
  const stack = new TestStack(pulumi, ["--stack", "local", "--config-file", file], new StackFile(file));
  const up = async (edit: Record<string, string> = {}) => {
    for (const [key, value] of Object.entries(edit)) stack.config.set(key, value);
    const { code, output } = await stack.up("--skip-preview");
    expect(code, output).toBe(0);
    await sleep(500);
  };
  return { home, cloud, log, up };
}

/** Releases the server's second version over its first one. */
async function release(
  server: Server,
  { rate = 40, replicas = 2, hold = 2, meanwhile = async (_home: string) => {} } = {},
): Promise<Rehearsed> {
  const stack = await stackOf(server, replicas);
  try {
    return await releaseOn(stack, rate, hold, meanwhile);
  } finally {
    await stack.cloud.stop();
  }
}

async function releaseOn(
  { home, cloud, log, up }: Awaited<ReturnType<typeof stackOf>>,
  rate: number,
  hold: number,
  meanwhile: (home: string) => Promise<void>,
): Promise<Rehearsed> {
  await up();
  let mistaken = 0;
  const load = startLoad({
    addresses: await cloud.addresses(),
    host: "any.local",
    ask: { path: "/" },
    stage: { name: "idle", weight: 0, candidate: "green" },
    rate,
    seed,
    drainSeconds: 5,
    maxSeconds: 300,
    environmentOf: async (outcome) => {
      const environment = await log.environmentOf(outcome);
      const version = outcome.headers["x-version"];
      if (version && environment !== { v1: "blue", v2: "green" }[String(version)]) mistaken += 1;
      return environment;
    },
  });
  try {
    const other = meanwhile(home);
    const steps: [string, number, Record<string, string>][] = [
      ["idle", 0, { green: image("2") }],
      ["half", 50, { stage: "half" }],
      ["full", 100, { stage: "full" }],
      ["finish", 100, { stable: "green", stage: "idle" }],
    ];
    for (const [name, weight, edit] of steps) {
      load.mark({ name, weight, candidate: "green" });
      await up(edit);
      load.settled();
      await sleep(hold * 1000);
    }
    await other;
  } finally {
    await load.stop();
  }
  const result = await load.stop();
  await cloud.seen();
  const faults = log.faults(result);
  console.log(
    `${result.sent} requests, ${result.lost} lost, p99 ${result.stages.map(({ p99Ms }) => p99Ms).join(" ")} ms`,
  );
  for (const { name, requests, environment, seen } of faults)
    console.log(`${name} ${environment}: ${requests}: ${seen}`);
  return { result, faults, mistaken };
}

/** Every loss has a cause by one of these names. */
function expectExplained({ result, faults }: Rehearsed, names: Fault["name"][]): void {
  expect(faults.reduce((sum, { requests }) => sum + requests, 0)).toBe(result.lost);
  expect(faults.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([]);
}

/** The candidate got its weight, and the access log could tell every answer. */
function expectReleased({ result, mistaken }: Rehearsed): void {
  expect(result.serverErrors).toBe(0);
  expect(mistaken).toBe(0);
  const { environments } = result.timeline.seconds.reduce(
    (sum, second) => {
      for (const [name, { requests }] of Object.entries(second.environments))
        sum.environments[name] = (sum.environments[name] ?? 0) + requests;
      return sum;
    },
    { environments: {} as Record<string, number> },
  );
  expect(Object.keys(environments).sort()).toEqual(["blue", "green"]);
  const shares = Object.fromEntries(result.stages.map(({ name, candidateShare }) => [name, candidateShare]));
  expect(shares).toMatchObject({ full: 1, finish: 1 });
  expect(shares.half).toBeGreaterThan(0.2);
  expect(shares.half).toBeLessThan(0.8);
}

/** A minute of a processor each: on CI the server that loses requests by its own fault, beside its mended twin. */
const all = process.env.CROSSFADE_SERVERS === "all";

describe.concurrent("releases, and loses nothing or says why:", { timeout: 300_000 }, () => {
  test.runIf(all)("python3 -m http.server, which speaks HTTP/1.0", async () => {
    const released = await release({ run: `python3 -m http.server {port} --bind 127.0.0.1 --directory '${here}'` });
    expectReleased(released);
    expect(released.result.lost).toBe(0);
  });

  test.runIf(all)("a Go net/http server", async () => {
    const released = await release({ run: goServer() });
    expectReleased(released);
    expect(released.result.lost).toBe(0);
  });

  test.runIf(all)("nginx from Debian", async () => {
    const folder = mkdtempSync(join(ROOT, ".crossfade/nginx-"));
    const config = `sed "s/PORT/{port}/; s/VERSION/$VERSION/" '${here}/nginx.conf' > '${folder}'/{port}.conf`;
    const released = await release({ run: `${config} && exec '${nginx()}' -e stderr -p '${folder}' -c {port}.conf` });
    expectReleased(released);
    expect(released.result.lost).toBe(0);
  });

  // One request a second over two nodes and four tasks: each connection is silent for 8 s at a time.
  const quiet = { rate: 1, replicas: 4, hold: 5 };

  test("node:http with its default settings, rarely asked: its keep-alive of 5 s", async () => {
    const released = await release({ run: `node '${here}/plain.js'` }, quiet);
    expect(released.result.lost).toBeGreaterThan(0);
    expectExplained(released, ["short-keep-alive"]);
    expect(released.faults[0]?.seen).toMatch(/idle for [56]\.\d s/);
  });

  test("the same with 65 s, rarely asked", async () => {
    const released = await release({ run: `node '${here}/plain.js'`, env: { KEEP_ALIVE_SECONDS: "65" } }, quiet);
    expect(released.result.lost).toBe(0);
    expect(released.faults).toEqual([]);
  });
});

// Of the rehearsal's: test/kills.test.ts.
test.runIf(all)("kill -9 of tasks at random moments: what is lost has a cause that is not the rollout", async () => {
  const random = seeded(seed);
  const kills = async (home: string) => {
    for (let i = 0; i < 4; i++) {
      // The first one while only tasks with weight are there, so that something is lost in every run.
      await sleep(i === 0 ? random() * 1000 : 2000 + random() * 5000);
      const pids = readFileSync(join(home, "tasks.json"), "utf8").split("\n").filter(Boolean).map(parseFloat);
      const pid = pids[Math.floor(random() * pids.length)];
      if (pid !== undefined) process.kill(pid, "SIGKILL");
    }
  };
  const env = { KEEP_ALIVE_SECONDS: "65", ANSWER_MS: "100" };
  const released = await release({ run: `node '${here}/plain.js'`, env }, { meanwhile: kills });
  expect(released.result.lost).toBeGreaterThan(0);
  expect(released.mistaken).toBe(0);
  expectExplained(released, ["crashed"]);
});
