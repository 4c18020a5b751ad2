import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { routesNow } from "../cli/rollout-now";
import { AwsClients } from "../live/aws-clients";
import { writeRule } from "../live/rule";
import { parseState } from "../traffic/sources/state";
import { askLimits } from "./api-world";
import { until } from "./facts/local-cloud";
import { LocalWorld, ROOT, type TestStack, WITH_TRACES } from "./local-world";

// One stack that has a candidate, and what may be wrong when it is to be promoted. Whatever it is: the file and the weights stay.

let world: LocalWorld;
let stack: TestStack;
let file: string;
const children: ChildProcess[] = [];
const image = (digit: string) => `shop@sha256:${digit.repeat(64)}`;

beforeAll(async () => {
  world = await LocalWorld.start();
  stack = await world.ownStack();
  file = join(world.home, "Pulumi.local.yaml");
  stack.config.edit({ green: image("2") });
  const { code, said } = await promoteWith({ PATH: silentAfterwards() }, "--to", "idle", "--yes");
  expect(code, said).toBe(0);
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await world?.stop();
});

async function promote(...args: string[]) {
  return promoteWith({}, ...args);
}

function promoteWith(env: NodeJS.ProcessEnv, ...args: string[]) {
  return begin(env, ...args).ended;
}

function begin(env: NodeJS.ProcessEnv, ...args: string[]) {
  const command = [WITH_TRACES, join(ROOT, "cli/bin.js"), "promote", "local", "--config-file", file, ...args];
  const child = spawn("node", command, {
    env: { ...stack.pulumi.env, ...env },
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number, said }));
  return { ended, said: () => said };
}

/** Of an engine that can tell nothing of an update that is over, neither outputs nor history: it has gone well all the same. */
function silentAfterwards(): string {
  const folder = join(world.home, "bin");
  mkdirSync(folder);
  const script = `#!/bin/sh\ncase "$1 $2" in "stack output" | "stack history") exit 1 ;; esac\nexec '${world.engine}/bin/pulumi' "$@"\n`;
  writeFileSync(join(folder, "pulumi"), script, { mode: 0o755 });
  return `${folder}:${stack.pulumi.env.PATH}`;
}

/** The weights of the route, as the state has them. */
async function weights(): Promise<unknown> {
  const rule = (await stack.resources()).find(({ urn }) => urn.endsWith("ListenerRule::shop"));
  return JSON.stringify(rule?.outputs.actions);
}

test.each<[string, string[], NodeJS.ProcessEnv, RegExp, number]>([
  ["nobody to ask", [], {}, /give it --yes/, 2],
  ["an unknown stage", ["--yes", "--to", "canary-26"], {}, /no stage "canary-26"\. Did you mean "canary-25"\?/, 2],
  [
    "a stage that is not live",
    ["--yes", "--from", "canary-5"],
    {},
    /--from canary-5: the rollout is "idle" now \(0 %\)/,
    1,
  ],
  [
    "a wrong passphrase",
    ["--yes"],
    { PULUMI_CONFIG_PASSPHRASE: "wrong" },
    /passphrase of stack "local" is missing or wrong/,
    2,
  ],
  [
    "no credentials",
    ["--yes"],
    { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_EC2_METADATA_DISABLED: "true" },
    /credentials/i,
    1,
  ],
  ["no engine", ["--yes"], { PATH: "/usr/bin:/bin" }, /no pulumi on the PATH/, 2],
])("%s: a clear sentence, and all is as it was", async (_, args, env, said, code) => {
  const [text, before] = [readFileSync(file, "utf8"), await weights()];
  const ran = await promoteWith(env, ...args);
  expect(ran.said).toMatch(said);
  expect(ran.said).not.toMatch(/^\s+at .*:\d+/m);
  expect(ran.code).toBe(code);
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(await weights()).toBe(before);
});

test.each([
  ["an alias", (text: string) => text.replace("stage: idle", "stage: &at idle"), /YAML anchor/],
  [
    "lines of an ESC environment",
    (text: string) => `environment:\n  - prod\n${text.replace("  crossfade:stage: idle\n", "")}`,
    /ESC environment/,
  ],
  [
    "a stage that does not exist",
    (text: string) => text.replace("stage: idle", "stage: idel"),
    /"idel" is no stage\. Did you mean "idle"\?/,
  ],
  [
    "a stage that is skipped",
    (text: string) => text.replace("stage: idle", "stage: canary-25"),
    /asks for canary-25, and idle is deployed/,
  ],
  [
    "metrics that nobody may ask for, which is seen before users meet the candidate",
    (text: string) =>
      text.replace(
        "config:\n",
        `config:\n  crossfade:analysis: { source: prometheus, prometheus: { url: "http://127.0.0.1:9", authorization: NOT_SET }, metrics: [{ name: orders, kind: counts, bad: 'bad{color="{{color}}"}', all: 'all{color="{{color}}"}' }] }\n`,
      ),
    /names the variable NOT_SET, and it is not set/,
  ],
])("a file with %s is left as it is", async (_, change, said) => {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, change(text));
  const ran = await promote("--yes").finally(() => {
    expect(readFileSync(file, "utf8")).toBe(change(text));
    writeFileSync(file, text);
  });
  expect(ran.said).toMatch(said);
  expect(ran.code).not.toBe(0);
});

// script(1) of util-linux gives a command a terminal of its own.
async function atTerminal(answer: () => string): Promise<{ code: number; said: string }> {
  const command = ["node", join(ROOT, "cli/bin.js"), "promote local --no-analysis --config-file", file].join(" ");
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    env: stack.pulumi.env,
    cwd: ROOT,
  });
  children.push(child);
  let said = "";
  child.stdout.on("data", (chunk) => {
    const wasAsked = said.includes("[y/N]");
    said += chunk;
    if (!wasAsked && said.includes("[y/N]")) child.stdin.write(`${answer()}\n`);
  });
  const [code] = await once(child, "close");
  return { code, said };
}

const hasScript = process.platform === "linux";
test.runIf(hasScript)("at a terminal it asks, and what is not wanted is not done", async () => {
  const [text, before] = [readFileSync(file, "utf8"), await weights()];
  const { code, said } = await atTerminal(() => "n");
  expect(said).toMatch(
    /at stake.*Promote local to canary-5, and on to finish stage by stage\? \[y\/N\].*not wanted\. Nothing was changed/s,
  );
  expect(code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(await weights()).toBe(before);
});

test("what a killed engine was making is found in the cloud, and what it had not made is made once", async () => {
  const inCloud = () => recordsOf(world).filter((record) => record.includes("shop-green"));
  const before = inCloud();
  // As `kill -9` leaves it after the call to the cloud and before the state has the answer. The engine imports no such state, so
  // it is written where the backend has it.
  const path = join(world.home, ".pulumi/stacks/crossfade/local.json");
  const state: Written = JSON.parse(readFileSync(path, "utf8"));
  const { latest } = state.checkpoint;
  const lost = [
    "ecs/service:Service::shop-green",
    "ListenerRule::shop-green-preview",
    "iam/role:Role::shop-green-task",
  ];
  const isLost = ({ urn }: WrittenResource) => lost.some((end) => urn.endsWith(end));
  const begun = latest.resources.filter(isLost).map(({ id: _, outputs: __, ...rest }) => rest);
  const [first] = begun;
  if (!first) throw new Error("the candidate is not there");
  const never = { ...first, urn: first.urn.replace("shop-green", "shop-green-none") };
  never.inputs = { ...never.inputs, name: "nobody-made-it" };
  const urns = new Set(begun.map(({ urn }) => urn));
  const unaware = JSON.stringify(
    latest.resources.filter((resource) => !isLost(resource)),
    // Nothing was registered yet that waits for them.
    (_, value) => (Array.isArray(value) ? value.filter((each) => !urns.has(each)) : value),
  );
  latest.resources = JSON.parse(unaware);
  latest.pending_operations = [...begun, never].map((resource) => ({ type: "creating", resource }));
  writeFileSync(path, JSON.stringify(state));

  const ran = await promote("--to", "idle", "--yes");
  expect(ran.code, ran.said).toBe(0);
  expect(ran.said.match(/was being made when the engine was killed: it is there/g), ran.said).toHaveLength(3);
  expect(ran.said).toMatch(/"shop-green-none-task".*it was not made/);
  const after = JSON.parse(await exported());
  expect(JSON.stringify(after)).not.toContain("crossfade:unread");
  expect(after.deployment.pending_operations ?? []).toEqual([]);
  const ids = after.deployment.resources.flatMap(({ id }: { id?: string }) => id ?? []);
  expect(before.every((record) => ids.some((id: string) => record.endsWith(` ${id}`)))).toBe(true);
  expect(inCloud()).toEqual(before);
});

test("what was taken into the state and not read, for that was killed too, is read", async () => {
  const path = join(world.home, ".pulumi/stacks/crossfade/local.json");
  const state: Written = JSON.parse(readFileSync(path, "utf8"));
  const { resources } = state.checkpoint.latest;
  const role = resources.find(({ urn }) => urn.endsWith("iam/role:Role::shop-green-task"));
  if (!role) throw new Error("the candidate is not there");
  role.outputs = { ...role.inputs, "crossfade:unread": true };
  const ghost = { ...role, id: "nobody-made-it", urn: role.urn.replace("shop-green", "shop-green-none") };
  resources.splice(resources.indexOf(role), 0, { ...ghost, inputs: { ...role.inputs, name: "nobody-made-it" } });
  writeFileSync(path, JSON.stringify(state));

  const ran = await promote("--to", "idle", "--yes");
  expect(ran.code, ran.said).toBe(0);
  const after = await exported();
  expect(after).not.toContain("nobody-made-it");
  expect(after).not.toContain("crossfade:unread");
  expect(
    JSON.parse(after).deployment.resources.find(({ urn }: WrittenResource) => urn === role.urn).outputs.arn,
  ).toMatch(/^arn:/);
});

interface WrittenResource {
  urn: string;
  id?: string;
  inputs?: object;
  outputs?: object;
}

/** A stack as the file backend has it. */
interface Written {
  checkpoint: { latest: { resources: WrittenResource[]; pending_operations?: object[] } };
}

/** All that the local cloud has, by type and id; of task definitions old revisions stay by design. */
function recordsOf({ home }: LocalWorld): string[] {
  const all = JSON.parse(readFileSync(join(home, "cloud.json"), "utf8")) as { type: string; id: string }[];
  return all.map(({ type, id }) => `${type} ${id}`).sort();
}

test("what was taken back stays so where a file of an older commit does not say it", async () => {
  const rejected = [{ digest: image("2").split("@")[1], at: "2026-11-29T20:00:00Z", reason: "orders without a total" }];
  stack.config.edit({ rejected });
  expect((await stack.up("--skip-preview")).code).toBe(0);
  stack.config.edit({ rejected: undefined });
  const [text, before] = [readFileSync(file, "utf8"), await weights()];
  const ran = await promote("--yes", "--no-analysis");
  expect(ran.said).toMatch(
    /green was taken back: 2026-11-29T20:00:00[^,]*, orders without a total \(by the stack's state/,
  );
  expect(ran.code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(await weights()).toBe(before);
  expect(await exported()).toContain("orders without a total");
  // An update by hand takes it out.
  expect((await stack.up("--skip-preview")).code).toBe(0);
  expect(await exported()).not.toContain("orders without a total");
});

test("a lock: of a dead process it is taken over, of another machine only by --force, and an update that runs is not disturbed", async () => {
  const folder = join(world.home, ".pulumi/locks/organization/crossfade/local");
  const lock = (pid: number, host: string) => {
    mkdirSync(folder, { recursive: true });
    const timestamp = new Date().toISOString();
    writeFileSync(join(folder, "left.json"), JSON.stringify({ pid, username: "ada", hostname: host, timestamp }));
  };
  const text = readFileSync(file, "utf8");
  const toFirst = ["--yes", "--to", "canary-5", "--no-analysis"];

  lock(4711, "build-7");
  const elsewhere = await promote(...toFirst);
  expect(elsewhere.said).toMatch(/locked by process 4711 of ada on build-7, since 2/);
  expect(elsewhere.code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(text);

  rmSync(folder, { recursive: true });
  lock(await pulumiLike(), hostname());
  const alive = await promote(...toFirst);
  expect(alive.said).toMatch(/is locked by process/);
  expect(readFileSync(file, "utf8")).toBe(text);

  lock(2 ** 22 + 1, hostname());
  const stale = await promote(...toFirst);
  expect(stale.said).toMatch(/which is no more: it was killed\. The lock is taken over/);
  expect(stale.code).toBe(0);
  expect(stack.config.get("stage")).toBe("canary-5");
});

/** A process that calls itself as the engine does. */
async function pulumiLike(): Promise<number> {
  const script = join(world.home, "pulumi");
  writeFileSync(script, "#!/bin/sh\nsleep 600\n", { mode: 0o755 });
  const child = spawn(script, { stdio: "ignore" });
  children.push(child);
  await once(child, "spawn");
  return child.pid ?? 0;
}

test("another writer of the weights ends it, also while it holds a stage, and what it wrote stays", async () => {
  const [route] = routesNow(parseState(await exported()).resources);
  const { blue = "", green = "" } = route?.targetGroups ?? {};
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = world.cloud.env;
  const clients = new AwsClients({ region, accessKey: "local", secretKey: "local" });
  process.env.AWS_ENDPOINT_URL = endpoint;
  const write = ([one = 0, other = 0]: number[]) =>
    writeRule(clients, route?.carriers[0]?.id ?? "", { weights: { [blue]: one, [green]: other }, sticky: true });
  const text = readFileSync(file, "utf8");
  const theirs = /live are blue 60 %, green 40 %.*somebody else writes the weights/;

  await write([60, 40]);
  const before = await promote("--yes", "--no-analysis");
  await write([95, 5]);
  expect(before.said).toMatch(theirs);
  expect(before.code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(text);

  stack.config.set("stages", [{ weight: 5, bake: "1h" }, { weight: 25 }, { weight: 50 }]);
  const holding = begin({}, "--yes", "--no-analysis");
  await until(() => holding.said().includes("holds for"));
  await write([60, 40]);
  const held = await holding.ended;
  await write([95, 5]);
  writeFileSync(file, text);
  expect(held.said).toMatch(theirs);
  expect(held.code).toBe(1);
});

async function exported(): Promise<string> {
  return (await stack.pulumi.run(["stack", "export", "--stack", "local"])).output;
}

test("what the policies refuse leaves the file as it was", async () => {
  const text = readFileSync(file, "utf8");
  // Another version in place of one that has users.
  stack.config.set("green", { image: stack.config.get("green"), env: { LATENCY_MS: "1" } });
  const edited = readFileSync(file, "utf8");
  const ran = await promote("--yes", "--no-analysis");
  expect(ran.said).toMatch(/refused.*release-without-canary/is);
  expect(ran.code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(edited);
  writeFileSync(file, text);
});

test("what AWS has no room for leaves it as it was, too", async () => {
  const text = readFileSync(file, "utf8");
  stack.config.set("green", { image: stack.config.get("green"), replicas: 9 });
  const edited = readFileSync(file, "utf8");
  const { AWS_ENDPOINT_URL: endpoint = "" } = world.cloud.env;
  await askLimits(endpoint, { addresses: 4 });
  const ran = await promote("--yes", "--no-analysis");
  await askLimits(endpoint, {});
  expect(ran.said).toMatch(/room in AWS.*addresses +7 more.*refused.*headroom/is);
  expect(ran.code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(edited);
  writeFileSync(file, text);
});

test("a stage that nobody asks anything is inconclusive at its deadline, and stays as it is", async () => {
  const before = await weights();
  stack.config.set("analysis", { deadline: "5s" });
  const ran = await promote("--yes");
  stack.config.set("analysis", undefined);
  expect(ran.said).toMatch(/canary-5 is inconclusive at its deadline, and stays as it is: errors: /);
  expect(ran.code).toBe(3);
  expect(await weights()).toBe(before);
});

// Last, for its control moves the weights.
test.runIf(hasScript)(
  "at a terminal it does what was shown, or nothing: the update is held to its plan. Without one it would do what nobody was asked",
  async () => {
    const [text, before] = [readFileSync(file, "utf8"), await weights()];
    const { code, said } = await atTerminal(() => {
      stack.config.set("stage", "canary-50");
      return "y";
    });
    expect(said).toMatch(/violates plan.*No weight has moved, and the stack file was edited by somebody meanwhile/s);
    expect([code, stack.config.get("stage")]).toEqual([1, "canary-50"]);
    expect(await weights()).toBe(before);

    // The control.
    const { output } = await stack.up("--skip-preview");
    writeFileSync(file, text);
    expect(await weights(), output).toMatch(/"weight":50/);
    expect((await stack.up("--skip-preview")).code).toBe(0);
    expect(await weights()).toBe(before);
  },
);
