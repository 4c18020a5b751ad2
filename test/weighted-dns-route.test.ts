import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { type DnsTarget, Rollout, type RolloutArgs, WeightedDnsRoute, type WeightedDnsRouteArgs } from "../components";
import { collectAsked, settled } from "./asked";

// What must be there first comes late, so that nothing is in order by chance.
const { asked, find } = collectAsked((name) => (name === "late" ? 200 : /-blue-a(aaa)?$/.test(name) ? 50 : 0));

const RECORD = "aws:route53/record:Record";
const CHECK = "aws:route53/healthCheck:HealthCheck";

const edge = (color: string): DnsTarget => ({ dnsName: `${color}.elb.example`, zoneId: "ZELB" });
const healthy = (color: string): DnsTarget => ({ ...edge(color), health: { path: "/healthz" } });
const both = { blue: edge("blue"), green: edge("green") };

type Given = Partial<Omit<WeightedDnsRouteArgs, "rollout">> & { stage?: string; stages?: RolloutArgs["stages"] };
let routes = 0;

/** A route of a name of its own: the engine refuses a second resource of one name. */
function route({ stage, stages, ...args }: Given = {}): { name: string; route: WeightedDnsRoute } {
  const name = `shop${++routes}`;
  const rollout = new Rollout(name, { stable: "blue", stage, stages });
  const zone = { zoneId: "ZSHOP", domain: "example.com", host: "shop.example.com" };
  return { name, route: new WeightedDnsRoute(name, { ...zone, targets: both, ...args, rollout }) };
}

/** The records that were asked for, without the route's name, each with its inputs. */
function records(name: string): Record<string, Record<string, unknown>> {
  const own = asked.filter((r) => r.type === RECORD);
  return Object.fromEntries(own.map((r) => [r.name.replace(`${name}-`, ""), r.inputs]));
}

describe("a weighted DNS route", () => {
  test.each([
    ["idle", 100, 0],
    ["canary-5", 95, 5],
    ["full", 0, 100],
  ])("at %s has an A and an AAAA record for each color, and the percentages as weights", async (stage, blue, green) => {
    const { name } = route({ stage });
    await settled();
    const weighted = Object.entries(records(name)).filter(([key]) => !key.includes("preview"));
    const expected = (color: string, type: string, weight: number) => ({
      zoneId: "ZSHOP",
      name: "shop.example.com",
      type,
      aliases: [{ name: `${color}.elb.example`, zoneId: "ZELB", evaluateTargetHealth: false }],
      setIdentifier: color,
      weightedRoutingPolicies: [{ weight }],
    });
    expect(Object.fromEntries(weighted)).toEqual({
      "blue-a": expected("blue", "A", blue),
      "blue-aaaa": expected("blue", "AAAA", blue),
      "green-a": expected("green", "A", green),
      "green-aaaa": expected("green", "AAAA", green),
    });
  });

  test("shows the policies the plan, the names and the edges, and keeps a clock of the weights", async () => {
    const { name } = route({ host: "Shop.Example.com." });
    await settled();
    expect(find("crossfade:index:WeightedDnsRoute", name).inputs).toEqual({
      stable: "blue",
      stage: "idle",
      stages: expect.any(Array),
      zoneId: "ZSHOP",
      domain: "example.com",
      host: "shop.example.com",
      failover: "none",
      edges: { blue: "blue.elb.example", green: "green.elb.example" },
    });
    const clock = find("pulumi:index:Stash", `${name}-weights`).inputs;
    expect(clock.input).toEqual({ shares: { blue: 100 }, sticky: false });
  });

  test("writes stable's records before the candidate's, and neither before what they need is ready", async () => {
    const late = new pulumi.Stash("late", { input: 1 });
    const { name } = route({ targets: { blue: edge("blue"), green: { ...edge("green"), ready: [late] } } });
    await settled();
    const order = asked.map((r) => r.name.replace(`${name}-`, ""));
    const at = (key: string) => order.indexOf(key);
    expect(at("late")).toBeGreaterThan(-1);
    expect(Math.min(at("blue-a"), at("blue-aaaa"))).toBeGreaterThan(at("late"));
    expect(Math.min(at("green-a"), at("green-aaaa"))).toBeGreaterThan(Math.max(at("blue-a"), at("blue-aaaa")));
    expect(at("weights")).toBeGreaterThan(Math.max(at("green-a"), at("green-aaaa")));
  });

  test.each([
    ["shop.example.com", "shop-blue.example.com", "shop-green.example.com"],
    ["example.com", "blue.example.com", "green.example.com"],
  ])("for %s has a preview host for each color, by a record without a set", async (host, blue, green) => {
    const { name, route: made } = route({ host });
    await settled();
    expect(made.previewHosts).toEqual({ blue, green });
    const preview = records(name)["green-preview-aaaa"];
    expect(preview).toEqual({
      zoneId: "ZSHOP",
      name: green,
      type: "AAAA",
      aliases: [{ name: "green.elb.example", zoneId: "ZELB", evaluateTargetHealth: false }],
    });
    expect(records(name)["blue-preview-a"]).toMatchObject({ name: blue, type: "A" });
  });

  test("leads by a CNAME, or by addresses, with one TTL", async () => {
    const named = { blue: { dnsName: "blue.cdn.example" }, green: { dnsName: "green.cdn.example" } };
    const { name } = route({ targets: named });
    const addresses = { blue: { ipv4: ["192.0.2.1"] }, green: { ipv4: ["192.0.2.2", "192.0.2.3"] } };
    const { name: plain } = route({ targets: addresses, ttl: 30 });
    await settled();
    expect(records(name)["blue-cname"]).toMatchObject({ type: "CNAME", records: ["blue.cdn.example"], ttl: 60 });
    expect(records(plain)["green-a"]).toMatchObject({ type: "A", records: ["192.0.2.2", "192.0.2.3"], ttl: 30 });
    expect(records(plain)).not.toHaveProperty("green-aaaa");
    expect(find("crossfade:index:WeightedDnsRoute", plain).inputs).toMatchObject({
      ttl: 30,
      edges: { blue: "192.0.2.1", green: "192.0.2.2, 192.0.2.3" },
    });
  });

  test.each([
    ["none", "idle", false],
    ["none", "canary-5", true],
    ["none", "full", false],
    ["to-idle", "idle", true],
    ["to-idle", "full", true],
  ] as const)("with failover %s at %s: health checks on the records %s", async (failover, stage, expected) => {
    const { name } = route({ failover, stage, targets: { blue: healthy("blue"), green: healthy("green") } });
    await settled();
    expect(asked.filter(({ type }) => type === CHECK)).toHaveLength(2);
    expect(records(name)["blue-a"]?.healthCheckId).toBe(expected ? `${name}-blue-id` : undefined);
    expect(records(name)["green-aaaa"]?.healthCheckId).toBe(expected ? `${name}-green-id` : undefined);
    expect(records(name)["blue-preview-a"]).not.toHaveProperty("healthCheckId");
  });

  test("asks the preview host for its health, in what the edge speaks", async () => {
    const { name } = route({
      targets: { blue: healthy("blue"), green: { ...healthy("green"), protocol: "HTTP" } },
    });
    await settled();
    const common = { resourcePath: "/healthz", requestInterval: 10, failureThreshold: 3 };
    expect(find(CHECK, `${name}-blue`).inputs).toEqual({
      ...common,
      type: "HTTPS",
      port: 443,
      enableSni: true,
      fqdn: "shop-blue.example.com",
    });
    expect(find(CHECK, `${name}-green`).inputs).toMatchObject({ ...common, type: "HTTP", port: 80, enableSni: false });
  });
});

describe("a weighted DNS route is refused", () => {
  const cname = { dnsName: "cdn.example" };
  const tooLong = `${"a".repeat(60)}.example.com`;
  test.each<[string, Given, string, RegExp]>([
    ["a host outside the zone", { host: "shop.example.org" }, "host", /not in the zone "example.com"/],
    ["a host that only ends alike", { host: "badexample.com" }, "host", /ends with ".example.com"/],
    ["a wildcard", { host: "*.example.com" }, "host", /wildcard/],
    ["a CNAME at the apex", { host: "example.com", targets: { blue: cname } }, "targets.blue.dnsName", /apex/],
    ["a stable color without a target", { targets: { green: edge("green") } }, "targets.blue", /100 % .* no target/],
    ["a weight without a target", { stage: "canary-5", targets: { blue: edge("blue") } }, "targets.green", /5 % of/],
    ["targets of two forms", { targets: { blue: edge("blue"), green: cname } }, "targets.green", /green has a CNAME/],
    [
      "addresses of two families",
      { targets: { blue: { ipv4: ["192.0.2.1"] }, green: { ipv6: ["2001:db8::1"] } } },
      "targets.green",
      /IPv6 addresses and blue has IPv4 addresses/,
    ],
    ["a target of no form", { targets: { blue: { zoneId: "ZELB" } } }, "targets.blue", /one of: dnsName/],
    ["a target of both forms", { targets: { blue: { ...cname, ipv4: ["192.0.2.1"] } } }, "targets.blue", /one of:/],
    ["no address", { targets: { blue: { ipv4: [] } } }, "targets.blue", /one of:/],
    ["a preview host outside the zone", { previewHosts: { blue: "b.org" } }, "previewHosts.blue", /not in the zone/],
    [
      "a preview host that is the host",
      { previewHosts: { green: "shop.example.com" } },
      "previewHosts.green",
      /itself/,
    ],
    ["one preview host", { previewHosts: { blue: "shop-green.example.com" } }, "previewHosts.green", /its own/],
    ["a label that is too long", { host: tooLong }, "previewHosts.blue", /at most 63/],
    ["a TTL below 0", { targets: { blue: cname }, ttl: -1 }, "ttl", /60 or less is sensible/],
    ["a TTL beyond DNS's", { targets: { blue: cname }, ttl: 2 ** 31 }, "ttl", /0 to 2147483647/],
    ["a TTL of an alias", { ttl: 30 }, "ttl", /its target's TTL/],
    [
      "a health path without its slash",
      { targets: { blue: { ...edge("blue"), health: { path: "healthz" } } } },
      "targets.blue.health.path",
      /begins with/,
    ],
    [
      "a check by HTTP of an edge that redirects",
      { targets: { blue: { ...edge("blue"), health: { path: "/", protocol: "HTTP" } } } },
      "targets.blue.health.protocol",
      /a redirect is healthy/,
    ],
    ["a failover that nothing starts", { failover: "to-idle" }, "targets.green.health", /counts as healthy/],
    [
      "an existing record that no record becomes",
      { targets: { blue: { ...cname, existing: { a: "shop" } } } },
      "targets.blue.existing.a",
      /a CNAME \(cname\)/,
    ],
  ])("for %s", (_, given, propertyPath, reason) => {
    const errors = expect.arrayContaining([{ propertyPath, reason: expect.stringMatching(reason) }]);
    expect(() => route(given)).toThrow(expect.objectContaining({ errors, message: expect.stringMatching(reason) }));
  });

  test("for a share that is no weight of Route 53's", () => {
    const rollout = new Rollout("halves", { stable: "blue" });
    const broken = Object.assign(Object.create(rollout), { shares: { blue: 99.5, green: 0.5 } });
    const args = { rollout: broken, zoneId: "ZSHOP", domain: "example.com", host: "example.com", targets: both };
    expect(() => new WeightedDnsRoute("halves", args)).toThrow(/0.5 % is no weight: .* from 0 to 255/);
  });

  test("with every error at once", () => {
    const wrong = { host: "shop.example.org", ttl: -1, targets: { blue: { zoneId: "ZELB" } } };
    expect(() => route(wrong)).toThrow(/\n {2}host: .*\n {2}ttl: .*\n {2}targets.blue: /);
  });
});
