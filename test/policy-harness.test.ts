import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import { policies } from "../policies/index";
import * as testing from "../policies/testing";
import { judgePreview, UNKNOWN, type Violation } from "../policies/testing";
import { ROOT } from "./local-world";

const GROUP = "aws:lb/targetGroup:TargetGroup";
const group = (inputs: object, more: object = {}) => ({ type: GROUP, name: "blue", inputs: { ...inputs }, ...more });

const onResource = (
  validateResource: ResourceValidationPolicy["validateResource"],
  more: object = {},
): ResourceValidationPolicy => ({
  name: "own",
  description: "Own.",
  enforcementLevel: "mandatory",
  validateResource,
  ...more,
});
const onStack = (validateStack: StackValidationPolicy["validateStack"]): StackValidationPolicy => ({
  name: "own-stack",
  description: "Own.",
  enforcementLevel: "mandatory",
  validateStack,
});
const told = (found: Violation[]) => found.map(({ policy, level, urn }) => [policy, level, urn.split("::").at(-1)]);

test("the README's example runs as it stands there", async () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, source = ""] = /```ts\n(import \{ judgePreview[\s\S]*?)```/.exec(readme) ?? [];
  const { code } = transformSync(source, { loader: "ts", format: "cjs" });
  const bodies: (() => Promise<void>)[] = [];
  const modules: Record<string, unknown> = {
    "pulumi-crossfade/policies": { policies },
    "pulumi-crossfade/testing": testing,
    vitest: { test: (_: string, body: () => Promise<void>) => bodies.push(body), expect },
  };
  new Function("require", code)((name: string) => modules[name]);
  expect(bodies).toHaveLength(1);
  await bodies[0]?.();
});

test("a mandatory policy that touches what is not known is advice, and what it reported before stays", async () => {
  const touches = onResource(({ isType: _, props, urn }, report) => {
    if (!urn.endsWith("blue")) return;
    report("before");
    report(`after ${props.vpcId}`);
  });
  const found = await judgePreview([touches], { desired: [group({ vpcId: UNKNOWN })] });
  expect(told(found)).toEqual([
    ["own", "mandatory", "blue"],
    ["own", "advisory", "blue"],
  ]);
  expect(found[1]?.message).toContain("can't run policy 'own'");
});

test("options, provider, tags, settings, level and config come as in the engine", async () => {
  const seen: unknown[] = [];
  const looks = onResource((args, report) => {
    if (args.type !== GROUP) return;
    seen.push(args.opts, args.provider?.urn, args.stackTags.get("team"), args.getConfig(), pulumi.runtime.isDryRun());
    seen.push(new pulumi.Config("shop").getObject("hosts"), pulumi.getStack(), Object.keys(args.props));
    report("seen");
  });
  const found = await judgePreview([looks], {
    desired: [group({ port: 80, gone: undefined }, { options: { protect: true, customTimeouts: { create: 60 } } })],
    config: { "shop:hosts": ["a"] },
    policyConfig: { own: { enforcementLevel: "advisory", most: 3 } },
    stackTags: { team: "shop" },
    stack: "prod",
  });
  expect(told(found)).toEqual([["own", "advisory", "blue"]]);
  expect(seen).toMatchObject([
    { protect: true, ignoreChanges: [], aliases: [], customTimeouts: { createSeconds: 60, updateSeconds: 0 } },
    "urn:pulumi:prod::project::pulumi:providers:aws::default",
    "shop",
    { most: 3 },
    true,
    ["a"],
    "prod",
    ["port"],
  ]);
  expect(await judgePreview([looks], { desired: [group({})], policyConfig: { own: "disabled" } })).toEqual([]);
});

test("a stack policy is shown outputs, parents and dependencies, and nothing where a resource was refused", async () => {
  const home = { type: "my:index:Home", name: "home", component: true };
  const urn = "urn:pulumi:dev::project::my:index:Home::home";
  const looks = onStack(({ resources }, report) => {
    const blue = resources.find(({ name }) => name === "blue");
    report(`${blue?.parent?.name} ${blue?.dependencies[0]?.name} ${blue?.propertyDependencies.vpcId?.[0]?.name}`);
    report(`${blue?.props.arn}`);
  });
  const blue = group({}, { parent: urn, dependencies: [urn], propertyDependencies: { vpcId: [urn] } });
  const found = await judgePreview([looks], { desired: [home, blue] });
  expect(found.map(({ message }) => message.split("\n").at(-1))[0]).toBe("home home home");
  expect(told(found)).toEqual([
    ["own-stack", "mandatory", "project-dev"],
    ["own-stack", "advisory", "project-dev"],
  ]);
  const known = await judgePreview([looks], { prior: [{ type: GROUP, name: "blue" }], desired: [home, blue] });
  expect(told(known).map(([, level]) => level)).toEqual(["mandatory", "mandatory"]);
  const refuses = onResource((_, report) => report("no"));
  const both = await judgePreview([refuses, looks], { desired: [home, blue] });
  expect(new Set(both.map(({ policy }) => policy))).toEqual(new Set(["own"]));
});

test("a policy that throws ends the run", async () => {
  const throws = onResource(() => {
    throw new Error("a mistake");
  });
  await expect(judgePreview([throws], { desired: [] })).rejects.toThrow("a mistake");
});

test("a prior state that cannot be read is a refusal, in each run anew", async () => {
  for (let run = 0; run < 2; run++) {
    const found = await judgePreview(policies, { prior: new Error("no backend"), desired: [group({})] });
    expect(found.filter(({ level }) => level === "mandatory").map(({ message }) => message)).toEqual([
      expect.stringContaining("no backend"),
    ]);
  }
});

test("runs at the same time do not see each other's state", async () => {
  const name = { type: "aws:route53/record:Record", name: "shop", inputs: { zoneId: "Z", name: "shop", type: "A" } };
  const [goes, stays] = await Promise.all([
    judgePreview(policies, { prior: [name], desired: [] }),
    judgePreview(policies, { prior: [], desired: [] }),
  ]);
  expect(goes.filter(({ level }) => level === "mandatory").map(({ policy }) => policy)).toContain("serving-deletion");
  expect(stays).toEqual([]);
});
