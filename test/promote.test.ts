import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { routesNow } from "../cli/rollout-now";
import { AwsClients } from "../live/aws-clients";
import { writeRule } from "../live/rule";
import { parseState } from "../traffic/sources/state";
import { LocalWorld, ROOT, type TestStack } from "./local-world";

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
  expect((await promote("--to", "idle", "--yes")).code).toBe(0);
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await world?.stop();
});

async function promote(...args: string[]) {
  return promoteWith({}, ...args);
}

async function promoteWith(env: NodeJS.ProcessEnv, ...args: string[]) {
  const command = [join(ROOT, "cli/bin.js"), "promote", "local", "--config-file", file, ...args];
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
  const [code] = await once(child, "close");
  return { code: code as number, said };
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

test("another writer of the weights ends it, and what it wrote stays", async () => {
  const [route] = routesNow(parseState(await exported()).resources);
  const { blue = "", green = "" } = route?.targetGroups ?? {};
  const { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region } = world.cloud.env;
  const clients = new AwsClients({ region, accessKey: "local", secretKey: "local" });
  process.env.AWS_ENDPOINT_URL = endpoint;
  const write = ([one = 0, other = 0]: number[]) =>
    writeRule(clients, route?.carriers[0]?.id ?? "", { weights: { [blue]: one, [green]: other }, sticky: true });
  await write([60, 40]);
  const text = readFileSync(file, "utf8");
  const ran = await promote("--yes", "--no-analysis");
  expect(ran.said).toMatch(/live are blue 60 %, green 40 %.*somebody else writes the weights/);
  expect(ran.code).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(text);
  await write([95, 5]);
});

async function exported(): Promise<string> {
  return (await stack.pulumi.run(["stack", "export", "--stack", "local"])).output;
}
