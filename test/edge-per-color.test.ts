import { afterAll, beforeAll, expect, test } from "vitest";
import type { Color } from "../traffic";
import { LocalWorld, type TestStack } from "./local-world";

/** A release between two edges, step by step, as the program of `stacks/` makes it where its config has `dns`. */

let world: LocalWorld;
let stack: TestStack;
beforeAll(async () => {
  world = await LocalWorld.start({ basePort: 6180 });
  stack = await world.ownStack("local-dns");
});
afterAll(() => world.stop());

const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const RECORD = "aws:route53/record:Record";

async function up(): Promise<string> {
  const { code, output } = await stack.up();
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
  return output;
}

/** Of each color's edge: whether it is protected, and the weight of its A record. */
async function edges(): Promise<Partial<Record<Color, { isProtected: unknown; weight: unknown }>>> {
  const resources = await stack.resources();
  const find = (type: string, name: string) => resources.find((r) => r.type === type && r.urn.endsWith(`::${name}`));
  return Object.fromEntries(
    (["blue", "green"] as const).flatMap((color) => {
      const balancer = find(BALANCER, `shop-${color}`);
      const [policy] = (find(RECORD, `shop-${color}-a`)?.inputs.weightedRoutingPolicies ?? []) as { weight: number }[];
      return balancer
        ? [[color, { isProtected: balancer.inputs.enableDeletionProtection, weight: policy?.weight }]]
        : [];
    }),
  );
}

test("install, candidate, canary, full, finish, and the old edge goes with its line", async () => {
  await up();
  expect(await edges()).toEqual({ blue: { isProtected: true, weight: 100 } });

  stack.config.set("green", `shop@sha256:${"2".repeat(64)}`);
  await up();
  expect(await edges()).toEqual({
    blue: { isProtected: true, weight: 100 },
    green: { isProtected: false, weight: 0 },
  });

  stack.config.set("stage", "canary-5");
  await up();
  expect(await edges()).toEqual({ blue: { isProtected: true, weight: 95 }, green: { isProtected: true, weight: 5 } });

  stack.config.set("stage", "full");
  await up();
  expect(await edges()).toEqual({ blue: { isProtected: true, weight: 0 }, green: { isProtected: true, weight: 100 } });

  stack.config.set("stable", "green");
  stack.config.set("stage", "idle");
  await up();
  expect(await edges()).toEqual({
    blue: { isProtected: false, weight: 0 },
    green: { isProtected: true, weight: 100 },
  });

  stack.config.set("blue", undefined);
  await up();
  expect(await edges()).toEqual({ green: { isProtected: true, weight: 100 } });
  const left = (await stack.resources()).filter(({ urn }) => urn.includes("blue"));
  expect(left.map(({ urn }) => urn)).toEqual([]);
});
