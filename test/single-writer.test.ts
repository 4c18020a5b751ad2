import { describe, expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { singleWriter } from "../policies/single-writer";
import { type Resource, UNKNOWN } from "../traffic";
import { stack } from "./crossfade-stack";
import { changed, forward, group, listener, object, ours, resource, rule, service, verdicts } from "./resources";

const groups = [group("blue"), group("green")];
const SPLIT = forward({ blue: 100, green: 0 });
const shop = (more: Partial<Resource> = {}) => rule("shop", SPLIT, {}, more);
const native = (strategy: string) =>
  service("native", "blue", {
    deploymentConfiguration: { strategy },
    loadBalancers: [
      {
        targetGroupArn: "arn:blue",
        advancedConfiguration: { alternateTargetGroupArn: "arn:green", productionListenerRule: "arn:shop" },
      },
    ],
  });
const deployed = (type: string) => service("deployed", "blue", { deploymentController: { type } });
const at = (priority: number, ...conditions: object[]) => ({ priority, conditions });
const hosts = (...values: string[]) => ({ hostHeader: { values } });
const host = hosts("shop.example.com");
const everyHost = hosts("*.example.com");
const paths = (...values: string[]) => ({ pathPattern: { values } });
const path = paths("/cart/*");
const route = (metadata: object, more: Partial<Resource> = {}) =>
  object(
    "gateway.networking.k8s.io/v1:HTTPRoute",
    "shop",
    {
      rules: [
        {
          backendRefs: [
            { name: "blue", weight: 100 },
            { name: "green", weight: 0 },
          ],
        },
      ],
    },
    metadata,
    more,
  );
const ingress = (metadata: object) => object("networking.k8s.io/v1:Ingress", "shop", {}, metadata);
const rollout = (httpRoute: string) =>
  object("argoproj.io/v1alpha1:Rollout", "shop", {
    strategy: { canary: { trafficRouting: { plugins: { "argoproj-labs/gatewayAPI": { httpRoute } } } } },
  });
const scaling = (inputs: object) => resource("asg", "aws:autoscaling/group:Group", { minSize: 2, ...inputs });
const attachment = resource("attachment", "aws:autoscaling/attachment:Attachment", {
  autoscalingGroupName: "asg",
  lbTargetGroupArn: "arn:green",
});

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[]]>([
    [
      "27: ECS shifts the rule's weights too",
      [...groups, shop(), native("CANARY")],
      [...groups, shop(), native("ROLLING")],
    ],
    [
      "27: and the program leaves them alone",
      [...groups, shop(), native("BLUE_GREEN")],
      [...groups, shop({ ignoreChanges: ["actions"] }), native("BLUE_GREEN")],
    ],
    [
      "27: one weight left alone is not all",
      [...groups, shop({ ignoreChanges: ["actions[0].forward.targetGroups[0].weight"] }), native("LINEAR")],
      [...groups, shop({ ignoreChanges: ["actions[0].forward.targetGroups"] }), native("LINEAR")],
    ],
    [
      "27: CodeDeploy moves the listener",
      [...groups, listener(SPLIT), deployed("CODE_DEPLOY")],
      [...groups, listener(SPLIT), deployed("ECS")],
    ],
    [
      "27: Argo Rollouts has marked the Ingress",
      [ingress({ annotations: { "rollouts.argoproj.io/managed-alb-actions": "{}" } })],
      [ingress({ annotations: { "example.com/team": "shop" } })],
    ],
    ["27: a Rollout of this stack names the route", [route({}), rollout("shop")], [route({}), rollout("cart")]],
    [
      "27: Flagger owns the route",
      [route({ ownerReferences: [{ apiVersion: "flagger.app/v1beta1", kind: "Canary" }] })],
      [
        route(
          { ownerReferences: [{ apiVersion: "flagger.app/v1beta1", kind: "Canary" }] },
          { ignoreChanges: ["spec"] },
        ),
      ],
    ],
    [
      "11: an earlier rule matches all of a weighted rule's requests",
      [...groups, rule("shop", SPLIT, at(10, host)), rule("all", forward({ blue: 1 }), at(5, everyHost))],
      [...groups, rule("shop", SPLIT, at(10, host)), rule("all", forward({ blue: 1 }), at(15, everyHost))],
    ],
    [
      "11: an earlier rule without conditions",
      [...groups, rule("shop", SPLIT, at(10, host)), rule("cart", forward({ blue: 1 }), at(5))],
      [...groups, rule("shop", SPLIT, at(10, host)), rule("cart", forward({ blue: 1 }), at(5, host, path))],
    ],
    [
      "11: an earlier rule of every path",
      [...groups, rule("shop", SPLIT, at(10, host)), rule("all", forward({ blue: 1 }), at(5, paths("/*")))],
      [...groups, rule("shop", SPLIT, at(10, host)), rule("all", forward({ blue: 1 }), at(5, paths("/*/a")))],
    ],
    [
      "11: an earlier rule of the host and every path, or another one",
      [...groups, rule("shop", SPLIT, at(10, host)), rule("all", forward({ blue: 1 }), at(5, host, paths("/a", "*")))],
      [...groups, rule("shop", SPLIT, at(10, host)), rule("all", forward({ blue: 1 }), at(5, host, paths("/a", "/b")))],
    ],
    [
      "11: an earlier rule of every host",
      [...groups, rule("cart", SPLIT, at(10, path)), rule("all", forward({ blue: 1 }), at(5, hosts("*"), path))],
      [...groups, rule("cart", SPLIT, at(10, path)), rule("all", forward({ blue: 1 }), at(5, hosts("*.com"), path))],
    ],
    [
      "11: an earlier rule of a pattern that has all of another one's",
      [...groups, rule("cart", SPLIT, at(10, path)), rule("all", forward({ blue: 1 }), at(5, paths("/c?rt*")))],
      [...groups, rule("cart", SPLIT, at(10, path)), rule("all", forward({ blue: 1 }), at(5, paths("/cart/?")))],
    ],
    [
      "11: one priority twice",
      [rule("shop", forward({ blue: 1 }), at(10, host)), rule("cart", forward({ blue: 1 }), at(10, path))],
      [rule("shop", forward({ blue: 1 }), at(10, host)), rule("cart", forward({ blue: 1 }), at(11, path))],
    ],
    [
      "a group attached twice over",
      [scaling({ targetGroupArns: ["arn:blue"] }), attachment],
      [scaling({}), attachment],
    ],
  ])("%s", (_, bad, safe) => {
    expect(verdicts(singleWriter, [], bad)).toEqual(["refused"]);
    expect(verdicts(singleWriter, [], safe)).toEqual([]);
  });
});

test("a preview of ours behind a rule that takes its requests is said, and before it it is not", () => {
  const header = { httpHeader: { httpHeaderName: "x-crossfade", values: ["green"] } };
  const preview = (priority: number) => rule("green-preview", forward({ green: 1 }), at(priority, host, header));
  const stack = (priority: number) => [
    ...groups,
    rule("shop", SPLIT, at(10, host)),
    ...ours("FargateEnvironment", preview(priority)),
  ];
  expect(verdicts(singleWriter, [], stack(21))).toEqual(["said"]);
  expect(verdicts(singleWriter, [], stack(9))).toEqual([]);
  expect(verdicts(singleWriter, [], [...groups, rule("shop", SPLIT, at(10, host)), preview(21)])).toEqual([]);
});

test("one priority twice stays old in another order of the same rules", () => {
  const [a, b] = [rule("shop", forward({ blue: 1 }), at(10, host)), rule("cart", forward({ blue: 1 }), at(10, path))];
  expect(verdicts(singleWriter, [a, b], [b, a])).toEqual(["said"]);
});

test("one priority on two listeners is no clash", () => {
  const other = rule("cart", forward({ blue: 1 }), { listenerArn: "arn:other" });
  expect(verdicts(singleWriter, [], [rule("shop", forward({ blue: 1 })), other])).toEqual([]);
});

test("what a controller has marked in the cloud counts, though the program does not say it", () => {
  const marked = route({});
  marked.outputs.metadata = { labels: { "rollouts.argoproj.io/gatewayapi-canary": "in-progress" } };
  expect(verdicts(singleWriter, [], [marked])).toEqual(["refused"]);
});

test("to stop leaving the weights alone is refused, and where they never were it is said", () => {
  const [left, taken] = [shop({ ignoreChanges: ["actions"] }), shop()];
  const rest = [...groups, native("CANARY")];
  expect(verdicts(singleWriter, [...rest, left], [...rest, taken])).toEqual(["refused"]);
  expect(verdicts(singleWriter, [...rest, taken], [...rest, taken])).toEqual(["said"]);
});

test("a route of ours whose weights nobody moves is refused", () => {
  const ignored = stack().map((one) =>
    one.type.endsWith(":ListenerRule") ? { ...one, ignoreChanges: ["actions"] } : one,
  );
  expect(verdicts(singleWriter, [], ignored)).toEqual(["refused"]);
  expect(verdicts(singleWriter, [], stack())).toEqual([]);
});

test("a Gateway's route of ours whose weights nobody moves is refused", () => {
  const ignored = ours("WeightedGatewayRoute", route({}, { ignoreChanges: ["spec"] }));
  expect(verdicts(singleWriter, [], ignored)).toEqual(["refused"]);
  expect(verdicts(singleWriter, [], ours("WeightedGatewayRoute", route({})))).toEqual([]);
});

describe("a route of ours whose weights a transform has changed", () => {
  const canary = (stage: string, weights: Record<string, unknown>) =>
    stack({ stage }).map((one) =>
      one.type.endsWith(":ListenerRule") ? changed(one, { actions: [forward(weights)] }) : one,
    );

  test.each<[string, string, Record<string, unknown>, string[]]>([
    ["the stage's own", "canary-5", { blue: 95, green: 5 }, []],
    ["another scale of them", "canary-5", { blue: 855, green: 45 }, []],
    ["none for the idle color", "idle", { blue: 100 }, []],
    ["others", "canary-5", { blue: 50, green: 50 }, ["refused"]],
    ["others, at idle", "idle", { blue: 99, green: 1 }, ["refused"]],
    ["others, at full", "full", { blue: 1, green: 99 }, ["refused"]],
    ["a part for somebody else", "canary-5", { blue: 95, green: 5, cart: 5 }, ["refused"]],
    ["none for the candidate", "canary-5", { blue: 95 }, ["refused"]],
    ["all 0", "canary-5", { blue: 0, green: 0 }, ["refused"]],
    ["one that is not known", "canary-5", { blue: 95, green: UNKNOWN }, ["refused"]],
    ["one that is left out", "canary-5", { blue: 95, green: undefined }, ["refused"]],
  ])("%s", (_, stage, weights, expected) => {
    expect(verdicts(singleWriter, stack({}), canary(stage, weights))).toEqual(expected);
  });

  test("the same as before is said, and once a stage moves it is refused", () => {
    const before = canary("canary-5", { blue: 50, green: 50 });
    expect(verdicts(singleWriter, before, before)).toEqual(["said"]);
    expect(verdicts(singleWriter, before, canary("idle", { blue: 50, green: 50 }))).toEqual(["refused"]);
    expect(verdicts(singleWriter, before, canary("canary-50", { blue: 10, green: 90 }))).toEqual(["refused"]);
    expect(verdicts(singleWriter, before, stack({ stage: "canary-5" }))).toEqual([]);
  });

  test("it says what, where, why and what to do", () => {
    const [finding] = singleWriter.judge(planOf(stack({}), canary("canary-5", { blue: 60, green: 30, cart: 10 })));
    expect(finding).toMatchObject({
      urn: expect.stringMatching(/ListenerRule::shop$/),
      what: '"shop" is to be at canary-5 (blue 95 %, green 5 %), and what the program writes on "shop" is blue 60 %, green 30 %, others 10 %.',
      instead: expect.stringContaining("crossfade:stage"),
    });
  });
});

interface Entry {
  parents?: object[];
  hostnames?: string[];
  matches?: object[];
}
const splitting = (name: string, entry: Entry = {}) => {
  const { parents: parentRefs = [{ name: "public" }], hostnames = ["shop.example.com"], matches = [{}] } = entry;
  const backendRefs = [
    { name: "blue", weight: 1 },
    { name: "green", weight: 0 },
  ];
  const rules = [{ matches, backendRefs }];
  return object("gateway.networking.k8s.io/v1:HTTPRoute", name, { parentRefs, hostnames, rules });
};
const header = (name: string) => ({ headers: [{ name, value: "green" }] });

test.each<[string, Entry, string[]]>([
  ["the same", {}, ["refused"]],
  ["the same match, written out", { matches: [{ path: { type: "PathPrefix", value: "/" } }] }, ["refused"]],
  ["the same among others", { hostnames: ["a.example.com", "SHOP.example.com"] }, ["refused"]],
  ["another host", { hostnames: ["cart.example.com"] }, []],
  ["another Gateway", { parents: [{ name: "private" }] }, []],
  ["another listener", { parents: [{ name: "public", sectionName: "admin" }] }, []],
  ["a nearer match", { matches: [header("x-beta")] }, []],
  ["a preview", { matches: [header("x-crossfade")] }, []],
])("two routes of a Gateway that split requests: %s", (_, entry, expected) => {
  expect(verdicts(singleWriter, [], [splitting("a"), splitting("b", entry)])).toEqual(expected);
});

test("priorities that are reordered pass", () => {
  const [a, b] = [rule("a", SPLIT, at(1, host)), rule("b", SPLIT, at(2, path))];
  expect(verdicts(singleWriter, [a, b], [changed(a, { priority: 2 }), changed(b, { priority: 1 })])).toEqual([]);
});
