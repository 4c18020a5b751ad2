import { describe, expect, test } from "vitest";
import { planOf, planOfOne } from "../policies/plan";
import { weightsExplicit } from "../policies/weights-explicit";
import { type Resource, UNKNOWN } from "../traffic";
import { forward, group, listener, object, record, rule, service, verdicts, weighted } from "./resources";

const groups = (...names: string[]) => names.map((name) => group(name));
const shop = (weights: Record<string, unknown>, stickiness?: object) => rule("shop", forward(weights, stickiness));
const sticky = (type: string) => group("green", { stickiness: { type, enabled: true } });
const ON = { enabled: true, duration: 60 };
const SIX = { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 };
const { f: _, ...FIVE } = SIX;
const hundred = (count: number) => Array.from({ length: count }, (_, i) => weighted(`r${i}`, 1, { name: "all" }));
const native = { advancedConfiguration: { productionListenerRule: "arn:shop" }, targetGroupArn: "arn:blue" };
const login = { type: "authenticate-oidc" };
const route = (...weights: unknown[]) =>
  object("gateway.networking.k8s.io/v1:HTTPRoute", "shop", {
    rules: [{ backendRefs: weights.map((weight, i) => ({ name: `s${i}`, ...(weight !== undefined && { weight }) })) }],
  });

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[]]>([
    [
      "7: a weight that is left out",
      [...groups("blue", "green"), shop({ blue: 100, green: undefined })],
      [...groups("blue", "green"), shop({ blue: 100, green: 0 })],
    ],
    [
      "7: a weight that the provider has filled in",
      [
        ...groups("blue", "green"),
        rule("shop", {
          type: "forward",
          forward: {
            targetGroups: [
              { arn: "arn:blue", weight: 100 },
              { arn: "arn:green", weight: 1, __defaults: ["weight"] },
            ],
          },
        }),
      ],
      [...groups("blue", "green"), shop({ blue: 100, green: 1 })],
    ],
    [
      "8: weights that are all 0",
      [listener(forward({ blue: 0, green: 0 }))],
      [listener(forward({ blue: 1, green: 0 }))],
    ],
    [
      "a weight that is not known before the update",
      [listener(forward({ blue: 100, green: UNKNOWN }))],
      [listener(forward({ blue: 100, green: 5 }))],
    ],
    ["14: a sixth group", [listener(forward(SIX))], [listener(forward(FIVE))]],
    [
      "6: target stickiness without group stickiness",
      [group("blue"), sticky("lb_cookie"), shop({ blue: 95, green: 5 })],
      [group("blue"), sticky("lb_cookie"), shop({ blue: 95, green: 5 }, ON)],
    ],
    [
      "6: an application's cookie beside weights",
      [group("blue"), sticky("app_cookie"), shop({ blue: 95, green: 5 }, ON)],
      [group("blue"), sticky("lb_cookie"), shop({ blue: 95, green: 5 }, ON)],
    ],
    [
      "16: a rule of ECS that also authenticates",
      [
        ...groups("blue"),
        rule("shop", forward({ blue: 1 }), { actions: [login, forward({ blue: 1 })] }),
        service("s", "blue", { loadBalancers: [native] }),
      ],
      [
        ...groups("blue"),
        rule("shop", forward({ blue: 1 }), { actions: [login, forward({ blue: 1 })] }),
        service("s", "blue"),
      ],
    ],
    [
      "16: two things done with one request",
      [rule("shop", forward({ blue: 1 }), { actions: [{ type: "redirect" }, forward({ blue: 1 })] })],
      [rule("shop", forward({ blue: 1 }))],
    ],
    [
      "20: weighted records that are all 0",
      [weighted("blue", 0), weighted("green", 0)],
      [weighted("blue", 1), weighted("green", 0)],
    ],
    [
      "23: TTLs that differ",
      [weighted("blue", 50), weighted("green", 50, { ttl: 30 })],
      [weighted("blue", 50), weighted("green", 50)],
    ],
    [
      "23: two values of a weighted record",
      [weighted("blue", 1, { records: ["a", "b"] })],
      [weighted("blue", 1, { records: ["a"] })],
    ],
    ["23: a hundred and first record", hundred(101), hundred(100)],
    [
      "19: a simple record beside a weighted one",
      [weighted("blue", 1), record("old")],
      [weighted("blue", 1), record("old", { name: "old.example.com" })],
    ],
    [
      "19: the same name, once with the zone's and once without",
      [weighted("blue", 1), record("old", { name: "shop" }), zone()],
      [weighted("blue", 1), record("old", { name: "shop2" }), zone()],
    ],
    ["a route whose weights are all 0", [route(0, 0)], [route(1, 0)]],
    ["a route that leaves a weight out", [route(1, undefined)], [route(1, 0)]],
  ])("%s", (_, bad, safe) => {
    expect(verdicts(weightsExplicit, [], bad)).toContain("refused");
    expect(verdicts(weightsExplicit, [], safe)).not.toContain("refused");
  });
});

function zone(): Resource {
  return { ...record("zone"), type: "aws:route53/zone:Zone", inputs: { name: "example.com" }, outputs: { id: "Z1" } };
}

test("25: a small share of the answers is said, and a team's own bound holds", () => {
  const set = [weighted("blue", 95), weighted("green", 5)];
  expect(verdicts(weightsExplicit, [], set)).toEqual(["said"]);
  expect(verdicts(weightsExplicit, [], [weighted("blue", 90), weighted("green", 10)])).toEqual([]);
  expect(verdicts(weightsExplicit, [], set, { leastDnsShare: 5 })).toEqual([]);
});

test("what was so before is said once, and refused where it grows", () => {
  const before = [...groups("blue", "green", "red"), shop({ blue: undefined, green: undefined, red: 0 })];
  const worse = [...groups("blue", "green", "red"), shop({ blue: undefined, green: undefined, red: undefined })];
  expect(verdicts(weightsExplicit, before, before)).toEqual(["said"]);
  expect(verdicts(weightsExplicit, before, worse)).toEqual(["refused"]);
});

test("what was wrong with a set of records stays old when one of them goes or they come in another order", () => {
  const [a, b, c] = [weighted("a", 50), weighted("b", 50, { ttl: 30 }), weighted("c", 50)];
  expect(verdicts(weightsExplicit, [a, b, c], [c, b, a])).toEqual(["said"]);
  expect(verdicts(weightsExplicit, [a, b, c], [b, c])).toEqual(["said"]);
});

test("in an update each rule is judged before its own step, and no set is judged by one of its records", () => {
  const prior = [weighted("blue", 1), weighted("green", 0)];
  const bad = shop({ blue: 100, green: undefined });
  expect(weightsExplicit.judge(planOfOne(prior, bad))).toMatchObject([{ urn: bad.urn }]);
  expect(weightsExplicit.judge(planOfOne(prior, weighted("green", 0, { ttl: 30 })))).toEqual([]);
});

test("a group that is only to be made has no stickiness yet", () => {
  const made = group("green");
  const green = { ...made, outputs: { ...made.outputs, stickiness: UNKNOWN, arn: "arn:green" } };
  const plan = planOf([], [group("blue"), green, shop({ blue: 100, green: 0 })]);
  expect(weightsExplicit.judge(plan)).toEqual([]);
});
