import { describe, expect, test } from "vitest";
import { candidateAttached } from "../policies/candidate-attached";
import type { Resource } from "../traffic";
import { changed, forward, group, listener, object, ours, rule, service, verdicts } from "./resources";

const BLUE = [group("blue"), service("blue-service", "blue")];
const GREEN = [group("green"), service("green-service", "green")];
const shop = (weights: Record<string, unknown>) => rule("shop", forward(weights));
const preview = rule("preview", forward({ green: 1 }), {
  priority: 1,
  conditions: [{ httpHeader: { httpHeaderName: "x-crossfade", values: ["green"] } }],
});
const stable = [...BLUE, shop({ blue: 100 })];
const idle = [...BLUE, ...GREEN, shop({ blue: 100, green: 0 })];
const canary = [...BLUE, ...GREEN, shop({ blue: 95, green: 5 })];

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[], Resource[]]>([
    ["1: a group that was in no rule", [...stable, ...GREEN], idle, canary],
    ["1: a group of which only a preview knows", [...stable, ...GREEN], [...stable, ...GREEN, preview], canary],
    ["2: a group without targets", [...BLUE, group("green"), shop({ blue: 100, green: 0 })], idle, canary],
    [
      "2: a group whose service runs nothing",
      [...BLUE, group("green"), service("green-service", "green", { desiredCount: 0 }), shop({ blue: 100, green: 0 })],
      idle,
      canary,
    ],
    [
      "2: a group that only cookies led to",
      [...BLUE, group("green"), rule("shop", forward({ blue: 100, green: 0 }, { enabled: true, duration: 60 }))],
      idle,
      canary,
    ],
    [
      "1: a switch from group to group",
      [...BLUE, ...GREEN, listener({ type: "forward", targetGroupArn: "arn:blue" })],
      [...BLUE, ...GREEN, preview, listener({ type: "forward", targetGroupArn: "arn:blue" })],
      [...BLUE, ...GREEN, preview, listener({ type: "forward", targetGroupArn: "arn:green" })],
    ],
  ])("%s", (_, bad, safe, desired) => {
    expect(verdicts(candidateAttached, bad, desired)).toEqual(["refused"]);
    expect(verdicts(candidateAttached, safe, desired)).toEqual([]);
  });
});

test("a route of ours is no exception", () => {
  const route = (weights: Record<string, unknown>) => ours("WeightedAlbRoute", shop(weights));
  const unattached = [...BLUE, ...GREEN, ...route({ blue: 100 })];
  const desired = [...BLUE, ...GREEN, ...route({ blue: 95, green: 5 })];
  expect(verdicts(candidateAttached, unattached, desired)).toEqual(["refused"]);
  expect(verdicts(candidateAttached, [...unattached, preview], [...desired, preview])).toEqual([]);
});

test("a group that this update makes: a route of ours waits for the next one, elsewhere an edge may do", () => {
  const route = (weights: Record<string, unknown>) => ours("WeightedAlbRoute", shop(weights));
  const made = [...BLUE, ...GREEN, ...route({ blue: 95, green: 5 })];
  expect(verdicts(candidateAttached, [...BLUE, ...route({ blue: 100 })], made)).toEqual(["refused"]);
  expect(verdicts(candidateAttached, stable, canary)).toEqual(["said"]);
});

test.each<[string, Resource[], Resource[]]>([
  ["a first install", [], canary],
  ["the next stage", canary, [...BLUE, ...GREEN, shop({ blue: 50, green: 50 })]],
  ["a rollback", canary, [...BLUE, ...GREEN, shop({ blue: 100, green: 0 })]],
  [
    "a rule for another service",
    stable,
    [...stable, group("cart"), service("c", "cart"), rule("cart", forward({ cart: 1 }))],
  ],
  ["another path of the same service", stable, [...stable, rule("api", forward({ blue: 1 }))]],
  [
    "a listener that answered by itself",
    [listener({ type: "fixed-response", fixedResponse: { statusCode: "404" } })],
    [...BLUE, listener(forward({ blue: 1 }))],
  ],
])("%s passes", (_, prior, desired) => {
  expect(verdicts(candidateAttached, prior, desired)).toEqual([]);
});

test("a candidate that is replaced in the same update starts empty", () => {
  const [green, ...rest] = GREEN as [Resource, Resource];
  const desired = [...BLUE, changed(green, { port: 81 }, { outputs: { id: "arn:green" } }), ...rest];
  const route = (weights: Record<string, unknown>) => ours("WeightedAlbRoute", shop(weights));
  const prior = [...BLUE, ...GREEN, ...route({ blue: 100, green: 0 })];
  const bad = [...desired, ...route({ blue: 95, green: 5 })];
  expect(verdicts(candidateAttached, prior, bad)).toEqual(["refused"]);
});

test("where other stacks fill stable's group, an empty candidate is said and not refused", () => {
  const prior = [group("blue"), group("green"), shop({ blue: 100, green: 0 })];
  expect(verdicts(candidateAttached, prior, [group("blue"), group("green"), shop({ blue: 95, green: 5 })])).toEqual([
    "said",
  ]);
});

test("a binding of Kubernetes fills a group, and a function needs no check", () => {
  const binding = object("elbv2.k8s.aws/v1beta1:TargetGroupBinding", "green", { targetGroupARN: "arn:green" });
  const bound = (weights: Record<string, unknown>) => [...BLUE, group("green"), binding, shop(weights)];
  expect(verdicts(candidateAttached, bound({ blue: 100, green: 0 }), bound({ blue: 95, green: 5 }))).toEqual([]);

  const lambda = [
    group("green", { targetType: "lambda" }),
    {
      ...service("attached", "green"),
      type: "aws:lb/targetGroupAttachment:TargetGroupAttachment",
      inputs: { targetGroupArn: "arn:green" },
    },
  ];
  expect(
    verdicts(candidateAttached, [...stable, ...lambda], [...BLUE, ...lambda, shop({ blue: 95, green: 5 })]),
  ).toEqual([]);
});

const route = (namespace: string) =>
  object("gateway.networking.k8s.io/v1:HTTPRoute", "shop", {
    rules: [{ backendRefs: [{ name: "green", namespace, port: 80, weight: 0 }] }],
  });
const elsewhere = object("core/v1:Service", "green", { selector: { app: "green" } }, { namespace: "next" });
const grant = (from: object, to: object) =>
  object(
    "gateway.networking.k8s.io/v1beta1:ReferenceGrant",
    "grant",
    { from: [from], to: [to] },
    { namespace: "next" },
  );
const FROM = { group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" };

test.each<[string, Resource[], string[]]>([
  ["its own namespace", [route("shop")], []],
  ["another one, and no grant", [route("next"), elsewhere], ["refused"]],
  ["another one that this stack does not show", [route("next")], ["said"]],
  ["a grant for all Services", [route("next"), elsewhere, grant(FROM, { group: "", kind: "Service" })], []],
  ["a grant for this one", [route("next"), elsewhere, grant(FROM, { kind: "Service", name: "green" })], []],
  ["a grant for another one", [route("next"), elsewhere, grant(FROM, { kind: "Service", name: "blue" })], ["refused"]],
  [
    "a grant for routes of another namespace",
    [route("next"), elsewhere, grant({ ...FROM, namespace: "cart" }, { kind: "Service" })],
    ["refused"],
  ],
  [
    "a grant for another kind of route",
    [route("next"), elsewhere, grant({ ...FROM, kind: "GRPCRoute" }, { kind: "Service" })],
    ["refused"],
  ],
])("a backend in a namespace: %s", (_, desired, expected) => {
  expect(verdicts(candidateAttached, [], desired)).toEqual(expected);
});
