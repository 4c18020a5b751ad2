import { describe, expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { judgeAll } from "../policies/rules";
import { servingDeletion } from "../policies/serving-deletion";
import { servingReplacement } from "../policies/serving-replacement";
import { nameOf, type Resource } from "../traffic";
import { exemptions } from "../traffic/exemption-schema";
import {
  balancer,
  deployed,
  forward,
  group,
  type Item,
  listener,
  type Program,
  previewed,
  type RuleShape,
  ref,
  rule,
  service,
  urnOf,
} from "./small-programs";

/** Rule "b" gives group B no weight, so that a client can be on B by a cookie alone; its service gets a successor of no tasks. */
function program({ sticky = true, replaced = false }): Program {
  return [
    ...[group("A"), group("B"), balancer(), listener()],
    rule("b", {}, forward({ A: 100, B: 0 }, sticky)),
    service("a", "A"),
    service("s", "B", replaced ? { cluster: "y", desiredCount: 0 } : { cluster: "x" }),
  ];
}

/** As the update to the program leaves it that is stopped before its deletions. */
function beforeDeletions(before: Program, after: Program): Resource[] {
  const urn = urnOf({ kind: "service", name: "s" });
  const old = deployed(before).filter((resource) => resource.urn === urn);
  return [...deployed(after), ...old.map((resource) => ({ ...resource, pendingDelete: true }))];
}

const refused = (prior: Resource[], after: Program) => servingDeletion.judge(planOf(prior, previewed(after, prior)));

test("what a stopped update would still delete stays while a cookie may name it, and its finding tells the way on", () => {
  const after = program({ replaced: true });
  const [finding, ...more] = refused(beforeDeletions(program({}), after), after);
  expect(more).toEqual([]);
  expect(finding).toMatchObject({
    urn: urnOf({ kind: "service", name: "s" }),
    what: expect.stringContaining("may receive requests with a stickiness cookie"),
    instead: expect.stringContaining("pulumi refresh"),
  });
});

test("the way on: with the stickiness off in the cloud, the rest passes", () => {
  const state = beforeDeletions(program({}), program({ replaced: true, sticky: false }));
  expect(refused(state, program({ replaced: true, sticky: false }))).toEqual([]);
  expect(refused(state, program({ replaced: true }))).toEqual([]);
});

test.each<[string, RuleShape, string, number]>([
  ["of a host goes, and one of every path answers", { host: ["old.example.com"] }, "/*", 0],
  ["of paths goes, and one of every path answers", { path: ["/legacy/*"] }, "/*", 0],
  ["of paths goes, and one answers that has all of them", { path: ["/shop/cart/*"] }, "/shop/*", 0],
  ["of paths goes, and one answers that has a part of them", { path: ["/shop*"] }, "/shop/*", 1],
])("a rule %s", (_, old, path, count) => {
  const stays = [
    ...[group("A"), balancer(), listener(), service("a", "A")],
    rule("all", { host: [], path: [path], priority: 20 }, forward({ A: 1 })),
  ];
  expect(refused(deployed([...stays, rule("old", old, forward({ A: 1 }))]), stays)).toHaveLength(count);
});

describe("what lets users in to what serves", () => {
  const item = (kind: Item["kind"], name: string, inputs: object): Item => ({ name, kind, inputs: { ...inputs } });
  const EDGE: Program = [
    item("securityGroup", "sg", {}),
    ...[group("A"), balancer("lb", { securityGroups: [ref("sg")] })],
    listener(forward({ A: 1 }), {
      inputs: { loadBalancerArn: ref("lb"), port: 443, defaultActions: [forward({ A: 1 })] },
    }),
    service("a", "A"),
  ];
  const either = (cidr: string, type = "ingress", name = "in") =>
    item("eitherWay", name, {
      ...{ type, securityGroupId: ref("sg"), protocol: "tcp", fromPort: 443, toPort: 443 },
      cidrBlocks: [cidr],
    });
  const open = (name: string) =>
    item("letIn", name, { securityGroupId: ref("sg"), ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" });
  const sni = (certificateArn: string, listenerArn: unknown = ref("web")) =>
    item("sni", "sni", { listenerArn, certificateArn });
  const FUNCTION: Program = [
    item("function", "fn", {}),
    ...[group("F", { targetType: "lambda" }), balancer(), listener(forward({ F: 1 }))],
    item("target", "at", { targetGroupArn: ref("F"), targetId: ref("fn") }),
  ];
  const may = (more: object = {}) =>
    item("permission", "may", {
      ...{ action: "lambda:InvokeFunction", function: ref("fn"), sourceArn: ref("F") },
      ...{ principal: "elasticloadbalancing.amazonaws.com", ...more },
    });
  /** A rule on a listener of another stack. */
  const THEIRS: Program = [
    ...[group("A"), service("a", "A")],
    {
      ...rule("r", {}, forward({ A: 1 })),
      inputs: { ...rule("r", {}, forward({ A: 1 })).inputs, listenerArn: "arn:l" },
    },
  ];

  const said = (before: Program, after: Program, prior = deployed(before)) => {
    const plan = planOf(prior, previewed(after, prior));
    return [servingReplacement, servingDeletion].flatMap(({ name, judge }) =>
      judge(plan).map(({ urn }) => `${name} on ${nameOf(urn)}`),
    );
  };
  const refused = (kind: string, name: string) => [`serving-${kind} on ${name}`];

  test.each<[string, Program, Program, string[]]>([
    [
      "a rule whose replacement deletes it first",
      [...EDGE, either("0.0.0.0/0")],
      [...EDGE, either("10.0.0.0/8")],
      refused("deletion", "in"),
    ],
    [
      "such a rule beside one that stays",
      [...EDGE, either("0.0.0.0/0"), open("all")],
      [...EDGE, either("10.0.0.0/8"), open("all")],
      [],
    ],
    [
      "a rule that lets out",
      [...EDGE, open("all"), either("0.0.0.0/0", "egress")],
      [...EDGE, open("all")],
      ["serving-deletion on in"],
    ],
    [
      "a rule that goes with what it is of",
      [
        ...EDGE,
        item("securityGroup", "un", {}),
        item("letIn", "un-in", { securityGroupId: ref("un"), ipProtocol: "-1" }),
      ],
      EDGE,
      [],
    ],
    ["a certificate that is renewed", [...EDGE, sni("arn:1")], [...EDGE, sni("arn:2")], []],
    [
      "a certificate that is given to another listener",
      [...EDGE, sni("arn:1")],
      [...EDGE, sni("arn:1", "arn:other")],
      refused("replacement", "sni"),
    ],
    [
      "a certificate on another stack's listener, where a rule of this one serves",
      [...THEIRS, sni("arn:1", "arn:l")],
      THEIRS,
      refused("deletion", "sni"),
    ],
    ["a certificate on another stack's listener", [...EDGE, sni("arn:1", "arn:l")], EDGE, []],
    ["a permission of another service", [...FUNCTION, may({ principal: "events.amazonaws.com" })], FUNCTION, []],
    ["a permission for another group", [...FUNCTION, may({ sourceArn: "arn:other" })], FUNCTION, []],
    [
      "a permission whose replacement is made first",
      [...FUNCTION, may({ statementId: "s-1", __defaults: ["statementId"] })],
      [...FUNCTION, may({ statementId: "s-2" })],
      [],
    ],
    [
      "a permission by a statement id that is deleted first",
      [...FUNCTION, may({ statementId: "s" })],
      [...FUNCTION, may({ statementId: "s", sourceArn: undefined })],
      refused("replacement", "may"),
    ],
  ])("%s", (_, before, after, expected) => {
    expect(said(before, after)).toEqual(expected);
  });

  test("the rest of a renewal that was stopped before its deletion passes", () => {
    const [before, after] = [
      [...EDGE, sni("arn:1")],
      [...EDGE, sni("arn:2")],
    ];
    const old = deployed(before).filter(({ urn }) => nameOf(urn) === "sni");
    const stopped = [...deployed(after), ...old.map((resource) => ({ ...resource, pendingDelete: true }))];
    expect(said(before, after, stopped)).toEqual([]);
  });

  test("an exemption lets it through for a while, and tells it", () => {
    const prior = deployed([...EDGE, open("all"), sni("arn:1")]);
    const given = ["all", "sni"].map((urn) => ({
      ...{ policy: "serving-deletion", urn, reason: "the host is retired", until: "2100-01-01" },
    }));
    const found = judgeAll(planOf(prior, previewed(EDGE, prior)), { exemptions: exemptions.parse(given) });
    const own = found.filter(({ policy }) => policy === "serving-deletion");
    expect(own.map(({ urn, advisory }) => [nameOf(urn), advisory])).toEqual([
      ["sni", true],
      ["all", true],
    ]);
  });
});
