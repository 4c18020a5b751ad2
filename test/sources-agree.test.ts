import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Verdict, verdictOf } from "../cli/verdict";
import type { Judged } from "../policies/rules";
import { type Previewed, readPlanned } from "../traffic/sources";
import { changeLine } from "./change-line";
import { LocalWorld, ROOT, type TestStack } from "./local-world";

/** One resource for each way in which one can change, before and after. */
const program = (isAfter: boolean) => `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const group = (name: string, args: object = {}, opts: object = {}) =>
  new aws.lb.TargetGroup(name, { port: 80, protocol: "HTTP", vpcId: "vpc-1", ...args }, opts);
class Part extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Part", name, {});
    group("child", { port: ${isAfter ? 81 : 80} }, { parent: this });
    this.registerOutputs({});
  }
}
new Part("part");
group("same");
group("left-over");
group("updated", { tags: { v: "${isAfter ? 2 : 1}" } });
const first = group("create-first", { port: ${isAfter ? 81 : 80} });
group("delete-first", { name: "explicit", port: ${isAfter ? 81 : 80} });
group("program-says", { port: ${isAfter ? 81 : 80} }, { deleteBeforeReplace: true });
const lb = new aws.lb.LoadBalancer("lb", { name: "mine", internal: ${isAfter} });
const web = new aws.lb.Listener("web", {
  loadBalancerArn: lb.arn,
  port: 80,
  defaultActions: [{ type: "forward", targetGroupArn: first.arn }],
});
const role = (name: string, assumeRolePolicy: pulumi.Input<string>) => new aws.iam.Role(name, { assumeRolePolicy });
role("secret", pulumi.secret('{"a":1}'));
role("rotated", pulumi.secret("${isAfter ? "new" : "old"} text"));
role("json", ${isAfter ? `'{ "b": 2, "a": 1 }'` : `'{"a":1,"b":2}'`});
const provider = new aws.Provider("p", { region: "eu-1", defaultTags: { tags: { a: "${isAfter}" } } });
group("by-provider", {}, { provider });
${
  isAfter
    ? `group("new-name");
group("moved-on", { tags: { x: "y" } }, { aliases: [{ name: "moved" }] });
group("made", { tags: { of: lb.arn } }, { dependsOn: [web] });`
    : `group("gone");
group("retained", {}, { retainOnDelete: true });
group("old-name");
group("moved");`
}`;

/** Writes what a pack sees of the preview into a file: the changes, and what the policies find. */
const dumpPack = (file: string) => `
const { writeFileSync } = require("node:fs");
require("tsx/cjs");
const { PolicyPack } = require("@pulumi/policy");
const { desiredBeforeStep, desiredInStack } = require(${JSON.stringify(join(ROOT, "policies/engine/desired-state.ts"))});
const { planOf } = require(${JSON.stringify(join(ROOT, "policies/plan.ts"))});
const { priorState } = require(${JSON.stringify(join(ROOT, "policies/engine/prior-state.ts"))});
const { judgeAll } = require(${JSON.stringify(join(ROOT, "policies/rules.ts"))});
const { readExemptions } = require(${JSON.stringify(join(ROOT, "policies/engine/stack-config.ts"))});
const { changeLine } = require(${JSON.stringify(join(ROOT, "test/change-line.ts"))});
new PolicyPack("dump", {
  policies: [{
    name: "dump", description: "writes what it sees", enforcementLevel: "mandatory",
    validateResource: (args) => { desiredBeforeStep(args); },
    validateStack: async ({ resources }) => {
      const plan = planOf((await priorState()).resources, resources.map(desiredInStack));
      const seen = { changes: plan.changes.map(changeLine).sort(), findings: judgeAll(plan, { exemptions: readExemptions() }) };
      writeFileSync(${JSON.stringify(file)}, JSON.stringify(seen));
    },
  }],
});`;

interface Seen {
  changes: string[];
  findings: string[];
}

const keys = (findings: readonly Judged[]) =>
  findings.map(({ policy, urn, advisory }) => `${advisory ? "advice" : "refused"} ${policy} ${urn}`).sort();

function seen(planned: Previewed): Seen {
  return { changes: planned.changes.map(changeLine).sort(), findings: keys(verdictOf(planned).findings) };
}

/** Lets one of the findings through. */
const CONFIG = `
config:
  crossfade:breakGlass:
    - policy: serving-replacement
      urn: lb
      reason: the office is closed
      until: "2099-01-01"
`;

describe("one preview through the real engine", () => {
  let world: LocalWorld;
  let stack: TestStack;
  let texts: { stream: string; document: string; plan: string; state: string; shown: string };
  let pack: Seen;

  beforeAll(async () => {
    world = await LocalWorld.start();
    stack = await world.project("sources", program(false));
    const up = await stack.up("--skip-preview");
    expect(up.code, up.output).toBe(0);
    const file = (name: string) => join(world.home, name);
    const run = async (...args: string[]) => (await stack.pulumi.run([...args, "--stack", "dev"])).output;
    // What an update leaves that was killed between the new one and the deletion of the old one.
    const exported = JSON.parse(await run("stack", "export"));
    const { resources } = exported.deployment;
    const old = structuredClone(resources.find(({ urn }: { urn: string }) => urn.endsWith("::left-over")));
    resources.push({ ...old, id: `${old.id}-old`, delete: true });
    writeFileSync(file("state.json"), JSON.stringify(exported));
    await run("stack", "import", "--file", file("state.json"));
    stack.write(program(true));
    appendFileSync(file("sources/Pulumi.dev.yaml"), CONFIG);

    mkdirSync(file("pack"));
    writeFileSync(file("pack/PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
    writeFileSync(file("pack/package.json"), '{ "name": "dump", "version": "0.0.1", "main": "index.js" }');
    writeFileSync(file("pack/index.js"), dumpPack(file("pack.json")));
    const env = stack.pulumi.env;
    env.PULUMI_ENABLE_STREAMING_JSON_PREVIEW = "true";
    const save = ["--save-plan", file("plan.json"), "--policy-pack", file("pack")];
    const stream = (await stack.preview("--json", ...save)).output;
    delete env.PULUMI_ENABLE_STREAMING_JSON_PREVIEW;
    const document = (await stack.preview("--json", "--show-sames", "--show-replacement-steps")).output;
    const state = await run("stack", "export");
    const shown = await run("stack", "export", "--show-secrets");
    texts = { stream, document, plan: readFileSync(file("plan.json"), "utf8"), state, shown };
    const packed = JSON.parse(readFileSync(file("pack.json"), "utf8"));
    pack = { changes: packed.changes, findings: keys(packed.findings) };
  });
  afterAll(() => world.stop());

  const CHANGES = [
    "create made",
    "create new-name",
    "delete gone",
    "delete left-over, left over",
    "delete old-name",
    "replace child, created first, for port",
    "replace create-first, created first, for port",
    "replace delete-first, deleted first, for port",
    "replace lb, deleted first, for internal",
    "replace program-says, deleted first, for port",
    "replace web, deleted first, for loadBalancerArn",
    "update moved-on",
    "update rotated",
    "update updated",
  ];

  test("the stream, the document and the plan file tell the same changes, with the state or without it", () => {
    const { stream: preview, document, plan, state, shown } = texts;
    for (const sources of [
      { preview, plan, state },
      { preview, plan, state: shown },
      { preview, state },
      { preview },
      { preview: document, state },
      { preview: document },
      { plan, state },
    ]) {
      expect(seen(readPlanned(sources)).changes, Object.keys(sources).join()).toEqual(CHANGES);
    }
  });

  test("so does the pack, which is not shown that a cascade deletes first", () => {
    const shown = CHANGES.map((line) => line.replace("web, deleted first", "web, created first"));
    expect(pack.changes).toEqual(shown);
  });

  test("the policies find the same in all of them", () => {
    const { stream: preview, document, plan, state } = texts;
    const refused = pack.findings.filter((line) => line.startsWith("refused"));
    expect(refused.map((line) => line.split("::").at(-1))).toEqual(["web", "create-first"]);
    expect(pack.findings.join()).toMatch(/advice break-glass .*advice serving-replacement .*LoadBalancer::lb/);
    for (const sources of [{ preview, plan, state }, { preview: document, state }, { preview: document }]) {
      expect(seen(readPlanned(sources)).findings, Object.keys(sources).join()).toEqual(pack.findings);
    }
    // A plan does not tell the config, and so no exemption: only more is refused.
    const found = seen(readPlanned({ plan, state })).findings.filter((line) => line.startsWith("refused"));
    expect(found.map((line) => line.split("::").at(-1))).toEqual(["web", "lb", "create-first"]);
  });

  test("without the plan the stream does not tell what waits for what: nothing is found less", () => {
    const without = seen(readPlanned({ preview: texts.stream, state: texts.state })).findings;
    expect(without).toEqual(expect.arrayContaining(pack.findings));
  });

  test("crossfade check previews the stack itself and finds the same", async () => {
    const { code, stdout } = await check("dev", "--json");
    expect(code).toBe(1);
    const verdict = JSON.parse(stdout) as Verdict;
    expect(keys(verdict.findings)).toEqual(pack.findings);
    expect(verdict).toMatchObject({
      result: "refused",
      stack: "sources/dev",
      unseen: [expect.stringContaining("secrets")],
    });
    expect(stdout).not.toContain("new text");
  });

  test("a stack that is not there, or whose state cannot be decrypted, is exit code 2", async () => {
    const missing = await check("nobody");
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no stack "nobody"') });
    const sealed = await check("dev", { PULUMI_CONFIG_PASSPHRASE: "wrong" });
    expect(sealed).toMatchObject({ code: 2, stderr: expect.stringContaining("passphrase") });
  });

  async function check(name: string, ...more: (string | object)[]) {
    const flags = more.filter((one) => typeof one === "string");
    const [env = {}] = more.filter((one) => typeof one === "object");
    const options = { cwd: join(world.home, "sources"), env: { ...stack.pulumi.env, ...env } };
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const child = execFile(
        "node",
        [join(ROOT, "cli/bin.js"), "check", name, ...flags],
        options,
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  }
});
