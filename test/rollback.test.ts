import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { holdWeights } from "../cli/rollback/hold-weights";
import { recordState } from "../cli/rollback/record-state";
import { findLock } from "../cli/rollback/update-lock";
import { weightWriter } from "../cli/rollback/weight-writer";
import { routesNow } from "../cli/rollout-now";
import { exportStack, ProjectStack } from "../cli/stack";
import { StackFile } from "../cli/stack-file";
import { AwsClients } from "../live/aws-clients";
import { readRule } from "../live/rule";
import { parseState } from "../traffic/sources/state";
import { seeded } from "./facts/local-cloud";
import { LocalWorld, PACK, ROOT, type TestStack } from "./local-world";
import { RollbackCommand } from "./rollback-command";

/**
 * `crossfade rollback` by the real engine against the local cloud, among others fired at random moments of an `up` that raises.
 * `CROSSFADE_ROLLBACKS=50` takes 50 moments; `CROSSFADE_SEED` repeats a run's.
 */
const MOMENTS = Number(process.env.CROSSFADE_ROLLBACKS ?? 1);
const seed = Number(process.env.CROSSFADE_SEED ?? Date.now() % 2 ** 32);
const random = seeded(seed);
vi.setConfig({ testTimeout: 900_000 });

const V2 = `shop@sha256:${"2".repeat(64)}`;
const V3 = `shop@sha256:${"3".repeat(64)}`;
const RULE = "aws:lb/listenerRule:ListenerRule";

let world: LocalWorld;
let stack: TestStack;
let command: RollbackCommand;
/** In milliseconds: until an `up` that raises has the lock here, how long it has it, and until a rollback looks who has it. */
let lockTakes = 0;
let raiseTakes = 0;
let lookTakes = 0;
/** Of the random moments so many were of an update that ran when the rollback looked. */
let inFlight = 0;
/** What the local cloud refuses next, as AWS might. */
let failing: string | undefined;

beforeAll(async () => {
  console.log(`CROSSFADE_SEED=${seed}, ${MOMENTS} moments`);
  const { images = {} } = new StackFile(join(ROOT, "stacks/Pulumi.local.yaml")).config().local ?? {};
  world = await LocalWorld.start({
    images: () => ({ ...images, [V3]: images[V2] ?? { run: "" } }),
    fault: (operation, type) => (`${operation} ${type}` === failing ? "Service Unavailable" : undefined),
  });
  Object.assign(process.env, world.cloud.env, { PATH: `${join(world.engine, "bin")}:${process.env.PATH}` });
  stack = await world.ownStack();
  command = new RollbackCommand(stack, "local");
  stack.config.set("green", V2);
  expect((await stack.up("--skip-preview")).code).toBe(0);
  const began = Date.now();
  const { ended } = raise();
  await command.updating();
  lockTakes = Date.now() - began;
  await ended;
  raiseTakes = Date.now() - began - lockTakes;
});
afterAll(() => world.stop());

async function up(): Promise<void> {
  const { code, output } = await stack.up(...PACK);
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
}

/** An `up` that gives green 5 %, as somebody's CI would run it: without a preview, so that the moments are of the update. */
function raise(to = "canary-5"): { ended: Promise<{ code: number; output: string }> } {
  stack.config.set("stage", to);
  return { ended: stack.up("--skip-preview") };
}

/** The weights of the rule as the balancer's API says them, blue's first. */
async function live(): Promise<{ weights: number[]; sticky: boolean }> {
  const rule = (await stack.resources()).find(({ urn, type }) => type === RULE && urn.endsWith("::shop"));
  const { groups, sticky } = await readRule(new AwsClients(), String(rule?.outputs.arn));
  return { weights: groups.map(({ weight }) => weight), sticky };
}

/** The weights that the state has, blue's first. */
async function deployed(): Promise<number[]> {
  const rule = (await stack.resources()).find(({ urn, type }) => type === RULE && urn.endsWith("::shop"));
  const actions = (rule?.outputs.actions ?? []) as { forward: { targetGroups: { weight: number }[] } }[];
  return actions.flatMap(({ forward }) => forward.targetGroups.map(({ weight }) => weight));
}

test("from a canary stage: live at once, in the file and in the state, and its version rejected; then there is nothing to do", async () => {
  expect(await live()).toEqual({ weights: [95, 5], sticky: true });
  const { code, done, said } = await command.json("--reason", "orders without a total");
  expect(said).toMatch(/blue gets all new requests of shop, [\d.]+ s after the command; green had 5 %/);
  expect(done).toMatchObject({
    result: "rolled back",
    routes: [{ route: "shop", to: "blue", from: "green", had: 5, by: "api", writtenAgain: 0 }],
    rejected: [{ digest: V2.split("@")[1], reason: "orders without a total" }],
    isRecorded: true,
  });
  expect(code).toBe(0);
  expect(await live()).toEqual({ weights: [100, 0], sticky: false });
  expect(await deployed()).toEqual([100, 0]);
  expect([stack.config.get("stage"), stack.config.get("rejected")]).toEqual(["idle", done.rejected]);

  const began = Date.now();
  const again = await command.run();
  lookTakes = Date.now() - began;
  expect(again).toMatchObject({ code: 0, out: "local: nothing to roll back\n" });
});

test("what is live and cannot be asked for is no reason to say that there is nothing to roll back", async () => {
  const keys = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_EC2_METADATA_DISABLED: "true" };
  const { code, out, said } = await command.with(keys).run();
  expect(said).toMatch(/credentials.*So what is live of shop is not known, and no weight was moved/is);
  expect(said).not.toMatch(/^\s+at .*:\d+/m);
  expect([code, out]).toEqual([1, ""]);
});

test("a CI run of the old commit is refused, also without a preview; the weights stay", async () => {
  const rejected = stack.config.get("rejected");
  stack.config.edit({ stage: "canary-5", rejected: undefined });
  const { code, output } = await stack.up("--skip-preview", ...PACK);
  stack.config.edit({ stage: "idle", rejected });
  expect(output).toMatch(/\[mandatory\] +rejected-release/);
  expect(output).toContain(
    "orders without a total. The config that is applied has no such entry: it is of a commit from before",
  );
  expect(code).not.toBe(0);
  expect((await live()).weights).toEqual([100, 0]);
});

test("rolled back, a new image, and again: the policies let it through", async () => {
  stack.config.set("green", V3);
  expect((await stack.up("--skip-preview")).code).toBe(0);
  stack.config.set("stage", "canary-5");
  await up();
  expect((await live()).weights).toEqual([95, 5]);
});

test("with a stack file that nobody can read the weights go back all the same", async () => {
  const text = readFileSync(stack.config.path, "utf8");
  writeFileSync(stack.config.path, `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> theirs\n`);
  const { code, out, said } = await command.run();
  writeFileSync(stack.config.path, text);
  expect(said).toContain("So AWS is asked with the credentials of the environment");
  expect(out).toContain("NOT RECORDED, the weights are live as said above");
  expect(code).toBe(1);
  expect((await live()).weights).toEqual([100, 0]);
  expect(await deployed()).toEqual([95, 5]);
});

test("where the state cannot be brought to it the weights stay where they were put, and it says so", async () => {
  failing = `update ${RULE}`;
  const { code, out, said } = await command.run();
  failing = undefined;
  expect(said).toMatch(/blue gets all new requests of shop/);
  expect(out).toMatch(/NOT RECORDED, the weights are live as said above: .*Service Unavailable/s);
  expect(code).toBe(1);
  expect((await live()).weights).toEqual([100, 0]);
  expect(await deployed()).toEqual([95, 5]);
});

test("after a failed update, with the lock of a dead process and of another machine: the same command ends it", async () => {
  const lock = (pid: number, hostname: string) => {
    const folder = join(world.home, ".pulumi/locks/organization/crossfade/local");
    mkdirSync(folder, { recursive: true });
    const holder = { pid, username: "ada", hostname, timestamp: new Date().toISOString() };
    writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(holder));
  };
  lock(2 ** 22 - 1, hostname());
  const dead = await command.json();
  expect(dead.said).toContain("it was dead: its lock was left behind, and is taken over");
  expect(dead).toMatchObject({ code: 0, done: { update: "was dead", isRecorded: true } });
  expect(await deployed()).toEqual([100, 0]);

  await raise().ended;
  lock(4711, "build-7");
  const elsewhere = await command.json("--force");
  expect(elsewhere.said).toContain("its lock is taken over, as --force says");
  expect(elsewhere).toMatchObject({ code: 0, done: { update: "cannot be stopped from here", isRecorded: true } });
});

test("after a finish all goes back to the version before, when that is wanted", async () => {
  stack.config.edit({ stable: "green", stage: "idle", rejected: undefined });
  expect((await stack.up("--skip-preview")).code).toBe(0);
  expect((await live()).weights).toEqual([0, 100]);
  const unasked = await command.run();
  expect(unasked.said).toContain(
    "Give all requests to blue again, the version before it? Nobody can be asked here: --yes says so",
  );
  expect(unasked.code).toBe(2);
  expect((await live()).weights).toEqual([0, 100]);

  failing = `update ${RULE}`;
  const unrecorded = await command.run("--yes");
  failing = undefined;
  expect(unrecorded).toMatchObject({ code: 1, out: expect.stringContaining("NOT RECORDED") });
  expect((await live()).weights).toEqual([100, 0]);
  expect(await deployed()).toEqual([0, 100]);

  // Run again it goes on, and does not take its own work back.
  const { code, done } = await command.json("--yes");
  expect(done).toMatchObject({ routes: [{ to: "blue", from: "green", had: 100 }], isRecorded: true });
  expect(code).toBe(0);
  expect((await live()).weights).toEqual([100, 0]);
  expect([stack.config.get("stable"), stack.config.get("stage")]).toEqual(["blue", "idle"]);
});

test("an update in flight overwrites a call; looked at and called again, the call wins", async () => {
  const [route] = routesNow(parseState(await exportStack("local", ROOT)).resources);
  const writer = route && weightWriter(route, "blue", new AwsClients());
  if (!writer) throw new Error("there is no rule");
  // With its gates an update looks for itself whether somebody has moved the weights. This one is of a program without them.
  stack.config.set("gates", false);
  const alone = raise();
  await command.updating();
  await writer.write();
  await alone.ended;
  expect((await live()).weights).toEqual([95, 5]);

  const held = raise("canary-25");
  await command.updating();
  await writer.write();
  const raised: string[] = [];
  await holdWeights([writer], held.ended, { onRaised: (name) => raised.push(name) });
  stack.config.set("gates", undefined);
  expect(raised.length).toBeGreaterThan(0);
  expect((await live()).weights).toEqual([100, 0]);
});

test("an update that comes and goes between its preview and its update does not keep it from being recorded", async () => {
  stack.config.edit({ stage: "idle", rejected: undefined });
  expect((await stack.up("--skip-preview")).code).toBe(0);
  const project = await ProjectStack.open("local", { folder: ROOT, configFile: stack.config.path });
  const preview = project.previewWithPack.bind(project);
  let previews = 0;
  project.previewWithPack = async (options) => {
    const previewed = await preview(options);
    if (++previews > 1) return previewed;
    expect((await raise().ended).code).toBe(0);
    stack.config.set("stage", "idle");
    return previewed;
  };
  const routes = routesNow(parseState(await project.export()).resources).map(({ urn }) => urn);
  const free = { folder: ROOT, force: false, say: () => {}, wasUpdated: false };
  await recordState(Promise.resolve(project), routes, "a rollback", free);
  project.close();
  expect(previews).toBe(2);
  expect(await deployed()).toEqual([100, 0]);
});

for (let moment = 1; moment <= MOMENTS; moment++) {
  test(`at a random moment of an update that raises, ${moment} of ${MOMENTS}`, async () => {
    const at = random() * raiseTakes;
    let fired = await fire(at);
    // It had looked before there was an update: there was nothing to take back, and the update has raised since. By how much a
    // machine that was busy while the times were taken is wrong nobody knows.
    for (let turn = 0; turn < 6 && fired.done.result === "nothing to do"; turn++)
      fired = await fire(at + 1000 * 2 ** turn);
    const { code, done, said } = fired;
    if (done.update) inFlight++;
    console.log(`at ${Math.round(at)} of ${raiseTakes} ms:\n${said.trim()}`);
    expect(done.problem).toBeUndefined();
    expect((await live()).weights).toEqual([100, 0]);
    expect(await deployed()).toEqual([100, 0]);
    expect(findLock(ROOT, "local")).toBeUndefined();
    await sleep(1000);
    expect((await live()).weights).toEqual([100, 0]);
    expect(done).toMatchObject({ isRecorded: true });
    expect([stack.config.get("stage"), code]).toEqual(["idle", 0]);
  });
}

test.runIf(MOMENTS >= 10)("of the random moments a fifth, at least, were of an update that ran", () => {
  console.log(`${inFlight} of ${MOMENTS} while the update ran`);
  expect(inFlight).toBeGreaterThanOrEqual(MOMENTS / 5);
});

/** An update that raises, and a rollback that looks at the stack so many milliseconds after the update has its lock. */
async function fire(at: number): ReturnType<RollbackCommand["json"]> {
  // By somebody who knows nothing of the last rollback, and has no pack.
  stack.config.edit({ stage: "idle", rejected: undefined });
  if ((await live()).weights[1] !== 0 || (await deployed())[1] !== 0) {
    expect((await stack.up("--skip-preview")).code).toBe(0);
  }
  const ahead = lookTakes - lockTakes - at;
  const back = ahead > 0 ? command.json() : undefined;
  if (back) await sleep(ahead);
  const { ended } = raise();
  if (!back) await sleep(-ahead);
  const fired = await (back ?? command.json());
  await ended;
  return fired;
}
