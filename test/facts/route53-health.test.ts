import { Resolver } from "node:dns/promises";
import { describe, expect, it } from "vitest";
import type { Action, Desired, DesiredHealthCheck, DesiredRule } from "../../local/dataplane";
import { desire, forwardTo, group, service, startDataPlane, states, until } from "./local-cloud";
import { dns, record, weightedAlias } from "./route53";

// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html where no other page
// is named. All times of DNS run a hundred times as fast: a check every 0.1 s.
const SPEED = 100;
const HOST = "shop.example.test";
const NAME = (edge: string) => `${edge}-1.eu-local-1.elb.amazonaws.com`;
const preview = (edge: string) => `shop-${edge}.example.test`;

const check = (edge: string, more: Partial<DesiredHealthCheck> = {}): DesiredHealthCheck => ({
  id: `check-${edge}`,
  fqdn: preview(edge),
  port: 80,
  path: "/healthz",
  interval: 10,
  failureThreshold: 3,
  ...more,
});

const says = (status: number): Action => ({ kind: "fixed", status, contentType: "text/plain", body: `${status}` });

interface Edge {
  rules: (Action | DesiredRule)[];
  weight: number;
  check?: DesiredHealthCheck;
  evaluateTargetHealth?: boolean;
}

/** Edges of one host, each with its own balancer and a preview name that leads to it. */
function desireEdges(
  edges: Record<string, Edge>,
  services: Desired["services"] = [],
  groups = services.map((one) => group(one.arn)),
): Desired {
  const all = Object.entries(edges);
  const balancers = all.flatMap(([edge, { rules }]) =>
    desire(rules, []).balancers.map((one) => ({ ...one, arn: edge, dnsName: NAME(edge) })),
  );
  const records = all.flatMap(([edge, { weight, evaluateTargetHealth = false, check: its }]) => [
    { ...weightedAlias(HOST, edge, weight, NAME(edge), { evaluateTargetHealth }), healthCheckId: its?.id },
    record(preview(edge), { ttl: undefined, values: [], alias: { name: NAME(edge), evaluateTargetHealth: false } }),
  ]);
  const checks = all.flatMap(([, { check: its }]) => its ?? []);
  return { ...desire([], services, { groups }), balancers, dns: dns(records, checks) };
}

async function start(desired: Desired) {
  const { plane } = startDataPlane({ insyncDelay: [0, 0], dnsSpeed: SPEED });
  await plane.apply(desired);
  const resolver = new Resolver({ timeout: 2000 });
  resolver.setServers(plane.dnsAddresses());
  /** The edges that 60 look-ups are led to: of two with equal weight both, but once in 10^17. */
  const serving = async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => resolver.resolve4(HOST)));
    const slots = [...new Set(answers.map(([address]) => Number(address?.split(".")[2])))].sort();
    return slots.map((slot) => Object.keys(edgesOf(desired))[slot]);
  };
  return { plane, serving };
}

const edgesOf = ({ balancers }: Desired) => Object.fromEntries(balancers.map((one) => [one.arn, one]));

/** As long as several checks take, and a threshold. */
const someChecks = () => new Promise((resolve) => setTimeout(resolve, 1000));

describe("a health check", () => {
  // "Route 53 considers a new health check to be healthy until there's enough data", and "Whether the endpoint responds to a number
  // of consecutive health checks that you specify (the failure threshold)".
  it("takes a record out after its threshold of failures, and back after as many passes", async () => {
    const edges = {
      blue: { rules: [says(503)], weight: 50, check: check("blue", { failureThreshold: 10 }) },
      green: { rules: [says(200)], weight: 50, check: check("green") },
    };
    const began = Date.now();
    const { plane, serving } = await start(desireEdges(edges));
    expect(await serving()).toEqual(["blue", "green"]);
    await until(async () => (await serving()).join() === "green");
    expect(Date.now() - began).toBeGreaterThan(895); // with the tenth check, at the earliest
    await plane.apply(desireEdges({ ...edges, blue: { ...edges.blue, rules: [says(200)] } }));
    await until(async () => (await serving()).join() === "blue,green");
  });

  // "the endpoint must respond with an HTTP status code of 2xx or 3xx within two seconds after connecting"
  it("passes with a redirect, whatever is behind it: such a path says nothing", async () => {
    const redirect: Action = { kind: "redirect", status: 301, protocol: "HTTPS", port: "443" };
    const { serving } = await start(
      desireEdges({
        blue: { rules: [redirect], weight: 50, check: check("blue") },
        green: { rules: [says(404)], weight: 50, check: check("green") },
      }),
    );
    await until(async () => (await serving()).join() === "blue");
    await someChecks();
    expect(await serving()).toEqual(["blue"]);
  });

  // "Route 53 passes the value of FullyQualifiedDomainName in the Host header for all endpoints except TCP health checks."
  // https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
  it("asks by the host's name, for its path, at its port", async () => {
    const only: DesiredRule = {
      arn: "only",
      conditions: [
        { kind: "host", values: [preview("blue")] },
        { kind: "path", values: ["/healthz"] },
      ],
      action: says(200),
    };
    const { serving } = await start(
      desireEdges({
        blue: { rules: [only, says(404)], weight: 50, check: check("blue") },
        green: { rules: [says(200)], weight: 50, check: check("green", { port: 81 }) },
      }),
    );
    await until(async () => (await serving()).join() === "blue");
    await someChecks();
    expect(await serving()).toEqual(["blue"]);
  });

  // "If you delete a health check and you don't update the associated resource record sets, the future status of the health check
  // can't be predicted and may change." https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHealthCheck.html
  it("that is deleted under its record counts as the worst: unhealthy", async () => {
    const edges = {
      blue: { rules: [says(200)], weight: 50, check: check("blue") },
      green: { rules: [says(200)], weight: 50 },
    };
    const desired = desireEdges(edges);
    const { plane, serving } = await start(desired);
    await someChecks();
    await until(async () => (await serving()).join() === "blue,green");
    await plane.apply({ ...desired, dns: { ...desired.dns, healthChecks: [] } });
    expect(await serving()).toEqual(["green"]);
  });
});

// "If a record in a group of records that have the same name and type doesn't have an associated health check, Route 53 always
// considers it healthy and always includes it among possible responses to a query."
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
it("a record without a health check is always healthy", async () => {
  const edges = {
    blue: { rules: [says(503)], weight: 50 },
    green: { rules: [says(503)], weight: 50, check: check("green") },
  };
  const { serving } = await start(desireEdges(edges));
  await until(async () => (await serving()).join() === "blue");
});

// "If all the records that have a weight greater than 0 are unhealthy, then Route 53 considers the zero-weighted records." (Same.)
it("an idle edge takes all when the others are unhealthy, unless nothing checks them", async () => {
  const idle = { rules: [says(200)], weight: 0 };
  const dead = { rules: [says(503)], weight: 100 };
  const checked = await start(desireEdges({ blue: { ...dead, check: check("blue") }, green: idle }));
  await until(async () => (await checked.serving()).join() === "green");
  await checked.plane.stop();
  const unchecked = await start(desireEdges({ blue: dead, green: idle }));
  await someChecks();
  expect(await unchecked.serving()).toEqual(["blue"]);
});

// "For an Application or Network Load Balancer to be considered healthy, every target group that contains targets must contain at
// least one healthy target. … A target group that has no registered targets is considered unhealthy."
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
describe("an edge with one empty group", () => {
  const empty: DesiredRule = {
    arn: "empty",
    conditions: [{ kind: "path", values: ["/next/*"] }],
    action: forwardTo({ empty: 1 }),
  };
  const groups = ["shop", "idle", "empty"].map((arn) => group(arn));
  const services = [service("shop"), service("idle")];
  const blue = (more: Partial<Edge>): Edge => ({ rules: [empty, forwardTo({ shop: 1 })], weight: 100, ...more });
  const green = (more: Partial<Edge>): Edge => ({ rules: [forwardTo({ idle: 1 })], weight: 0, ...more });

  async function healthy(edges: Record<string, Edge>) {
    const started = await start(desireEdges(edges, services, groups));
    for (const { arn } of services) await until(() => states(started.plane, arn).join() === "healthy");
    return started;
  }

  it("does not lose the traffic with a health check of the host", async () => {
    const { serving } = await healthy({
      blue: blue({ check: check("blue") }),
      green: green({ check: check("green") }),
    });
    await someChecks();
    expect(await serving()).toEqual(["blue"]);
  });

  it("does not take it either", async () => {
    const idleWithEmpty = { ...blue({ check: check("green") }), weight: 0 };
    const { serving } = await healthy({ blue: green({ weight: 100, check: check("blue") }), green: idleWithEmpty });
    await someChecks();
    expect(await serving()).toEqual(["blue"]);
  });

  // The control: what takes the place of the health check is what goes wrong.
  it("loses all of it to the idle edge when the alias evaluates its target's health", async () => {
    const evaluateTargetHealth = true;
    const edges = { blue: blue({ evaluateTargetHealth }), green: green({ evaluateTargetHealth }) };
    const { plane, serving } = await healthy(edges);
    expect(await serving()).toEqual(["green"]);
    // It is the empty group, and nothing else.
    const without = { ...edges, blue: { ...edges.blue, rules: [forwardTo({ shop: 1 })] } };
    await plane.apply(desireEdges(without, services, groups));
    expect(await serving()).toEqual(["blue"]);
  });
});

// "As long as at least one of the weighted records is healthy, Route 53 considers the alias record to be healthy. If none of the
// weighted records is healthy, Route 53 considers the alias record to be unhealthy."
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
it("an alias to a group of records is as healthy as its healthiest", async () => {
  const desired = desireEdges({
    blue: { rules: [says(503)], weight: 1, check: check("blue") },
    green: { rules: [says(200)], weight: 1, check: check("green") },
  });
  const top = (identifier: string, weight: number, alias: string) =>
    weightedAlias("top.example.test", identifier, weight, alias, { evaluateTargetHealth: true });
  const spare = record("spare.example.test", { values: ["192.0.2.7"] });
  const more = [top("one", 100, HOST), top("two", 0, "spare.example.test"), spare];
  const zones = desired.dns.zones.map((zone) => ({ ...zone, records: [...zone.records, ...more] }));
  const { plane } = await start({ ...desired, dns: { ...desired.dns, zones } });
  const resolver = new Resolver({ timeout: 2000 });
  resolver.setServers(plane.dnsAddresses());
  const top1 = async () => (await resolver.resolve4("top.example.test"))[0];
  await someChecks();
  expect(await top1()).toMatch(/^127\.0\.1\./); // green's
  const dead = desired.balancers.map((one) => ({ ...one, listeners: [] }));
  await plane.apply({ ...desired, balancers: dead, dns: { ...desired.dns, zones } });
  await until(async () => (await top1()) === "192.0.2.7");
});
