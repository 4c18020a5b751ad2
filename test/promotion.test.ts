import { readFileSync } from "node:fs";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Pulumi } from "../cli/pulumi";
import { LocalWorld, PACK, packWith, packWithout, ROOT, type TestStack } from "./local-world";

const RULE = "aws:lb/listenerRule:ListenerRule";

// What is refused on an environment with weight, and what never gets healthy: the rehearsal tries it under load.
let world: LocalWorld;
let stack: TestStack;
/** What the local cloud refuses next, as AWS might. */
let failing: string | undefined;

beforeAll(async () => {
  world = await LocalWorld.start({
    fault: (operation, type) => (`${operation} ${type}` === failing ? "Service Unavailable" : undefined),
  });
  stack = await world.ownStack();
});
afterAll(() => world.stop());

const V2 = `shop@sha256:${"2".repeat(64)}`;

async function up(): Promise<void> {
  const { code, output } = await stack.up("--skip-preview", ...PACK);
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
}

/** The route's weights as the state has them, blue's first. */
async function weights(): Promise<number[]> {
  const rule = (await stack.resources()).find(({ urn, type }) => type === RULE && urn.endsWith("::shop"));
  const actions = (rule?.outputs.actions ?? []) as { forward: { targetGroups: { weight: number }[] } }[];
  return actions.flatMap(({ forward }) => forward.targetGroups.map(({ weight }) => weight));
}

test("a wrong config is refused with every error, no stack trace, and nothing deployed", async () => {
  stack.config.set("stage", "canary-6");
  stack.config.set("stge", "idle");
  const { NODE_OPTIONS } = stack.pulumi.env;
  stack.pulumi.env.NODE_OPTIONS = ""; // where a stack trace is shown it is to be seen
  const { code, output } = await stack.up(...PACK);
  stack.pulumi.env.NODE_OPTIONS = NODE_OPTIONS;
  stack.config.set("stge", undefined);
  stack.config.set("stage", "idle");
  expect(output).toContain('the stack config of "local" has 2 errors; nothing was changed:');
  expect(output).toMatch(/crossfade:stge +is no key here. Did you mean "stage"\?/);
  expect(output).toMatch(/crossfade:stage +"canary-6" is no stage. Did you mean "canary-5"\?/);
  expect(output).not.toMatch(/^\s+at .*:\d+/m);
  expect(code).not.toBe(0);
  expect((await stack.resources()).filter(({ type }) => type.startsWith("aws:"))).toEqual([]);
});

test("a local stack is refused outside of the local cloud", async () => {
  const { CROSSFADE_LOCAL: _, ...outside } = world.cloud.env;
  const pulumi = new Pulumi(world.engine, ROOT, outside);
  const { code, output } = await pulumi.run(["preview", "--stack", "local", "--config-file", stack.config.path]);
  expect(output).toContain("npx crossfade local -- pulumi");
  expect(code).not.toBe(0);
});

test("install, then the candidate: it is reachable by its header and has no weight", async () => {
  await up();
  stack.config.set("green", V2);
  await up();
  expect(await weights()).toEqual([100, 0]);
  await world.cloud.dataPlane.settled();
  expect(await versionSeen({})).toBe("v1");
  expect(await versionSeen({ "x-crossfade": "green" })).toBe("v2");
});

test("a skipped stage is refused by stage-order, and passes without it", async () => {
  stack.config.set("stage", "canary-50");
  const { code, output } = await stack.preview(...PACK);
  expect(output).toMatch(/\[mandatory\] +stage-order/);
  expect(output).toContain('from "idle" (0 % on the wire) to "canary-50" (50 %) skips "canary-5"');
  expect(code).not.toBe(0);
  expect(await stack.preview(...packWithout("stage-order", world.home))).toMatchObject({ code: 0 });
  stack.config.set("stage", "idle");
});

test("a skipped stage under --skip-preview is stopped before any weight moves", async () => {
  stack.config.set("stage", "canary-50");
  const { code } = await stack.up("--skip-preview", ...PACK);
  expect(code).not.toBe(0);
  expect(await weights()).toEqual([100, 0]);
  stack.config.set("stage", "idle");
});

test("a promotion is one edited line", async () => {
  const before = readFileSync(stack.config.path, "utf8").split("\n");
  expect(await stack.up("-c", "crossfade:stage=canary-5", ...PACK)).toMatchObject({ code: 0 });
  const after = readFileSync(stack.config.path, "utf8").split("\n");
  expect(after.length).toBe(before.length);
  expect(after.filter((line, i) => line !== before[i])).toEqual(["  crossfade:stage: canary-5"]);
  expect(await weights()).toEqual([95, 5]);
});

test("the preview of a promotion shows the stages, the rule's weights and nothing else", async () => {
  stack.config.set("stage", "canary-25");
  // The local stack's drain is short, which is told in every preview unless its longest request is.
  const pack = packWith({ drain: { longestRequest: 5 } }, world.home);
  const { code, output } = await stack.preview("--diff", ...pack);
  expect(code).toBe(0);
  const [changes = ""] = output.split("Policy Packs run:");
  const stable = changes
    .trim()
    .replace(/:[0-9a-f]{16}\b|\/[0-9a-f]{16}\b/g, ":<id>")
    .replace(/shop(-\w+)?-[0-9a-f]{7}/g, "shop$1-<name>")
    .replace(/\[id=[0-9a-f-]{36}\]/g, "[id=<id>]")
    .replace(/(default_\d+_\d+_\d+)::[0-9a-f-]{36}/g, "$1::<id>")
    .replace(/[ \t]+$/gm, "")
    // A busy machine is told that the preview goes on.
    .replace(/^@ previewing update\.+\n/gm, "");
  await expect(stable).toMatchFileSnapshot("golden/promotion.diff");
});

test("after an update that failed half way the weights on the wire are judged, not what was recorded", async () => {
  stack.config.set("stage", "canary-25");
  failing = `update ${RULE}`;
  const { code, output } = await stack.up("--skip-preview", ...PACK);
  expect(output).toContain("Service Unavailable");
  expect(code).not.toBe(0);
  failing = undefined;
  const rollout = (await stack.resources()).find(({ type }) => type === "crossfade:index:Rollout");
  expect(rollout?.inputs.stage).toBe("canary-25");
  expect(await weights()).toEqual([95, 5]);

  stack.config.set("stage", "canary-50");
  const next = await stack.preview(...PACK);
  expect(next.output).toContain('from "canary-5" (5 % on the wire) to "canary-50" (50 %) skips "canary-25"');
  expect(next.code).not.toBe(0);

  stack.config.set("stage", "canary-25");
  await up();
  expect(await weights()).toEqual([75, 25]);
});

test("rolled back, the candidate may be replaced, or go, once its drain is over, for it serves nobody", async () => {
  stack.config.set("stage", "idle");
  await up();
  expect(await weights()).toEqual([100, 0]);
  stack.config.set("green", { image: V2, port: 9090 });
  const early = await stack.preview(...PACK);
  expect(early.output).toMatch(/\[mandatory\] +hold-time/);
  expect(early.output).toContain("It may still receive requests, and answer some, for 1m 5s");
  // The drain of the local stack, without the time that AWS may take to adopt a weight.
  await sleep(5000);
  const { code, output } = await stack.preview(...packWith({ "hold-time": { settle: 0 } }, world.home));
  expect(output).toMatch(/aws:lb:TargetGroup shop-green (create-)?replace/);
  expect(code).toBe(0);
  stack.config.set("green", undefined);
  const gone = await stack.preview(...packWith({ "hold-time": { settle: 0 } }, world.home));
  expect(gone.output).toMatch(/aws:ecs:Service shop-green delete/);
  expect(gone.code).toBe(0);
  stack.config.set("green", V2);
});

test("a finish moves no weight, and the version before can be returned to, but no other", async () => {
  stack.config.set("stages", [{ weight: 50 }]);
  for (const stage of ["canary-50", "full"]) {
    stack.config.set("stage", stage);
    await up();
  }
  expect(await weights()).toEqual([0, 100]);
  stack.config.set("stable", "green");
  stack.config.set("stage", "idle");
  const { output } = await stack.preview("--diff", ...PACK);
  expect(output).not.toMatch(/aws:lb\/listenerRule:ListenerRule: \(update\)/);
  await up();
  expect(await weights()).toEqual([0, 100]);

  stack.config.set("stable", "blue");
  expect(await stack.preview(...PACK)).toMatchObject({ code: 0 });

  stack.config.set("stable", "green");
  stack.config.set("blue", { image: `shop@sha256:${"1".repeat(64)}`, env: { LATENCY_MS: "1" } });
  await up();
  stack.config.set("stable", "blue");
  const { code, output: refusal } = await stack.preview(...PACK);
  expect(refusal).toContain("blue is not the version that carried them before");
  expect(code).not.toBe(0);
}, 900_000);

async function versionSeen(headers: Record<string, string>): Promise<string | null> {
  const [address] = world.cloud.addresses();
  return new Promise((resolve, reject) => {
    request(`http://${address}/`, { headers: { host: "shop.local", ...headers } }, (answer) => {
      answer.resume();
      resolve(answer.headers["x-shop-version"]?.toString() ?? null);
    })
      .on("error", reject)
      .end();
  });
}
