import { afterAll, beforeAll, expect, test } from "vitest";
import type { Color } from "../traffic";
import { LocalWorld, ROOT, type TestStack } from "./local-world";

/** A release between two edges, step by step, as the program of `stacks/` makes it where its config has `dns`. */

let world: LocalWorld;
let stack: TestStack;
beforeAll(async () => {
  world = await LocalWorld.start();
  stack = await world.ownStack("local-dns");
});
afterAll(() => world.stop());

const BALANCER = "aws:lb/loadBalancer:LoadBalancer";
const RECORD = "aws:route53/record:Record";
const CHECK = "aws:route53/healthCheck:HealthCheck";

interface Planned {
  type: string;
  inputs: Record<string, unknown>;
}

async function up(): Promise<string> {
  const { code, output } = await stack.up("--skip-preview");
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
}, 900_000);

/** DNS between two edges, and behind each of them a rollout of its own between two groups. */
const TWO_TIERS = `
  import { COLORS, Edge, FargateEnvironment, Rollout, WeightedAlbRoute, WeightedDnsRoute } from "${ROOT}/components";
  const network = { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] };
  const previewHosts = { blue: "blue.shop.example", green: "green.shop.example" };
  const targets = {};
  for (const outer of COLORS) {
    const edge = new Edge(outer, network);
    const hosts = ["www.shop.example", previewHosts[outer]];
    const groups = {};
    for (const [index, color] of COLORS.entries()) {
      groups[color] = new FargateEnvironment(outer + "-" + color, {
        color, image: "shop@sha256:${"1".repeat(64)}", listenerArn: edge.listener.arn, hosts, previewPriority: index + 1,
        ...network, balancerSecurityGroupId: edge.securityGroup.id,
      }).target;
    }
    const rollout = new Rollout(outer, { stable: "blue" });
    const inner = new WeightedAlbRoute(outer, {
      rollout, targets: groups, listenerArn: edge.listener.arn, hosts, priority: 3,
    });
    const { dnsName, zoneId, protocol } = edge;
    targets[outer] = { dnsName, zoneId, protocol, health: { path: "/healthz" }, ready: [inner.rule] };
  }
  new WeightedDnsRoute("shop", {
    rollout: new Rollout("shop", { stable: "blue", stage: "canary-5" }),
    targets, zoneId: "ZSHOP", domain: "shop.example", host: "www.shop.example", previewHosts,
  });`;

test("two tiers: DNS between two edges that each have a rollout of their own", async () => {
  const { code, output } = await (await world.project("two-tiers", TWO_TIERS)).preview("--json");
  expect(code).toBe(0);
  const { steps } = JSON.parse(output.slice(output.indexOf("{"))) as { steps: { newState: Planned }[] };
  const of = (type: string) => steps.map(({ newState }) => newState).filter((r) => r.type === type);
  expect(of("crossfade:index:WeightedAlbRoute")).toHaveLength(2);
  expect(of("aws:lb/targetGroup:TargetGroup")).toHaveLength(4);
  expect(of(CHECK).map(({ inputs }) => inputs.fqdn)).toEqual(
    expect.arrayContaining(["blue.shop.example", "green.shop.example"]),
  );
  const weighted = of(RECORD).filter(({ inputs }) => inputs.setIdentifier !== undefined);
  const weights = weighted.map(({ inputs: { type, setIdentifier, weightedRoutingPolicies } }) => {
    return `${setIdentifier} ${type} ${JSON.stringify(weightedRoutingPolicies)}`;
  });
  expect(weights.sort()).toEqual([
    'blue A [{"weight":95}]',
    'blue AAAA [{"weight":95}]',
    'green A [{"weight":5}]',
    'green AAAA [{"weight":5}]',
  ]);
  // By the check, and not by the balancer's groups, of which an edge with a rollout of its own may have an empty one.
  for (const { inputs } of weighted) {
    expect(inputs).toMatchObject({ healthCheckId: expect.any(String), aliases: [{ evaluateTargetHealth: false }] });
  }
});
