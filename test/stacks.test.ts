import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import type { Release } from "../components";
import { collectAsked, settled } from "./asked";
import { ROOT } from "./local-world";

const { asked, find, reset } = collectAsked((name) => (name === "shop-schema" ? 2000 : 0));
afterEach(() => vi.unstubAllEnvs());

const V2 = `shop@sha256:${"2".repeat(64)}`;

/** Runs the program with a stack's own config, and a candidate beside its stable color. */
async function run(stack: string, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  await reset();
  const { config } = parse(readFileSync(join(ROOT, `stacks/Pulumi.${stack}.yaml`), "utf8"));
  const given = { ...config, "crossfade:green": V2, "crossfade:stage": "canary-5", ...more };
  const texts = Object.entries(given).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts));
  vi.stubEnv("CROSSFADE_LOCAL", "here");
  vi.resetModules();
  const { default: outputs } = (await import("../stacks")) as { default: Record<string, unknown> };
  await settled();
  return outputs;
}

const ours = (kind: RegExp) => [
  ...new Set(asked.map(({ type }) => type).filter((type) => type.startsWith("crossfade:") && kind.test(type))),
];

test.each([
  ["local", "FargateEnvironment", "WeightedAlbRoute"],
  ["local-dns", "FargateEnvironment", "WeightedDnsRoute"],
  ["local-autoscaling", "AutoScalingEnvironment", "WeightedAlbRoute"],
  ["local-kubernetes", "KubernetesEnvironment", "WeightedAlbRoute"],
  ["local-gateway", "KubernetesEnvironment", "WeightedGatewayRoute"],
])("the stack %s has a %s for each color and a %s", async (stack, environment, route) => {
  const { shares } = await run(stack);
  expect(shares).toEqual({ blue: 95, green: 5 });
  expect(ours(/Environment$/)).toEqual([`crossfade:index:${environment}`]);
  expect(ours(/Route$/)).toEqual([`crossfade:index:${route}`]);
  const colors = asked.filter(({ type }) => type.endsWith(environment)).map(({ name }) => name);
  expect(colors.sort()).toEqual(["shop-blue", "shop-green"]);
});

test("behind one balancer a color has its preview rule and its weight alike on every compute", async () => {
  const rules = async (stack: string) => {
    await run(stack);
    return ["shop-blue-preview", "shop-green-preview", "shop"].map(
      (name) => find("aws:lb/listenerRule:ListenerRule", name).inputs,
    );
  };
  expect(await rules("local-kubernetes")).toEqual(await rules("local"));
  expect(await rules("local-autoscaling")).toEqual(await rules("local"));
});

test("a stack says what it has released, and reads what its versions need", async () => {
  const stack = "acme/cart/prod";
  const green = { image: V2, contract: "4", requires: [{ stack, contract: ">=4" }] };
  const outputs = await run("local", {
    "crossfade:green": green,
    "crossfade:requiredBy": ["acme/web/prod"],
    "crossfade:releasedFirst": stack,
  });
  const released = await new Promise((resolve) => (outputs.release as pulumi.Output<Release>).apply(resolve));
  expect(released).toMatchObject({
    stable: "blue",
    stage: "canary-5",
    versions: { blue: { share: 95 }, green: { ...green, share: 5 } },
  });
  const neighbours = asked.filter(({ type }) => type.endsWith(":Neighbour")).map(({ inputs }) => inputs);
  expect(neighbours).toMatchObject([
    {
      stack,
      roles: ["requires", "releasedFirst"],
      reading: { problem: expect.stringContaining('has no output "release"') },
    },
    { stack: "acme/web/prod", roles: ["requiredBy"] },
  ]);
});

const MIGRATED = [
  ["local", "Migration", "aws:ecs/service:Service"],
  ["local-dns", "Migration", "aws:ecs/service:Service"],
  ["local-autoscaling", "Migration", "aws:autoscaling/group:Group"],
  ["local-kubernetes", "KubernetesMigration", "kubernetes:apps/v1:Deployment"],
  ["local-gateway", "KubernetesMigration", "kubernetes:apps/v1:Deployment"],
] as const;

test.each(MIGRATED)(
  "in the stack %s a %s has the candidate's image, and only the candidate waits for it",
  async (stack, kind, service) => {
    const directory = mkdtempSync(join(tmpdir(), "crossfade-stack-"));
    writeFileSync(join(directory, "1_orders.sql"), "CREATE TABLE orders (id int)");
    const migration = { phase: "expand", directory, postgres: 16 };
    const given = { "crossfade:migration": migration, "crossfade:green": { image: V2, schema: ">=1 <=2" } };
    await run(stack, { ...given, "crossfade:stage": "idle" });
    expect(asked.find(({ type }) => type === `crossfade:index:${kind}`)?.inputs).toMatchObject({ image: V2, to: 1 });
    expect(asked.find(({ name, type }) => name === "shop-green" && type.endsWith("Environment"))?.inputs).toMatchObject(
      {
        schema: ">=1 <=2",
      },
    );
    const order = asked.filter(({ type, name }) => type === service || name === "shop-schema").map(({ name }) => name);
    expect(order).toEqual(["shop-blue", "shop-schema", "shop-green"]);
  },
);

test.each([
  ["local", "Fargate", "rate(1 minute)"],
  ["local-gateway", "Kubernetes", "* * * * *"],
])("in the stack %s what works unasked on %s is stable's, and tasks are told their role", async (stack, kind, at) => {
  const service = {
    host: "shop.local",
    workers: { mailer: { command: ["mail"] } },
    schedules: { settle: { command: ["settle"], at } },
  };
  const green = { image: V2, signal: true };
  const imagesAt = async (stable: string) => {
    await run(stack, {
      "crossfade:service": service,
      "crossfade:green": green,
      "crossfade:stable": stable,
      "crossfade:stage": "idle",
    });
    return ["Workers", "Schedule"].map((of) => find(`crossfade:index:${kind}${of}`).inputs.image);
  };
  const [released] = await imagesAt("blue");
  expect(released).toMatch(/@sha256:1{64}$/);
  expect(await imagesAt("blue")).toEqual([released, released]);
  expect(await imagesAt("green")).toEqual([V2, V2]);
  const signals = asked.filter(({ type }) => type.endsWith("RoleSignal")).map(({ name }) => name);
  expect(signals).toEqual(["shop-role"]);
});
