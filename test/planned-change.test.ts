import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plannedChanges, type Resource, sameValue, servingResources, UNKNOWN } from "../traffic";

const seed = Number(process.env.SEED ?? 8);
console.log(`planned changes: properties with SEED=${seed}`);

const GROUP = "aws:lb/targetGroup:TargetGroup";

function resource(name: string, type: string, inputs: object, more: Partial<Resource> = {}): Resource {
  const urn = `urn:pulumi:dev::test::${type}::${name}`;
  const arn = `arn:${name}`;
  return { urn, type, custom: true, inputs: { ...inputs }, outputs: { id: arn, arn, ...inputs }, ...more };
}

const group = (inputs: object = {}, more: Partial<Resource> = {}) =>
  resource("g", GROUP, { port: 80, name: "g-1", __defaults: ["name"], ...inputs }, more);

const inCloud = group({}, { outputs: { arn: "arn:g", ipAddressType: "ipv4" } });

const kinds = (prior: Resource[], desired: Resource[]) => plannedChanges(prior, desired).map(({ kind }) => kind);

describe("a planned change", () => {
  test.each<[string, Resource[], Resource[], string[]]>([
    ["nothing", [group()], [group()], []],
    ["a new resource", [], [group()], ["create"]],
    ["another value", [group()], [group({ deregistrationDelay: 5 })], ["update"]],
    ["a missing resource", [group()], [], ["delete"]],
    ["a forcing property, by the table", [group()], [group({ port: 81 }, { outputs: {} })], ["replace"]],
    [
      "a forcing property, written out as the cloud has it",
      [inCloud],
      [group({ ipAddressType: "ipv4" }, { outputs: {} })],
      ["update"],
    ],
    ["the same with another value", [inCloud], [group({ ipAddressType: "ipv6" }, { outputs: {} })], ["replace"]],
    ["an unknown stable output", [group()], [group({}, { outputs: { arn: UNKNOWN } })], ["replace"]],
    ["a forcing property that the provider takes in place", [group()], [group({ port: 81 })], ["update"]],
    ["an unknown forcing property", [group()], [group({ vpcId: UNKNOWN }, { outputs: {} })], ["replace"]],
    ["a rename with an alias", [group()], [resource("h", GROUP, group().inputs, { aliases: [group().urn] })], []],
    ["a rename without one", [group()], [resource("h", GROUP, group().inputs)], ["create", "delete"]],
    ["a retained resource", [group({}, { retainOnDelete: true })], [], []],
    ["a component", [group({}, { custom: false })], [], []],
    ["a deletion left over", [group(), group({}, { pendingDelete: true })], [group()], ["delete"]],
  ])("%s", (_, prior, desired, expected) => {
    expect(kinds(prior, desired)).toEqual(expected);
  });

  test("what the API server of Kubernetes refuses to change, and what it takes", () => {
    const deployment = (app: string, image: string): Resource => ({
      ...resource("shop", "kubernetes:apps/v1:Deployment", {
        metadata: { name: "shop" },
        spec: { selector: { matchLabels: { app } }, template: { spec: { containers: [{ image }] } } },
      }),
      outputs: {},
    });
    expect(kinds([deployment("shop", "a")], [deployment("shop", "b")])).toEqual(["update"]);
    const [change] = plannedChanges([deployment("shop", "a")], [deployment("store", "a")]);
    expect(change).toMatchObject({ kind: "replace", deletedFirst: true, because: [{ property: "spec.selector" }] });
  });

  test("a forcing property inside another", () => {
    const nodes = (launchTemplate: object) => resource("n", "aws:eks/nodeGroup:NodeGroup", { launchTemplate });
    const unseen = (after: Resource) => ({ ...after, outputs: {} });
    const before = nodes({ id: "lt-1", version: "1" });
    expect(kinds([before], [unseen(nodes({ id: "lt-1", version: "2" }))])).toEqual(["update"]);
    const [change] = plannedChanges([before], [unseen(nodes({ id: "lt-2", version: "1" }))]);
    expect(change).toMatchObject({
      kind: "replace",
      because: [{ property: "launchTemplate.id", before: "lt-1", after: "lt-2" }],
    });
  });

  test("a type that the provider always deletes first", () => {
    const rule = (port: number) => resource("r", "aws:ec2/securityGroupRule:SecurityGroupRule", { fromPort: port });
    const next = { ...rule(81), outputs: {} };
    const deletedFirst = (after: Resource) =>
      plannedChanges([rule(80)], [after]).map((change) => change.kind === "replace" && change.deletedFirst);
    expect(deletedFirst(next)).toEqual([true]);
    expect(deletedFirst({ ...next, deleteBeforeReplace: false })).toEqual([false]);
  });

  test("a name of its own is deleted first, an auto-name is not", () => {
    const outputs = { arn: UNKNOWN };
    const deletedFirst = (before: Resource, after: Resource) =>
      plannedChanges([before], [after]).map((change) => change.kind === "replace" && change.deletedFirst);
    expect(deletedFirst(group(), group({ port: 81 }, { outputs }))).toEqual([false]);
    const named = { __defaults: [] };
    expect(deletedFirst(group(named), group({ ...named, port: 81 }, { outputs }))).toEqual([true]);
    expect(deletedFirst(group(), group({ port: 81 }, { outputs, deleteBeforeReplace: true }))).toEqual([true]);
  });
});

test.each<[string, unknown, unknown, boolean]>([
  ["numbers and their text", 80, "80", true],
  ["JSON by its content", '{"a":1,"b":2}', '{ "b": 2, "a": 1 }', true],
  ["lists as sets", ["a", "b"], ["b", "a"], true],
  ["lists of objects in their order", [{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1 }], false],
  ["the engine's own keys", { a: 1, __defaults: [] }, { a: 1, __defaults: ["a"] }, true],
  ["absent and null", { a: null }, {}, true],
  ["an unknown value", UNKNOWN, UNKNOWN, false],
  ["an unknown value inside", { a: [UNKNOWN] }, { a: [UNKNOWN] }, false],
  ["text that only looks like JSON", "[x", "[y", false],
])("sameValue: %s", (_, before, after, same) => {
  expect(sameValue(before, after)).toBe(same);
});

test("sameValue, part by part, is what it is of the whole as text", () => {
  const words = fc.constantFrom("a", "b", "80", '{"a":[1,"b"]}', "[]", "[x");
  const plain = fc.oneof(words, fc.constantFrom(80, 1, true, false, null, undefined));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, plain, tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom("a", "b", "__defaults"), tie("value"), { maxKeys: 3 }),
  }));
  const alike = fc.tuple(value, value).chain(([one, other]) =>
    fc.constantFrom(
      [one, other],
      [
        { a: one, b: other },
        { b: other, a: one },
      ],
      [
        [one, other],
        [other, one],
      ],
      [one, JSON.stringify(one)],
    ),
  );
  fc.assert(
    fc.property(alike, ([before, after]) => {
      const asText = (part: unknown) => JSON.stringify([part]);
      expect(sameValue(before, after)).toBe(sameValue(`${asText(before)} `, asText(after)));
    }),
    { numRuns: 1000, seed },
  );
});

describe("who serves", () => {
  const forward = (...groups: [string, number | undefined][]) => ({
    type: "forward",
    forward: { targetGroups: groups.map(([name, weight]) => ({ arn: `arn:${name}`, weight })) },
  });
  const target = (name: string) => resource(name, GROUP, {});
  const balancer = resource("lb", "aws:lb/loadBalancer:LoadBalancer", {});
  const listener = (...actions: object[]) =>
    resource("web", "aws:lb/listener:Listener", { loadBalancerArn: "arn:lb", defaultActions: actions });
  const rule = (conditions: object[], action: object) =>
    resource("rule", "aws:lb/listenerRule:ListenerRule", { listenerArn: "arn:web", conditions, actions: [action] });
  const serving = (...state: Resource[]) =>
    [...servingResources(state).keys()].map(({ urn }) => urn.split("::").at(-1)).sort();

  test.each<[string, Resource[], string[]]>([
    [
      "a group with weight",
      [balancer, listener(forward(["a", 1], ["b", 0])), target("a"), target("b")],
      ["a", "lb", "web"],
    ],
    ["a group without a weight: the default is 1", [listener(forward(["a", undefined])), target("a")], ["a", "web"]],
    ["a group in a plain forward", [listener({ type: "forward", targetGroupArn: "arn:a" }), target("a")], ["a", "web"]],
    ["no group that is in no rule", [target("a")], []],
    [
      "no group behind the preview header only",
      [rule([{ httpHeader: { httpHeaderName: "X-Crossfade", values: ["green"] } }], forward(["a", 1])), target("a")],
      [],
    ],
    [
      "a group behind somebody's own header",
      [rule([{ httpHeader: { httpHeaderName: "x-mobile", values: ["1"] } }], forward(["a", 1])), target("a")],
      ["a", "rule"],
    ],
    [
      "a group of weight 0 that cookies may lead to",
      [
        rule([], {
          type: "forward",
          forward: {
            targetGroups: [
              { arn: "arn:a", weight: 100 },
              { arn: "arn:b", weight: 0 },
            ],
            stickiness: { enabled: true, duration: 60 },
          },
        }),
        target("a"),
        target("b"),
      ],
      ["a", "b", "rule"],
    ],
    [
      "the service behind a group, and its cluster",
      [
        listener(forward(["a", 1])),
        target("a"),
        resource("s", "aws:ecs/service:Service", { cluster: "arn:c", loadBalancers: [{ targetGroupArn: "arn:a" }] }),
        resource("c", "aws:ecs/cluster:Cluster", {}),
        resource("idle", "aws:ecs/service:Service", { cluster: "arn:d", loadBalancers: [{ targetGroupArn: "arn:b" }] }),
      ],
      ["a", "c", "s", "web"],
    ],
    [
      "a weighted record while its weight is positive, and a simple one always",
      [
        resource("on", "aws:route53/record:Record", {
          zoneId: "z",
          name: "w",
          type: "A",
          weightedRoutingPolicies: [{ weight: 1 }],
        }),
        resource("off", "aws:route53/record:Record", {
          zoneId: "z",
          name: "w",
          type: "A",
          weightedRoutingPolicies: [{ weight: 0 }],
        }),
        resource("simple", "aws:route53/record:Record", { zoneId: "z", name: "s", type: "CNAME" }),
        resource("text", "aws:route53/record:Record", { zoneId: "z", name: "t", type: "TXT" }),
      ],
      ["on", "simple"],
    ],
    [
      "all records of a set without weight: Route 53 answers with any",
      [
        resource("x", "aws:route53/record:Record", {
          zoneId: "z",
          name: "w",
          type: "A",
          weightedRoutingPolicies: [{ weight: 0 }],
        }),
        resource("y", "aws:route53/record:Record", {
          zoneId: "z",
          name: "w",
          type: "A",
          weightedRoutingPolicies: [{ weight: 0 }],
        }),
      ],
      ["x", "y"],
    ],
  ])("%s", (_, state, expected) => {
    expect(serving(...state)).toEqual(expected);
  });

  test("a group that was replaced and not yet deleted serves while the rule is on it", () => {
    const old = { ...target("a"), pendingDelete: true };
    const next = { ...target("a"), outputs: { id: "arn:new", arn: "arn:new" } };
    const state = [listener(forward(["a", 1])), next, old];
    expect(servingResources(state).get(old)?.why).toContain("100 %");
    expect(servingResources(state).has(next)).toBe(false);
  });
});
