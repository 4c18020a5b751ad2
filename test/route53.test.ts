import { Resolver } from "node:dns/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LocalCloud } from "../local/local-cloud";
import { ask, until } from "./facts/local-cloud";
import { LocalWorld, type TestStack } from "./local-world";
import { freshPort } from "./ports";

// Route 53 of the local cloud as a program sees it, on the real engine.

interface Release {
  blue: number;
  green: number;
  identifier?: string;
}

const program = ({ blue, green, identifier = "blue" }: Release) => `
import * as aws from "@pulumi/aws";
const answers = (name: string) => {
  const balancer = new aws.lb.LoadBalancer(name, { internal: false, subnets: ["a", "b"], ipAddressType: "dualstack", clientKeepAlive: 60 });
  new aws.lb.Listener(name, {
    loadBalancerArn: balancer.arn, port: 80,
    defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "200", messageBody: name } }],
  }, { parent: balancer });
  return balancer;
};
const edges = { blue: answers("blue"), green: answers("green") };
const zone = new aws.route53.Zone("zone", { name: "local.test" });
const check = new aws.route53.HealthCheck("blue", { type: "HTTP", fqdn: "blue.local.test", requestInterval: 10 });
const alias = (edge: aws.lb.LoadBalancer) => [{ name: edge.dnsName, zoneId: edge.zoneId, evaluateTargetHealth: false }];
new aws.route53.Record("preview", { zoneId: zone.zoneId, name: "blue", type: "A", aliases: alias(edges.blue) });
const shop = (name: "blue" | "green", setIdentifier: string, weight: number, healthCheckId?: aws.route53.HealthCheck["id"]) =>
  ["A", "AAAA"].map((type) => new aws.route53.Record(name + "-" + type, {
    zoneId: zone.zoneId, name: "shop.local.test", type, setIdentifier, healthCheckId,
    weightedRoutingPolicies: [{ weight }], aliases: alias(edges[name]),
  }));
const records = [...shop("blue", ${JSON.stringify(identifier)}, ${blue}, check.id), ...shop("green", "green", ${green})];
export const { dnsName } = edges.blue;
export const fqdns = records.map(({ fqdn }) => fqdn);
export const ids = records.map(({ id }) => id);
`;

const PORT = freshPort();
let world: LocalWorld;
let stack: TestStack;
beforeAll(async () => {
  world = await LocalWorld.start({ basePort: PORT, dnsSpeed: 100 });
  stack = await world.project("edges", program({ blue: 100, green: 0 }));
});
afterAll(() => world?.stop());

async function up(): Promise<string> {
  const { code, output } = await stack.up("--skip-preview");
  expect(code, output).toBe(0);
  return output;
}

/** What the host's users get, by the addresses that they are given. */
async function served(cloud: LocalCloud): Promise<string[]> {
  const resolver = new Resolver({ timeout: 2000 });
  resolver.setServers(cloud.dataPlane.dnsAddresses());
  const v4 = await Promise.all(Array.from({ length: 40 }, () => resolver.resolve4("shop.local.test")));
  const v6 = await Promise.all(Array.from({ length: 40 }, () => resolver.resolve6("shop.local.test")));
  const addresses = new Set([...v4.flat(), ...v6.flat().map((address) => `[${address}]`)]);
  const bodies = await Promise.all([...addresses].map(async (address) => (await ask(`${address}:${PORT}`)).body));
  return [...new Set(bodies)].sort();
}

it("takes a host from one edge to the other, by updates in place", async () => {
  const first = await up();
  expect(first).toMatch(/dnsName: "blue-\w+-\d+\.eu-local-1\.elb\.amazonaws\.com"/);
  expect(first).toContain('"shop.local.test"');
  expect(first).toMatch(/"Z\w+_shop\.local\.test_A_blue"/);
  // Blue's health check fails until the name that it asks is there, and all others are unhealthy then but the one of weight 0.
  await until(async () => (await served(world.cloud)).join() === "blue");

  stack.write(program({ blue: 50, green: 50 }));
  expect(await up()).toMatch(/~ 4 updated/);
  await until(async () => (await served(world.cloud)).join() === "blue,green");

  stack.write(program({ blue: 0, green: 100 }));
  await up();
  expect(await served(world.cloud)).toEqual(["green"]);
});

it("changes an identifier by an update in place, and refuses one that another record has", async () => {
  stack.write(program({ blue: 0, green: 100, identifier: "azure" }));
  expect(await up()).toMatch(/~ 2 updated/);
  expect(await served(world.cloud)).toEqual(["green"]);

  stack.write(program({ blue: 0, green: 100, identifier: "green" }));
  const { code, output } = await stack.up("--skip-preview");
  expect(code).not.toBe(0);
  expect(output).toContain(
    "api error InvalidChangeBatch: [Tried to create resource record set [name='shop.local.test.'",
  );
  expect(await served(world.cloud)).toEqual(["green"]);
});

it("serves the same after a restart of the cloud", async () => {
  const { home } = world;
  await world.stop();
  const options = { home, images: () => ({}), basePort: PORT, adoptionDelay: [0, 50] as [number, number] };
  const again = await LocalCloud.start(options);
  try {
    expect(await served(again)).toEqual(["green"]);
  } finally {
    await again.stop();
  }
});
