import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { unlikeMirror } from "../policies/problems/unlike-mirror";
import { type Resource, UNKNOWN } from "../traffic";
import { collectAsked, settled } from "./asked";
import { ROOT } from "./local-world";
import { asked as desiredOf, exported, stream, there } from "./preview-texts";

const { asked, reset } = collectAsked();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossfade-mirror-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const image = (digit: string) => `registry.example.com/shop@sha256:${digit.repeat(64)}`;

const programs = new Map<string, Promise<Resource[]>>();

/** What the program of this repository asks for in a stack of its own, with some keys otherwise; each is run once. */
function program(stack: "staging" | "production", more: Record<string, unknown> = {}): Promise<Resource[]> {
  const key = JSON.stringify([stack, more]);
  const found = programs.get(key) ?? run(stack, more);
  programs.set(key, found);
  return found;
}

async function run(stack: string, more: Record<string, unknown>): Promise<Resource[]> {
  await reset();
  const { config } = parse(readFileSync(join(ROOT, `stacks/Pulumi.${stack}.yaml`), "utf8"));
  const network = { vpcId: `vpc-${stack}`, subnetIds: [`subnet-${stack}1`, `subnet-${stack}2`] };
  const given: Record<string, unknown> = { ...config, "crossfade:network": network, ...more };
  const service = { ...config["crossfade:service"], ...(given["crossfade:service"] as object) };
  const texts = Object.entries({ ...given, "crossfade:service": service }).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts));
  vi.resetModules();
  await import("../stacks");
  await settled();
  return asked.map(({ type, name, inputs }) => ({
    urn: `urn:pulumi:${stack}::crossfade::${type}::${name}`,
    type,
    custom: !type.startsWith("crossfade:"),
    inputs,
    outputs: {},
  }));
}

/** The paths that are named, by the resource. */
function unlike(own: Resource[], other: Resource[], mayDiffer: string[] = []): string[] {
  return unlikeMirror(own, { name: "staging", resources: other }, mayDiffer).map(({ what }) => what);
}

const ENV = { HOST: "0.0.0.0", VERSION: "v1" };
const scaling = { scaling: { min: 2, max: 4 } };

test("production is as staging but for sizes, numbers, hosts, ids and digests", async () => {
  const staging = await program("staging", { "crossfade:service": scaling, "crossfade:blue": image("2") });
  expect(unlike(await program("production"), staging)).toEqual([]);
});

test("whose color is stable, and a candidate in one of the two, is no difference", async () => {
  const colors = { "crossfade:green": image("2"), "crossfade:stable": "green", "crossfade:stage": "canary-5" };
  const staging = await program("staging", { "crossfade:service": scaling, ...colors });
  expect(unlike(await program("production"), staging)).toEqual([]);
});

test.each<[string, object, string[]]>([
  [
    "a health check",
    { health: "/ready" },
    [expect.stringMatching(/TargetGroup\) is not as in staging, in healthCheck.path \(\/healthz, there \/ready\)\.$/)],
  ],
  ["a drain", { drain: "10s" }, [expect.stringContaining("deregistrationDelay (60, there 10)")]],
  [
    "a variable that the other one lacks",
    { env: { ...ENV, FLAG: "on" } },
    [expect.stringContaining("containerDefinitions.environment.name (HOST, VERSION, there FLAG, HOST, VERSION)")],
  ],
  [
    "a command",
    { command: ["node", "--inspect", "server.js"] },
    [expect.stringContaining("containerDefinitions.command (nothing, there --inspect, node, server.js)")],
  ],
  ["the value of a variable, which is its own", { env: { ...ENV, HOST: "127.0.0.1" } }, []],
  ["a smaller task", { cpu: 256, memory: 512 }, []],
])("undeclared is %s of staging", async (_, service, expected) => {
  const staging = await program("staging", { "crossfade:service": { ...scaling, ...service } });
  const found = unlike(await program("production"), staging);
  expect(found).toEqual(expected);
});

test("what only one of the two has is named, and a team may declare it", async () => {
  const [production, staging] = [await program("production"), await program("staging")];
  const [target, policy] = ["aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"];
  expect(unlike(production, staging).sort()).toEqual(
    [`"shop-blue" (${policy}) is not in staging.`, `"shop-blue" (${target}) is not in staging.`].sort(),
  );
  expect(unlike(production, staging, [target, policy])).toEqual([]);
  expect(unlike(staging, production)).toHaveLength(2);
});

/** A queue in a stack, as a test writes it. */
function queue(stack: string, inputs: object, name = "jobs"): Resource {
  const type = "aws:sqs/queue:Queue";
  return { urn: `urn:pulumi:${stack}::shop::${type}::${name}`, type, custom: true, inputs: { ...inputs }, outputs: {} };
}

test.each<[string, object, object, boolean]>([
  [
    "names that hold the stack's own",
    { url: "https://jobs.production.test" },
    { url: "https://jobs.staging.test" },
    false,
  ],
  ["a role of AWS's own", { role: "arn:aws:iam::aws:policy/A" }, { role: "arn:aws:iam::aws:policy/B" }, true],
  ["ARNs of the same service", { key: "arn:aws:kms:eu-1:1:key/a" }, { key: "arn:aws:kms:eu-1:2:key/b" }, false],
  ["ARNs of two services", { key: "arn:aws:kms:eu-1:1:key/a" }, { key: "arn:aws:sns:eu-1:2:b" }, true],
  ["more ids of a kind", { subnets: ["subnet-a", "subnet-b"] }, { subnets: ["subnet-c"] }, false],
  ["another order, numbers as text", { ports: [1, 2] }, { ports: ["2", "1"] }, false],
  ["JSON text by what it says", { policy: '{"a":1,"b":2}' }, { policy: '{ "b": 2, "a": 1 }' }, false],
  ["another image of one repository", { image: image("1") }, { image: image("2") }, false],
  ["another repository", { image: image("1") }, { image: image("2").replace("/shop", "/shop-debug") }, true],
  ["what is not known before the update", { url: UNKNOWN }, { url: "x" }, false],
  ["what only one of them sets", { fifo: true }, {}, true],
  [
    "a name that the provider makes up",
    { name: "jobs-1a2b", __defaults: ["name"] },
    { name: "jobs-3c4d", __defaults: ["name"] },
    false,
  ],
])("%s", (_, own, other, differ) => {
  expect(unlike([queue("production", own)], [queue("staging", other)])).toHaveLength(differ ? 1 : 0);
});

test("a property is declared by the parts of its path, of one type or of all", () => {
  const [own, other] = [queue("production", { redrive: { max: 3 } }), queue("staging", { redrive: { max: 5 } })];
  expect(unlike([own], [other], ["redrive.max"])).toEqual([]);
  expect(unlike([own], [other], ["aws:sqs/queue:Queue#redrive"])).toEqual([]);
  expect(unlike([own], [other], ["aws:sns/topic:Topic#redrive"])).toHaveLength(1);
  expect(unlike([own], [other], ["drive.max"])).toHaveLength(1);
});

test("crossfade check --mirror refuses, names the properties, and passes nothing that it cannot compare", async () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const check = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const child = execFile(
        "node",
        [join(ROOT, "cli/bin.js"), "check", ...args],
        { cwd: folder },
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  const group = (drain: number) => there("shop", { deregistrationDelay: drain, port: 80 });
  const own = group(60);
  const step = { op: "same", urn: own.urn, old: own, new: desiredOf("shop", own.inputs) } as const;
  const preview = write("preview.jsonl", stream([step]));
  const state = write("state.json", exported([own]));
  const [alike, unlike] = [write("alike.json", exported([group(60)])), write("unlike.json", exported([group(5)]))];
  const judged = await Promise.all(
    [alike, unlike, join(folder, "none")].map((mirror) => check(preview, "--state", state, "--mirror", mirror)),
  );
  expect(judged[0]).toMatchObject({ code: 0 });
  expect(judged[1]).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("in deregistrationDelay (60, there 5)."),
  });
  expect(judged[1]?.stdout).toContain("parity  (aws:lb:TargetGroup shop)");
  expect(judged[2]).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("cannot be read, so nothing is compared"),
  });
  const settings = write("settings.json", '{ "parity": { "mayDiffer": ["deregistrationDelay"] } }');
  const declared = await check(preview, "--state", state, "--mirror", unlike, "--policy-pack-config", settings);
  expect(declared).toMatchObject({ code: 0 });
});
