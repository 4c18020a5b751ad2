import { execFile } from "node:child_process";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readScalingGroup } from "../live/scaling-group";
import { type Load, startLoad } from "../load/load";
import { clientsOf } from "../local/rehearsal/batches";
import { rollingLines } from "../local/rehearsal/rolling-release";
import { LocalWorld, PACK, ROOT, type TestStack } from "./local-world";
import { running } from "./rehearsal-runs";

/** A group of instances that is rolled in batches by the real engine, which is killed in the middle of one, under load. */
let world: LocalWorld;
let stack: TestStack;
let load: Load;
let group: string;

const image = (n: number) => `shop@sha256:${String(n).repeat(64)}`;

beforeAll(async () => {
  world = await LocalWorld.start();
  stack = await world.ownStack("local-autoscaling");
  for (const [key, value] of Object.entries(rollingLines({ file: stack.config }))) stack.config.set(key, value);
  await up();
  await world.cloud.dataPlane.settled();
  const resources = await stack.resources();
  group = String(resources.find(({ type }) => type === "aws:autoscaling/group:Group")?.outputs.name);
  load = startLoad({
    addresses: world.cloud.addresses(),
    host: stack.config.config().host,
    stage: { name: "installed", weight: 0 },
    rate: 50,
    seed: 1,
    drainSeconds: 5,
    timeoutMs: 20_000, // a starved machine is slow, and nobody's loss
    maxSeconds: 1200,
  });
}, 300_000);
afterAll(async () => {
  await load?.stop();
  await world?.stop();
});

async function up(): Promise<string> {
  const { code, output } = await stack.up(...PACK);
  expect(code, output).toBe(0);
  return output;
}

/** The version that is saved on the group, and those of its instances. */
function now() {
  return readScalingGroup(clientsOf(world.cloud.env), group);
}

/** Begins to release an image, and kills the engine when the first instance has it, in the pause after the first batch. */
async function killedAtFirstBatch(of: string): Promise<void> {
  const { saved } = await now();
  stack.config.set("blue", of);
  const ended = stack.up(...PACK).then(
    ({ output }) => {
      throw new Error(`the update ended before it was killed:\n${output}`);
    },
    (error: Error) => error.message,
  );
  const isMixed = async () => new Set((await now()).instances).size > 1 && (await now()).refresh?.percent === 25;
  await Promise.race([ended, until(isMixed)]);
  const [engine] = running(({ parent, program }) => parent === process.pid && basename(program) === "pulumi");
  process.kill(engine?.pid ?? Number.NaN, "SIGKILL");
  expect(await ended).toContain("was killed by SIGKILL");
  expect(await now()).toMatchObject({ saved, refresh: { status: "InProgress", percent: 25 } });
  expect(await status()).toContain("blue's instances are being exchanged (InProgress at 25 %, to version");
  // The lock of the dead.
  const { code, output } = await stack.pulumi.run(["cancel", "--yes", "local-autoscaling"]);
  expect(code, output).toBe(0);
}

/** What `crossfade status` says, with its lines joined. */
function status(): Promise<string> {
  const command = ["cli/bin.js", "status", "local-autoscaling", "--config-file", stack.config.path];
  return new Promise((resolve) => {
    execFile("node", command, { cwd: ROOT, env: stack.pulumi.env }, (_, stdout) =>
      resolve(stdout.replace(/\s+/g, " ")),
    );
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(200);
}

test("killed in the middle of a batch, the next update of the same version finishes the release", async () => {
  const before = await now();
  await killedAtFirstBatch(image(2));
  expect(await up()).toContain("going on with what an earlier update has left unfinished");
  const after = await now();
  expect(after.saved).not.toBe(before.saved);
  expect(after).toMatchObject({ instances: Array(4).fill(after.saved), refresh: { status: "Successful" } });
}, 300_000);

test("and the next update of the version before takes back what is done", async () => {
  const before = await now();
  await killedAtFirstBatch(image(1));
  stack.config.set("blue", image(2));
  expect(await up()).toContain("taking back what an earlier update has left unfinished");
  // On the group there is a new version of the template then, of the same content.
  expect(await now()).toMatchObject({
    instances: Array(4).fill(before.saved),
    refresh: { status: "RollbackSuccessful" },
  });
}, 300_000);

test("on the way no request was lost", async () => {
  const result = await load.stop();
  console.log(`${result.sent} requests, ${result.lost} lost`);
  expect(result.losses).toEqual([]);
  expect(result.lost).toBe(0);
});
