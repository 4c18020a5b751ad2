import { expect, test } from "vitest";
import { entrypointProtected } from "../policies/entrypoint-protected";
import { healthCheck } from "../policies/health-check";
import { holdTime } from "../policies/hold-time";
import { oneChange } from "../policies/one-change";
import { type Plan, planOfOne } from "../policies/plan";
import type { Policy } from "../policies/policy";
import { dnsSpeedOf } from "../policies/reading/dns-speed";
import { routeChanges } from "../policies/reading/rollouts";
import { nameOf, type Resource } from "../traffic";
import type { Change } from "./cases/case";
import { type DnsShape, dnsShop } from "./cases/dns-world";
import { placed } from "./cases/item";
import { planOfChange } from "./cases/judged-purely";

const NOW = new Date("2026-11-21T12:00:00Z");
const change = (before: DnsShape, after: DnsShape): Change => ({
  prior: placed(dnsShop(before), "x"),
  desired: placed(dnsShop(after), "x"),
});
const plan = (before: DnsShape, after: DnsShape) => planOfChange(change(before, after), NOW);
const refused = (policy: Policy, judged: Plan, settings?: object) =>
  policy.judge(judged, settings).flatMap(({ urn, advisory }) => (advisory ? [] : [nameOf(urn)]));

async function wire(weights: Record<string, number>) {
  const [route] = routeChanges(await plan({ stage: "canary-5", weights }, {}));
  return route?.wire;
}

test("who has which share is read from the records", async () => {
  expect(await wire({})).toEqual({ blue: 95, green: 5 });
  // An update of a promotion that stopped after stable's records.
  expect(await wire({ "shop-blue-a": 45, "shop-blue-aaaa": 45 })).toEqual({ blue: 90, green: 10 });
});

test("where the records of the two address families disagree, the larger share of the candidate counts", async () => {
  for (const type of ["a", "aaaa"]) {
    const moved = { [`shop-blue-${type}`]: 50, [`shop-green-${type}`]: 50 };
    expect(await wire(moved), type).toEqual({ blue: 50, green: 50 });
  }
});

test("a route of one color has that one's share alone, and one in the middle of its first update none", async () => {
  const [alone] = routeChanges(await plan({ tasks: { blue: 4 } }, { tasks: { blue: 4 } }));
  expect(alone?.wire).toEqual({ blue: 100 });
  const items = placed(dnsShop({ tasks: { blue: 4 } }), "x");
  const unmade = items.filter(({ name }) => !/-(a|aaaa)$/.test(name));
  const [first] = routeChanges(await planOfChange({ prior: unmade, desired: items }, NOW));
  expect(first).toMatchObject({ wire: undefined, transition: { kind: "install" } });
});

/** The old color's edge, taken away so many seconds after its weight. */
const removed = (movedAgo: number, more: DnsShape = {}) =>
  plan({ stable: "green", movedAgo, ...more }, { stable: "green", movedAgo, ...more, tasks: { green: 4 } });

/** Twice the TTL of an alias, the clients' connections, the drain, the nodes. */
const HOLD = 2 * 60 + 3600 + 60 + 60;

test("all of the old edge is held until caches and connections have let it go", async () => {
  const early = refused(holdTime, await removed(HOLD - 1));
  const parts = ["sg", "lb", "web", "g", "svc-g", "rule", "shop"].map((name) => `x-${name}-blue`);
  expect(early).toEqual(expect.arrayContaining(parts.filter((name) => name !== "x-shop-blue")));
  expect(early).toEqual(expect.arrayContaining(["x-shop-blue-a", "x-shop-blue-aaaa"]));
  expect(refused(holdTime, await removed(HOLD))).toEqual([]);
});

test("the hold says what it is made of", async () => {
  const [first] = holdTime.judge(await removed(HOLD - 60));
  expect(first?.why).toBe(
    "Clients that were led there before may come back for 1h 4m: 2 times the TTL of 1m and 1h for connections that clients keep, the drain of 1m, and 1m for the balancer's nodes.",
  );
  expect(first?.instead).toBe("Wait 1m, then remove or shrink it.");
});

test("a balancer that lets connections live shorter is held for shorter, and a team may count more TTLs", async () => {
  const more = { inputs: { "lb-green": {} } };
  const short = (movedAgo: number) =>
    plan(
      { stable: "green", movedAgo, inputs: { "lb-blue": { clientKeepAlive: 60 } } },
      { stable: "green", movedAgo, tasks: { green: 4 }, ...more },
    );
  expect(refused(holdTime, await short(299))).not.toEqual([]);
  expect(refused(holdTime, await short(300))).toEqual([]);
  expect(refused(holdTime, await short(300), { ttls: 3 })).not.toEqual([]);
});

test("in the local cloud DNS and connections go by faster, drains and nodes do not", async () => {
  const faster = (2 * 60 + 3600) / 12 + 60 + 60;
  expect(refused(holdTime, { ...(await removed(faster - 1)), dnsSpeed: 12 })).not.toEqual([]);
  expect(refused(holdTime, { ...(await removed(faster)), dnsSpeed: 12 })).toEqual([]);
});

test("the records alone may not go before either: with them goes the knowledge until when their edge must stay", async () => {
  const withoutRecords = (movedAgo: number) => {
    const { prior, desired } = change({ stable: "green", movedAgo }, { stable: "green", movedAgo });
    const kept = desired.filter(({ name }) => !["x-shop-blue-a", "x-shop-blue-aaaa"].includes(name));
    return planOfChange({ prior, desired: kept }, NOW);
  };
  expect(refused(holdTime, await withoutRecords(60)).sort()).toEqual(["x-shop-blue-a", "x-shop-blue-aaaa"]);
  expect(refused(holdTime, await withoutRecords(HOLD))).toEqual([]);
});

test.each<[string, DnsShape, DnsShape, string[]]>([
  [
    "both in one update",
    { behind: { green: 0 } },
    { stage: "canary-5", behind: { green: 5 } },
    ["x-shop", "x-within-green"],
  ],
  ["DNS while an edge is between", { behind: { green: 5 } }, { stage: "canary-5", behind: { green: 5 } }, ["x-shop"]],
  [
    "an edge while DNS is between",
    { stage: "canary-5", behind: { green: 0 } },
    { stage: "canary-5", behind: { green: 5 } },
    ["x-within-green"],
  ],
  ["DNS beside an edge's way back", { behind: { green: 5 } }, { stage: "canary-5", behind: { green: 0 } }, ["x-shop"]],
  [
    "a way back of DNS while an edge is between",
    { stage: "canary-5", behind: { green: 5 } },
    { behind: { green: 5 } },
    [],
  ],
  ["DNS between edges at rest", { behind: { green: 0 } }, { stage: "canary-5", behind: { green: 0 } }, []],
])("two shifts: %s", async (_, before, after, expected) => {
  expect(refused(oneChange, await plan(before, after)).sort()).toEqual(expected);
});

/** As each is judged before its own step in an update. */
function oneByOne(policy: Policy, { prior, desired }: Plan): string[] {
  return desired.flatMap((after: Resource) => refused(policy, planOfOne(prior, after, NOW)));
}

test("what passes in a preview passes before each step too: protection and health checks go with the weight", async () => {
  for (const [before, after] of [
    [{ stage: "canary-5" }, {}],
    [{ stage: "canary-50" }, { stage: "full" }],
    [{ stage: "full" }, { stable: "green" as const }],
  ] satisfies [DnsShape, DnsShape][]) {
    const judged = await plan(before, after);
    for (const policy of [entrypointProtected, healthCheck]) {
      expect(refused(policy, judged)).toEqual([]);
      expect(oneByOne(policy, judged)).toEqual([]);
    }
  }
});

test("an edge that Route 53 cannot ask has no check, which is advice; one that it can ask needs one", async () => {
  const unchecked = { "shop-green-a": { healthCheckId: "" }, "shop-green-aaaa": { healthCheckId: "" } };
  const raise = (inputs: Record<string, object>) =>
    plan({ inputs }, { stage: "canary-5", inputs: { ...inputs, ...unchecked } });
  const records = ["x-shop-green-a", "x-shop-green-aaaa"];
  expect(refused(healthCheck, await raise({}))).toEqual(records);
  const unaskable: Record<string, object>[] = [
    { "lb-green": { internal: true } },
    { "g-green": { protocolVersion: "GRPC" } },
  ];
  for (const inputs of unaskable) {
    const judged = await raise(inputs);
    expect(refused(healthCheck, judged)).toEqual([]);
    expect(healthCheck.judge(judged).filter(({ advisory }) => advisory)).toHaveLength(2);
  }
});

test("an edge that gets weight must be protected, and one that has it stays so", async () => {
  const inputs = { "lb-green": { enableDeletionProtection: false } };
  expect(refused(entrypointProtected, await plan({}, { stage: "canary-5", inputs }))).toEqual(["x-lb-green"]);
  expect(refused(entrypointProtected, await plan({ stage: "canary-5" }, { stage: "canary-50", inputs }))).toContain(
    "x-lb-green",
  );
});

test("how fast DNS goes is read from what marks a local stack; what cannot be read makes nothing shorter", () => {
  expect(dnsSpeedOf({ images: {}, dnsSpeed: 12 })).toBe(12);
  for (const local of [undefined, {}, { dnsSpeed: 0 }, { dnsSpeed: "fast" }]) expect(dnsSpeedOf(local)).toBe(1);
});
