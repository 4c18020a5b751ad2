import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startLoad } from "../load/load";
import type { Report } from "../load/report";
import { LocalWorld, PACK, ROOT, type TestStack } from "./local-world";
import { freshPort } from "./ports";
import { Run } from "./rehearsal-runs";

const PORT = freshPort();
const V2 = `shop@sha256:${"2".repeat(64)}`;
let world: LocalWorld;
let stack: TestStack;
/** Where the command is run, and leaves its report. */
let folder: string;

beforeAll(async () => {
  world = await LocalWorld.start({ basePort: PORT });
  stack = await world.ownStack();
  stack.config.set("service", { ...(stack.config.get("service") as object), host: "localhost" });
  await up();
  await world.cloud.dataPlane.settled();
});
afterAll(() => world.stop());

const runs: Run[] = [];
afterEach(() => {
  for (const { child } of runs.splice(0)) child.kill("SIGKILL");
});

/** `crossfade rehearse --against`, in an empty folder. */
function against(args: string[], env: NodeJS.ProcessEnv = {}) {
  folder = mkdtempSync(join(tmpdir(), "crossfade-against-"));
  const child = spawn("node", [join(ROOT, "cli/bin.js"), "rehearse", "--against", ...args], {
    cwd: folder,
    env: { ...process.env, ...world.cloud.env, PATH: `${join(world.engine, "bin")}:${process.env.PATH}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const run = new Run(child);
  runs.push(run);
  return run;
}

function report(): Report {
  return JSON.parse(readFileSync(join(folder, "rehearsal/report.json"), "utf8"));
}

async function up(): Promise<void> {
  const { code, output } = await stack.up(...PACK);
  if (code !== 0) throw new Error(output);
}

const own = () => ["--stack", "organization/crossfade/local", "--config-file", stack.config.path];

test("counts a release that its owner makes, by the shares that the stack tells, until Ctrl-C", async () => {
  const site = [`http://localhost:${PORT}/`, ...own(), "--version-header", "X-Shop-Version"];
  const run = against([...site, "--rps", "50", "--seed", "5"]);
  await run.until("blue 100, green 0: the stack's shares");
  stack.config.set("green", V2);
  await up();
  stack.config.set("stage", "canary-5");
  await up();
  await run.until("blue 95, green 5: the stack's shares");
  await new Promise((resolve) => setTimeout(resolve, 3000));
  run.child.kill("SIGINT");
  expect((await run.end()).code, run.output).toBe(0);
  const { requests, timeline, seed } = report();
  const stages = requests.byStage.map(({ stage, weight }) => [stage, weight]);
  expect(stages.filter(([name]) => name !== "as it is")).toEqual([
    ["blue 100, green 0", 0],
    ["blue 95, green 5", 5],
  ]);
  expect(requests.total).toBeGreaterThan(300);
  expect(requests).toMatchObject({ lost: 0, serverErrors: 0 });
  expect(timeline.seconds.some(({ environments }) => environments.v1)).toBe(true);
  expect(timeline.seconds.some(({ environments }) => environments.v2)).toBe(true);
  expect(seed).toBe(5);
  expect(existsSync(join(folder, "rehearsal/report.html"))).toBe(true);
  expect(run.output).toContain(`${requests.total} requests, 0 lost`);
});

test("a stack whose shares cannot be read: said once, and all is one stage", async () => {
  const run = against([`http://localhost:${PORT}/`, "--stack", "none", "--config-file", stack.config.path]);
  await run.until("the report has one stage only, for the stack's shares cannot be read:");
  await new Promise((resolve) => setTimeout(resolve, 7000));
  run.child.kill("SIGTERM");
  expect((await run.end()).code, run.output).toBe(0);
  expect(report().requests.byStage.map(({ stage }) => stage)).toEqual(["as it is"]);
  expect(run.output.split("the report has one stage only")).toHaveLength(2);
});

test("over https, and only where the certificate is good; a lost request is told with its trace", async () => {
  const keys = mkdtempSync(join(tmpdir(), "crossfade-keys-"));
  const [key, cert] = [join(keys, "key.pem"), join(keys, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  execFileSync("openssl", [...made, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  let served = 0;
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createTlsServer(options, (request, response) => {
    expect(request.method).toBe("GET");
    if (++served === 20) response.setHeader("server", "awselb/2.0").writeHead(502);
    response.end("hello");
  });
  await once(server.listen(0, "localhost"), "listening");
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  try {
    const stranger = against([url, ...own()]);
    expect((await stranger.end()).code).toBe(1);
    expect(stranger.output).toMatch(/does not answer: self-signed certificate\. Nothing more was sent/);
    expect(served).toBe(0);

    const run = against([url, ...own(), "--rps", "50"], { NODE_EXTRA_CA_CERTS: cert });
    await run.until("GET requests a second");
    while (served < 40) await new Promise((resolve) => setTimeout(resolve, 50));
    run.child.kill("SIGINT");
    expect((await run.end()).code).toBe(1);
    expect(run.output).toMatch(/lost at .*: 502; in the balancer's access log it is 1-[0-9a-f]{8}-[0-9a-f]{24}/);
    expect(report().requests).toMatchObject({ lost: 1 });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

describe("refused, and nothing is sent", () => {
  const site = `http://localhost:${PORT}/`;
  test.each<[string, () => string[], number, string | RegExp]>([
    [
      "a host of nobody's",
      () => [`http://127.0.0.1:${PORT}/`, ...own()],
      2,
      /does not name 127\.0\.0\.1\. The load is sent only/,
    ],
    ["no URL", () => ["shop.example.com", ...own()], 2, "--against shop.example.com is no URL such as https://"],
    ["a URL with a password", () => [`http://a:b@localhost:${PORT}/`, ...own()], 2, "is no URL such as"],
    ["no stack", () => [site], 2, "--against needs --stack"],
    ["no project", () => [site, "--stack", "local"], 2, "there is no Pulumi.yaml here or above"],
    ["no such file", () => [site, "--stack", "local", "--config-file", "none.yaml"], 2, "none.yaml cannot be read"],
    [
      "too much",
      () => [site, ...own(), "--rps", "51"],
      2,
      "--rps 51 is too much for a service that is deployed: 50 at most",
    ],
    ["too long", () => [site, ...own(), "--minutes", "61"], 2, "--minutes 61 is too long: 60 at most"],
    ["a page that is not there", () => [`${site}none`, ...own()], 1, `${site}none answers 404. Nothing more was sent`],
    ["nobody there", () => [`http://localhost:${PORT + 19}/`, ...own()], 1, /does not answer: .*ECONNREFUSED/],
  ])("%s", async (_, args, code, message) => {
    const run = against(args());
    expect((await run.end()).code).toBe(code);
    expect(run.output).toMatch(message);
    expect(run.output).not.toMatch(/^\s+at .*:\d+/m);
    expect(existsSync(join(folder, "rehearsal"))).toBe(false);
  });

  test("by the load itself too", () => {
    const stage = { name: "as it is", weight: 0 };
    const start = (addresses: string[], rate = 20, maxSeconds = 60) =>
      startLoad({ addresses, host: "shop.example.com", stage, rate, seed: 1, drainSeconds: 0, maxSeconds });
    expect(() => start(["https://other.example.com"])).toThrow(
      "to its own host, shop.example.com, not to https://other",
    );
    expect(() => start(["https://shop.example.com", "127.0.0.1:1"])).toThrow("one deployed service at a time");
    expect(() => start(["https://shop.example.com"], 51)).toThrow("rate must be 1 to 50, not 51");
    expect(() => start(["https://shop.example.com"], 20, 3601)).toThrow("maxSeconds must be 0 to 3600, not 3601");
  });
});

test("the stack's file is found as Pulumi finds it", async () => {
  folder = mkdtempSync(join(tmpdir(), "crossfade-against-"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: acme\nruntime: nodejs\nstackConfigDir: config\n");
  const { findStackFile } = await import("../cli/find-stack-file");
  expect(findStackFile(join(folder), "acme/shop/staging")).toBe(join(folder, "config/Pulumi.staging.yaml"));
  expect(findStackFile(ROOT, "local")).toBe(join(ROOT, "stacks/Pulumi.local.yaml"));
  expect(findStackFile(join(ROOT, "test/golden"), "local")).toBe(join(ROOT, "stacks/Pulumi.local.yaml"));
});
