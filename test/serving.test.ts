import { describe, expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { servingDeletion } from "../policies/serving-deletion";
import { servingReplacement } from "../policies/serving-replacement";
import { nameOf, servingResources, UNKNOWN } from "../traffic";
import { deployment, httpRoute, object, service as podsOf } from "./kubernetes-programs";
import { edited } from "./plan-losses";
import {
  addressRecord,
  balancer,
  deployed,
  forward,
  group,
  type Item,
  listener,
  type Program,
  previewed,
  record,
  ref,
  rule,
  service,
} from "./small-programs";

/** Each that serves, with its share in percent. */
function shares(program: Program): Record<string, number> {
  const serving = [...servingResources(deployed(program))];
  return Object.fromEntries(serving.map(([{ urn }, { share }]) => [nameOf(urn), Math.round(share * 1000) / 10]));
}

const EDGE = [balancer(), listener()];
const BOTH = [group("blue"), service("blue-s", "blue"), group("green"), service("green-s", "green")];
const on = (lb: string, name: string, action: object): Item => ({
  name,
  kind: "listener",
  inputs: { loadBalancerArn: ref(lb), port: 443, defaultActions: [action] },
});
const item = (kind: Item["kind"], name: string, inputs: object = {}): Item => ({ name, kind, inputs: { ...inputs } });

describe("the share of its entry point's requests", () => {
  test.each<[string, Program, Record<string, number>]>([
    [
      "by a rule's weights, and to what runs behind them",
      [...EDGE, ...BOTH, rule("shop", {}, forward({ blue: 95, green: 5 }))],
      { lb: 100, web: 100, shop: 100, blue: 95, "blue-s": 95, green: 5, "green-s": 5 },
    ],
    [
      "none, and nothing behind it",
      [...EDGE, ...BOTH, rule("shop", {}, forward({ blue: 100, green: 0 }))],
      { lb: 100, web: 100, shop: 100, blue: 100, "blue-s": 100 },
    ],
    [
      "none but by a cookie",
      [...EDGE, ...BOTH, rule("shop", {}, forward({ blue: 100, green: 0 }, true))],
      { lb: 100, web: 100, shop: 100, blue: 100, "blue-s": 100, green: 0, "green-s": 0 },
    ],
    [
      "a weight that is not known: it may be all",
      [
        ...EDGE,
        ...BOTH,
        rule(
          "shop",
          {},
          { ...forward({ blue: 100 }), forward: { targetGroups: [{ arn: ref("blue"), weight: UNKNOWN }] } },
        ),
      ],
      { lb: 100, web: 100, shop: 100, blue: 100, "blue-s": 100 },
    ],
    [
      "of two rules the greater one",
      [
        ...EDGE,
        ...BOTH,
        rule("a", {}, forward({ blue: 90, green: 10 })),
        rule("b", {}, forward({ blue: 40, green: 60 })),
      ],
      { lb: 100, web: 100, a: 100, b: 100, blue: 90, "blue-s": 90, green: 60, "green-s": 60 },
    ],
    [
      "by weighted records, over a whole chain",
      [
        balancer("old"),
        balancer("new"),
        on("old", "old-l", forward({ blue: 1 })),
        on("new", "new-l", forward({ blue: 1, green: 3 })),
        ...BOTH,
        record("old-r", "old", { weight: 60 }),
        record("new-r", "new", { weight: 40 }),
      ],
      {
        "old-r": 60,
        "new-r": 40,
        old: 60,
        new: 40,
        "old-l": 60,
        "new-l": 40,
        blue: 60,
        "blue-s": 60,
        green: 30,
        "green-s": 30,
      },
    ],
    [
      "a balancer that only a record of weight 0 leads to: nobody finds it",
      [
        balancer("old"),
        balancer("new"),
        on("old", "old-l", forward({ blue: 1 })),
        on("new", "new-l", forward({ green: 1 })),
        ...BOTH,
        record("old-r", "old", { weight: 100 }),
        record("new-r", "new", { weight: 0 }),
      ],
      { "old-r": 100, old: 100, "old-l": 100, blue: 100, "blue-s": 100 },
    ],
    [
      "records without any weight: all alike",
      [balancer("old"), balancer("new"), record("old-r", "old", { weight: 0 }), record("new-r", "new", { weight: 0 })],
      { "old-r": 50, "new-r": 50, old: 50, new: 50 },
    ],
    [
      "an address among several",
      [item("eip", "a"), item("eip", "b"), addressRecord("r", [ref("a"), ref("b")])],
      { r: 100, a: 50, b: 50 },
    ],
    [
      "by a route's weights",
      [
        object("gateway", "edge", {}),
        deployment("blue"),
        podsOf("blue"),
        deployment("green"),
        podsOf("green"),
        httpRoute("r", { blue: 3, green: 1 }),
      ],
      { edge: 100, r: 100, "blue-s": 75, "blue-d": 75, "green-s": 25, "green-d": 25 },
    ],
    [
      "a Service that only a preview leads to",
      [
        deployment("green"),
        podsOf("green"),
        httpRoute("p", { green: 1 }, { headers: [{ name: "x-crossfade", value: "green" }] }),
      ],
      {},
    ],
    [
      "a Service that nothing here leads to: others do",
      [deployment("blue"), podsOf("blue")],
      { "blue-s": 100, "blue-d": 100 },
    ],
    [
      "pods behind a target group, by a binding",
      [
        ...EDGE,
        group("g"),
        group("idle"),
        rule("shop", {}, forward({ g: 20, idle: 80 })),
        object("binding", "b", { targetGroupARN: ref("g"), serviceRef: { name: "blue-s" } }),
        podsOf("blue"),
        deployment("blue"),
        deployment("green"),
      ],
      { lb: 100, web: 100, shop: 100, g: 20, idle: 80, b: 20, "blue-s": 20, "blue-d": 20 },
    ],
    [
      "a function, by an alias, a URL and a target group",
      [
        item("function", "fn"),
        item("alias", "live", { functionName: ref("fn"), functionVersion: "1" }),
        item("function", "other"),
        item("functionUrl", "url", { functionName: ref("other") }),
        item("function", "behind"),
        item("function", "unused"),
        ...EDGE,
        group("g", { targetType: "lambda" }),
        rule("shop", {}, forward({ g: 1 })),
        item("target", "at", { targetGroupArn: ref("g"), targetId: ref("behind") }),
      ],
      { fn: 100, live: 100, other: 100, url: 100, behind: 100, lb: 100, web: 100, shop: 100, g: 100, at: 100 },
    ],
    [
      "whose users are in other stacks: a balancer, a zone",
      [balancer(), item("zone", "zone", { name: "example.com" })],
      { lb: 100, zone: 100 },
    ],
    [
      "on a listener of another stack",
      [
        ...BOTH,
        {
          ...rule("shop", {}, forward({ blue: 1, green: 1 })),
          inputs: { ...rule("shop", {}, forward({ blue: 1, green: 1 })).inputs, listenerArn: "arn:theirs" },
        },
      ],
      { shop: 100, blue: 50, "blue-s": 50, green: 50, "green-s": 50 },
    ],
  ])("%s", (_, program, expected) => {
    expect(shares(program)).toEqual(expected);
  });

  test("versions of an alias are said with their weights", () => {
    const alias = item("alias", "live", {
      functionName: ref("fn"),
      functionVersion: "1",
      routingConfig: { additionalVersionWeights: { "2": 0.1 } },
    });
    const [, served] =
      [...servingResources(deployed([item("function", "fn"), alias]))].find(([r]) => r.urn.endsWith("live")) ?? [];
    expect(served?.why).toBe('takes calls as alias "live", 90 % of them version 1, 10 % of them version 2');
  });
});

describe("what it stands on", () => {
  const VPC = item("vpc", "vpc");
  const GROUND = [
    VPC,
    item("subnet", "net", { vpcId: ref("vpc") }),
    item("securityGroup", "sg", { vpcId: ref("vpc") }),
    item("cluster", "cluster"),
    item("role", "role"),
    item("taskDefinition", "td", { executionRoleArn: ref("role") }),
    item("certificate", "cert", { domainName: "shop.example.com" }),
    item("healthCheck", "check", { type: "HTTPS" }),
  ];
  const unused = GROUND.map((i) => ({ ...i, name: `un-${i.name}`, inputs: {} }));
  const RUNNING: Program = [
    ...GROUND,
    ...unused,
    group("blue"),
    balancer("lb", { subnets: [ref("net")], securityGroups: [ref("sg")] }),
    {
      ...listener(forward({ blue: 1 })),
      inputs: { ...listener(forward({ blue: 1 })).inputs, certificateArn: ref("cert") },
    },
    service("blue-s", "blue", {
      cluster: ref("cluster"),
      taskDefinition: ref("td"),
      networkConfiguration: { subnets: [ref("net")], securityGroups: [ref("sg")] },
    }),
    record("r", "lb", {}, { healthCheckId: ref("check") }),
  ];

  test("serves with it, and what nothing stands on does not", () => {
    const found = Object.keys(shares(RUNNING)).sort();
    expect(found).toEqual([...GROUND.map(({ name }) => name), "lb", "web", "blue", "blue-s", "r"].sort());
  });

  test("an idle environment's ground does not serve", () => {
    expect(shares([...GROUND, group("blue"), service("blue-s", "blue", { cluster: ref("cluster") })])).toEqual({});
  });

  const said = (after: Program) => {
    const prior = deployed(RUNNING);
    const plan = planOf(prior, previewed(after, prior));
    return [servingReplacement, servingDeletion].flatMap((policy) => policy.judge(plan)).map(({ urn }) => nameOf(urn));
  };
  /** A program in which something has another resource in its place. */
  const exchanged = (name: string, inputs: object): Program => [
    item(RUNNING.find((i) => i.name === name)?.kind ?? "other", `new-${name}`, inputs),
    ...RUNNING.filter((i) => i.name !== name).map((i) => ({ ...i, inputs: renamed(i.inputs, name) })),
  ];

  test.each<[string, Program, string[]]>([
    ["a replaced VPC", edited(RUNNING, "vpc", { cidrBlock: "10.1.0.0/16" }), ["vpc", "net", "sg"]],
    ["a replaced subnet", edited(RUNNING, "net", { cidrBlock: "10.1.0.0/24" }), ["net"]],
    [
      "a replaced security group: it has none of its rules yet",
      edited(RUNNING, "sg", { description: "other" }),
      ["sg"],
    ],
    ["a replaced cluster", edited(RUNNING, "cluster", { name: "other" }), ["cluster"]],
    ["a replaced task definition: the service is led to the new one", edited(RUNNING, "td", { cpu: "512" }), []],
    ["a replaced certificate", edited(RUNNING, "cert", { domainName: "store.example.com" }), []],
    ["another certificate in its place", exchanged("cert", { domainName: "shop.example.com" }), []],
    [
      "a certificate that goes, and the listener stays on it",
      edited(
        RUNNING.filter((i) => i.name !== "cert"),
        "web",
        { certificateArn: "arn:cert" },
      ),
      ["cert"],
    ],
    ["a replaced health check", edited(RUNNING, "check", { type: "HTTP" }), []],
    ["what nothing stands on", RUNNING.filter(({ name }) => !name.startsWith("un-")), []],
  ])("%s", (_, after, expected) => {
    expect(said(after)).toEqual(expected);
  });
});

/** Inputs that refer to the new one. */
function renamed(inputs: Record<string, unknown>, name: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [
      key,
      JSON.stringify(value) === JSON.stringify(ref(name)) ? ref(`new-${name}`) : value,
    ]),
  );
}
