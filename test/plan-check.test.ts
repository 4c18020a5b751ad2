import { describe, expect, test } from "vitest";
import { interruptedUpdate } from "../policies/interrupted-update";
import { planOf } from "../policies/plan";
import { plannedChanges, UNKNOWN } from "../traffic";
import { albEntryPoints } from "../traffic/alb/entry-points";
import type { Moment } from "../traffic/update/moment";
import { exhaustive } from "../traffic/update/plan-check";
import { orderedPlan } from "../traffic/update/step-order";
import { edited, losses } from "./plan-losses";
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

const EDGE = [balancer(), listener()];
const BLUE = [group("blue"), service("blue-s", "blue")];
const GREEN = [group("green"), service("green-s", "green")];
const shop = (weights: Record<string, number | undefined>, more: Partial<Item> = {}, shape: RuleShape = {}) =>
  rule("shop", shape, forward(weights), more);
const preview = (color: string, inputs: object = {}) =>
  rule(`${color}-preview`, { preview: color, priority: 1, ...inputs }, forward({ [color]: 1 }));
/** An environment in AWS's order: the preview rule attaches the group, and the service needs that. */
const environment = (color: string, own: object = {}, runs: object = {}) => [
  group(color, own),
  preview(color, { priority: color === "blue" ? 1 : 2 }),
  service(`${color}-s`, color, runs, { dependsOn: [`${color}-preview`] }),
];
const both = { dependsOn: ["blue-s", "green-s"] };
const scaling = (groups: string[]): Item => ({
  name: "asg",
  kind: "scaling",
  inputs: {
    ...{ minSize: 0, maxSize: 6, desiredCapacity: 2, waitForElbCapacity: 2, name: "asg" },
    targetGroupArns: groups.map((name) => ref(name)),
  },
});

const nameOf = (urn: string) => urn.split("::").at(-1);

const ONE = [...EDGE, ...BLUE, shop({ blue: 100 })];
const TWO = [...EDGE, ...BLUE, ...GREEN, shop({ blue: 75, green: 25 })];

describe("an update loses requests on its way", () => {
  test.each<[string, Program, Program, string]>([
    [
      "a rule that is moved to a new group beside the service that fills it",
      ONE,
      [...EDGE, ...BLUE, ...GREEN, shop({ green: 100 })],
      'after update shop; until create green-s; 100 % of the requests of rule "shop": nobody answers behind target group "green": "green-s" (aws:ecs/service:Service) is not there',
    ],
    [
      "a part of its weight",
      ONE,
      [...EDGE, ...BLUE, ...GREEN, shop({ blue: 95, green: 5 })],
      'after update shop; until create green-s; 5 % of the requests of rule "shop"',
    ],
    [
      "a weight that is left out: the default is 1",
      ONE,
      [...EDGE, ...BLUE, ...GREEN, shop({ blue: 1, green: undefined })],
      "after update shop; until create green-s; 50 %",
    ],
    [
      "a rule before a service that waits for the rule, as ECS asks for",
      ONE,
      [
        ...EDGE,
        ...BLUE,
        group("green"),
        shop({ green: 100 }),
        service("green-s", "green", {}, { dependsOn: ["shop"] }),
      ],
      "after update shop; until create green-s; 100 %",
    ],
    [
      "a listener's default action",
      [...BLUE, balancer(), listener(forward({ blue: 1 }))],
      [...BLUE, ...GREEN, balancer(), listener(forward({ green: 1 }))],
      'after update web; until create green-s; 100 % of the requests of listener "web"',
    ],
    [
      "a service that is not waited for",
      ONE,
      [
        ...EDGE,
        ...BLUE,
        group("green"),
        service("green-s", "green", { waitForSteadyState: false }),
        shop({ green: 1 }, { dependsOn: ["green-s"] }),
      ],
      "is not known to answer yet: its step does not wait for that",
    ],
    [
      "a service whose count is raised from 0: its step does not wait until the tasks are healthy",
      [...EDGE, ...BLUE, group("green"), service("green-s", "green", { desiredCount: 0 }), shop({ blue: 1, green: 0 })],
      [...EDGE, ...BLUE, ...GREEN, shop({ blue: 1, green: 1 }, { dependsOn: ["green-s"] })],
      "is not known to answer yet: its step does not wait for that",
    ],
    [
      "a rule of a pattern, beside one of a name that the pattern matches too",
      [
        ...EDGE,
        ...BLUE,
        ...GREEN,
        rule("first", { host: ["shop.example.com"], priority: 5 }, forward({ green: 1 })),
        rule("any", { host: ["*.example.com"] }, forward({ blue: 1 })),
      ],
      [
        ...EDGE,
        ...BLUE,
        ...GREEN,
        group("red"),
        rule("first", { host: ["shop.example.com"], priority: 5 }, forward({ green: 1 })),
        rule("any", { host: ["*.example.com"] }, forward({ red: 1 })),
      ],
      '100 % of the requests of rule "any"',
    ],
    [
      "a listener that is moved to another port",
      edited(edited(ONE, "web", { port: 80 }), "shop", { priority: 10 }),
      edited(ONE, "web", { port: 443 }),
      'after update web; until ; 100 % of the requests of rule "shop": listener "web" listens on another port',
    ],
    ["no weight at all", ONE, [...EDGE, ...BLUE, shop({ blue: 0 })], "the weights of all groups are 0"],
    [
      "a group that nobody fills",
      ONE,
      [...EDGE, ...BLUE, group("green"), shop({ green: 1 })],
      "nothing in this stack registers targets in it",
    ],
    [
      "a service without tasks",
      ONE,
      edited(ONE, "blue-s", { desiredCount: 0 }),
      'after update blue-s; until ; 100 % of the requests of rule "shop": nobody answers behind target group "blue": "blue-s" (aws:ecs/service:Service) runs nothing',
    ],
    ["a service whose count is not known", ONE, edited(ONE, "blue-s", { desiredCount: UNKNOWN }), "runs nothing"],
    ["one of two services without tasks", TWO, edited(TWO, "green-s", { desiredCount: 0 }), "25 % of the requests"],
    [
      "a deployment whose minimum of tasks is not known",
      ONE,
      edited(ONE, "blue-s", { taskDefinition: "arn:v2", deploymentMinimumHealthyPercent: UNKNOWN }),
      "after half update blue-s; until update blue-s; 100 %",
    ],
    [
      "an answer of the balancer that is not known",
      ONE,
      edited(ONE, "shop", { actions: [{ type: "fixed-response", fixedResponse: { statusCode: UNKNOWN } }] }),
      "what is done with them is not known",
    ],
    [
      "actions that are not known",
      ONE,
      edited(ONE, "shop", { actions: UNKNOWN }),
      "what is done with them is not known",
    ],
    [
      "a service that leaves the group",
      [...ONE, group("green")],
      [...EDGE, group("blue"), group("green"), service("blue-s", "green"), shop({ blue: 100 })],
      '"blue-s" (aws:ecs/service:Service) is not in it',
    ],
    [
      "a rule that takes requests from a default that answers them",
      [...BLUE, balancer(), listener(forward({ blue: 1 }))],
      [
        ...BLUE,
        balancer(),
        listener(forward({ blue: 1 })),
        group("green"),
        shop({ green: 1 }),
        service("green-s", "green", {}, { dependsOn: ["shop"] }),
      ],
      'after create shop; until create green-s; 100 % of the requests of rule "shop"',
    ],
    [
      "a rule that takes a part of another's",
      ONE,
      [
        ...ONE,
        group("green"),
        rule("api", { host: [], path: ["/api"], priority: 1 }, forward({ green: 1 })),
        service("green-s", "green", {}, { dependsOn: ["api"] }),
      ],
      'after create api; until create green-s; 100 % of the requests of rule "shop" that rule "api" matches too',
    ],
    [
      "a rule that goes, and leaves its requests to a default that cannot answer",
      [
        group("none"),
        ...BLUE,
        balancer(),
        listener(forward({ none: 1 })),
        service("none-s", "none", { desiredCount: 0 }),
        shop({ blue: 1 }),
      ],
      [
        group("none"),
        ...BLUE,
        balancer(),
        listener(forward({ none: 1 })),
        service("none-s", "none", { desiredCount: 0 }),
      ],
      "after delete shop; until ; 100 %",
    ],
    [
      "a host that moves from one rule to another",
      [...EDGE, ...BLUE, shop({ blue: 1 }, {}, { host: ["a", "b"] })],
      [
        ...EDGE,
        ...BLUE,
        shop({ blue: 1 }, {}, { host: ["a"] }),
        rule("other", { host: ["b", "c"], priority: 11 }, forward({ blue: 1 }), { dependsOn: ["shop"] }),
      ],
      "after update shop; until create other; 100 %",
    ],
    [
      "a priority and what the rule does: two calls",
      [
        ...EDGE,
        ...BLUE,
        group("none"),
        shop({ none: 1 }, {}, { priority: 20 }),
        rule("good", { priority: 10 }, forward({ blue: 1 })),
        service("none-s", "none", { desiredCount: 0 }),
      ],
      [
        ...EDGE,
        ...BLUE,
        group("none"),
        shop({ blue: 1 }, {}, { priority: 5 }),
        rule("good", { priority: 10 }, forward({ blue: 1 })),
        service("none-s", "none", { desiredCount: 0 }),
      ],
      "after half update shop; until update shop; 100 %",
    ],
    [
      "a deployment that need keep no task",
      edited(ONE, "blue-s", { deploymentMinimumHealthyPercent: 0 }),
      edited(ONE, "blue-s", { deploymentMinimumHealthyPercent: 0, taskDefinition: "arn:v2" }),
      "after half update blue-s; until update blue-s; 100 %",
    ],
    [
      "another platform for tasks of which none need be kept",
      edited(ONE, "blue-s", { deploymentMinimumHealthyPercent: 0, platformVersion: "1.3.0" }),
      edited(ONE, "blue-s", { deploymentMinimumHealthyPercent: 0, platformVersion: "1.4.0" }),
      "after half update blue-s; until update blue-s; 100 %",
    ],
    [
      "a forced deployment that need keep no task",
      edited(ONE, "blue-s", { deploymentMinimumHealthyPercent: 0, desiredCount: 2 }),
      edited(ONE, "blue-s", { deploymentMinimumHealthyPercent: 0, desiredCount: 3, forceNewDeployment: true }),
      "after half update blue-s; until update blue-s; 100 %",
    ],
    [
      "clients with a cookie of a group that loses its tasks",
      [...EDGE, ...BLUE, ...GREEN, rule("shop", {}, forward({ blue: 100, green: 0 }, true))],
      [
        ...EDGE,
        ...BLUE,
        group("green"),
        service("green-s", "green", { desiredCount: 0 }),
        rule("shop", {}, forward({ blue: 100, green: 0 }, true)),
      ],
      '100 % of the requests of clients that a cookie keeps on target group "green"',
    ],
    [
      "a balancer with a name of its own, which is deleted first, and its listener and rules with it",
      edited(ONE, "lb", { name: "shop", __defaults: [] }),
      edited(ONE, "lb", { name: "shop", __defaults: [], internal: true }),
      "after delete shop; until ; 100 %",
    ],
    ["a replaced balancer, which has another address", ONE, edited(ONE, "lb", { internal: true }), "after delete shop"],
    [
      "an Auto Scaling group that is attached and not waited for",
      ONE,
      [
        ...EDGE,
        ...BLUE,
        group("green"),
        { name: "asg", kind: "scaling", inputs: { minSize: 2, targetGroupArns: [ref("green")] } },
        shop({ green: 1 }, { dependsOn: ["asg"] }),
      ],
      '"asg" (aws:autoscaling/group:Group) is not known to answer yet',
    ],
    [
      "an Auto Scaling group that is scaled to nothing",
      [
        ...EDGE,
        group("blue"),
        { name: "asg", kind: "scaling", inputs: { minSize: 2 } },
        { name: "at", kind: "attachment", inputs: { lbTargetGroupArn: ref("blue"), autoscalingGroupName: ref("asg") } },
        shop({ blue: 1 }),
      ],
      [
        ...EDGE,
        group("blue"),
        { name: "asg", kind: "scaling", inputs: { minSize: 0 } },
        { name: "at", kind: "attachment", inputs: { lbTargetGroupArn: ref("blue"), autoscalingGroupName: ref("asg") } },
        shop({ blue: 1 }),
      ],
      "after update asg; until ; 100 %",
    ],
  ])("%s", (_, before, after, expected) => {
    expect(losses(before, after).join("\n")).toContain(expected);
  });
});

test.each<[string, object, string[]]>([
  ["nothing", { minSize: 0, maxSize: 0 }, [expect.stringContaining("after update asg; until ; 100 %") as string]],
  ["fewer", { minSize: 0, maxSize: 1 }, []],
])("an Auto Scaling group that the cloud has a size for, and that may have at most %s", (_, bounds, expected) => {
  const asg = (inputs: object): Program => [
    ...EDGE,
    group("blue"),
    { name: "asg", kind: "scaling", inputs: { targetGroupArns: [ref("blue")], ...inputs } },
    shop({ blue: 1 }),
  ];
  const before = deployed(asg({ minSize: 0, maxSize: 8 })).map((resource) =>
    resource.urn.endsWith("asg") ? { ...resource, outputs: { ...resource.outputs, desiredCapacity: 4 } } : resource,
  );
  expect(losses(before, asg(bounds))).toEqual(expected);
});

describe("a node that has not heard of the routes' changes yet loses requests", () => {
  const shifted = (weights: Record<string, number>, change = (program: Program) => program) =>
    change(edited(TWO, "shop", { actions: [forward(weights)] }));
  const waiting = (program: Program) =>
    program.map((item) => (item.name === "green-s" ? { ...item, dependsOn: ["shop"] } : item));
  const none = (program: Program) => waiting(edited(program, "green-s", { desiredCount: 0 }));
  const away = (program: Program) =>
    waiting(edited(program, "green-s", { loadBalancers: [{ targetGroupArn: ref("blue") }] }));

  test.each<[string, Program, Program]>([
    ["a weight taken away, and then the tasks", TWO, shifted({ blue: 100, green: 0 }, none)],
    ["a weight taken away, and then the service from the group", TWO, shifted({ blue: 100, green: 0 }, away)],
    [
      "a rule before the one with the weight, and then no tasks behind that one",
      TWO,
      none([...TWO, rule("first", { priority: 5 }, forward({ blue: 1 }))]).map((item) =>
        item.name === "green-s" ? { ...item, dependsOn: ["first"] } : item,
      ),
    ],
    [
      "an Auto Scaling group that leaves",
      [...TWO.filter(({ name }) => name !== "green-s"), scaling(["green"])],
      [...EDGE, ...BLUE, group("green"), shop({ blue: 1, green: 0 }), { ...scaling(["blue"]), dependsOn: ["shop"] }],
    ],
  ])("%s", (_, before, desired) => {
    const found = losses(before, desired);
    expect(found).toEqual([expect.stringContaining('25 % of the requests of rule "shop"')]);
    expect(found).toEqual([expect.stringMatching(/^unadopted, /)]);
  });

  test.each<[string, Program, Program]>([
    ["not where the weight went in an update before", shifted({ blue: 100, green: 0 }), shifted({ blue: 1 }, none)],
    [
      "nor where tasks are left",
      TWO,
      shifted({ blue: 100, green: 0 }, (p) => edited(p, "green-s", { desiredCount: 1 })),
    ],
    [
      "nor where somebody else in the group answers",
      [...TWO, service("more", "green")],
      none([...edited(TWO, "shop", { actions: [forward({ blue: 100, green: 0 })] }), service("more", "green")]),
    ],
    [
      "nor where the program has the requests refused from then on",
      TWO,
      none(edited(TWO, "shop", { actions: [{ type: "fixed-response", fixedResponse: { statusCode: "503" } }] })),
    ],
  ])("%s", (_, before, desired) => {
    expect(losses(before, desired)).toEqual([]);
  });
});

describe("an update loses nothing", () => {
  const FULL = [...EDGE, ...environment("blue"), ...environment("green"), shop({ blue: 100, green: 0 }, both)];
  const asg = (inputs: object): Item => ({
    name: "asg",
    kind: "scaling",
    inputs: { minSize: 2, targetGroupArns: [ref("green")], ...inputs },
  });
  test.each<[string, Program, Program]>([
    [
      "a rule that waits for the service",
      ONE,
      [...EDGE, ...BLUE, ...GREEN, shop({ green: 100 }, { dependsOn: ["green-s"] })],
    ],
    [
      "by way of a resource that does not change",
      [...ONE, { name: "role", kind: "other", inputs: {} }],
      [
        ...EDGE,
        ...BLUE,
        ...GREEN,
        { name: "role", kind: "other", inputs: {}, dependsOn: ["green-s"] },
        shop({ green: 1 }, { dependsOn: ["role"] }),
      ],
    ],
    [
      "a group of a name of its own, deleted when it is registered: after the rule that led to it",
      [...EDGE, group("blue", { name: "b", __defaults: [] }), ...GREEN, shop({ blue: 1 })],
      [
        ...EDGE,
        ...GREEN,
        shop({ green: 1 }),
        { ...group("blue", { name: "b", __defaults: [], port: 81 }), dependsOn: ["shop"] },
      ],
    ],
    [
      "by way of its parent",
      [...ONE, { name: "route", kind: "other", inputs: {} }],
      [
        ...EDGE,
        ...BLUE,
        ...GREEN,
        { name: "route", kind: "other", inputs: {}, dependsOn: ["green-s"] },
        shop({ green: 1 }, { parent: "route" }),
      ],
    ],
    [
      "weight on a service that was there, in any order",
      TWO,
      [...EDGE, ...BLUE, ...GREEN, shop({ blue: 0, green: 100 })],
    ],
    [
      "weight taken off an environment that goes in the same update: deletions come last",
      TWO,
      [...EDGE, ...BLUE, shop({ blue: 100 })],
    ],
    [
      "what was lost before",
      edited(TWO, "green-s", { desiredCount: 0 }),
      edited(edited(TWO, "green-s", { desiredCount: 0 }), "blue-s", { desiredCount: 5 }),
    ],
    ["an entry point that the program takes away", ONE, EDGE],
    ["a whole stack that goes", ONE, []],
    [
      "a rule that answers by itself from now on",
      ONE,
      edited(ONE, "shop", { actions: [{ type: "fixed-response", fixedResponse: { statusCode: "503" } }] }),
    ],
    [
      "a new rule where nobody answered",
      EDGE,
      [...EDGE, group("blue"), shop({ blue: 1 }), service("blue-s", "blue", {}, { dependsOn: ["shop"] })],
    ],
    [
      "a new rule for other hosts than the others'",
      ONE,
      [
        ...ONE,
        group("green"),
        rule("other", { host: ["other"], priority: 1 }, forward({ green: 1 })),
        service("green-s", "green", {}, { dependsOn: ["other"] }),
      ],
    ],
    [
      "clients with a cookie of a group that has no tasks, once stickiness is off",
      [...EDGE, ...BLUE, ...GREEN, rule("shop", {}, forward({ blue: 100, green: 0 }, false))],
      [
        ...EDGE,
        ...BLUE,
        group("green"),
        service("green-s", "green", { desiredCount: 0 }),
        rule("shop", {}, forward({ blue: 100, green: 0 }, false)),
      ],
    ],
    [
      "an idle group with a name of its own, which is deleted first",
      edited(FULL, "green", { __defaults: [] }),
      edited(FULL, "green", { __defaults: [], port: 81 }),
    ],
    [
      "an Auto Scaling group that is waited for",
      ONE,
      [...EDGE, ...BLUE, group("green"), asg({ waitForElbCapacity: 2 }), shop({ green: 1 }, { dependsOn: ["asg"] })],
    ],
    [
      "a redirect instead of a forward",
      ONE,
      edited(ONE, "shop", { actions: [{ type: "redirect", redirect: { statusCode: "HTTP_301" } }] }),
    ],
    ["a rolling deployment", ONE, edited(ONE, "blue-s", { taskDefinition: UNKNOWN })],
    // What people do every day, as far as balancers and ECS are concerned (aws-facts.md).
    ["the first update of an empty stack", [], FULL],
    ["no change", FULL, FULL],
    ["tags on everything", FULL, FULL.map((item) => ({ ...item, inputs: { ...item.inputs, tags: { team: "shop" } } }))],
    ["scale-out", FULL, edited(FULL, "blue-s", { desiredCount: 8 })],
    ["scale-in of what is idle", FULL, edited(FULL, "green-s", { desiredCount: 0 })],
    [
      "a version, a port and a count of what is idle",
      FULL,
      edited(edited(FULL, "green", { port: 81 }), "green-s", { taskDefinition: UNKNOWN, desiredCount: 1 }),
    ],
    ["a forced deployment", FULL, edited(FULL, "blue-s", { forceNewDeployment: true })],
    ["another certificate", FULL, edited(FULL, "web", { certificateArn: "arn:new" })],
    [
      "subnets, security groups, logs, timeouts of the balancer",
      FULL,
      edited(FULL, "lb", { subnets: ["a", "b"], securityGroups: [UNKNOWN], idleTimeout: 90 }),
    ],
    ["health checks and drain", FULL, edited(FULL, "blue", { healthCheck: { interval: 5 }, deregistrationDelay: 5 })],
    [
      "priorities reordered",
      [...FULL, rule("api", { path: ["/api"], priority: 20 }, forward({ green: 1 }))],
      [...FULL, rule("api", { path: ["/api"], priority: 5 }, forward({ green: 1 }))],
    ],
    ["a single environment's rolling deployment", ONE, edited(ONE, "blue-s", { taskDefinition: "arn:v2" })],
    ["a new candidate", [...EDGE, ...environment("blue"), shop({ blue: 100 }, { dependsOn: ["blue-s"] })], FULL],
    ["another one after a rollback", FULL, edited(FULL, "green-s", { taskDefinition: "arn:v3" })],
    ["a canary stage", FULL, edited(FULL, "shop", forwarding({ blue: 95, green: 5 }, true))],
    ["a rollback from it", edited(FULL, "shop", forwarding({ blue: 95, green: 5 }, true)), FULL],
    [
      "a rollback with a dead candidate",
      edited(edited(FULL, "shop", forwarding({ blue: 50, green: 50 }, true)), "green-s", { desiredCount: 0 }),
      edited(FULL, "green-s", { desiredCount: 0 }),
    ],
    ["all weight at once, and back", edited(FULL, "shop", forwarding({ blue: 0, green: 100 })), FULL],
    [
      "the old color goes",
      edited(FULL, "shop", forwarding({ blue: 0, green: 100 })),
      [...EDGE, ...environment("green"), shop({ green: 100 }, { dependsOn: ["green-s"] })],
    ],
  ])("%s", (_, before, after) => {
    expect(losses(before, after)).toEqual([]);
  });

  test("a count that an autoscaler has set stays, and so does what was replaced under another name", () => {
    const prior = deployed(edited(ONE, "blue-s", { desiredCount: 0 })).map((r) =>
      r.urn.endsWith("blue-s") ? { ...r, outputs: { ...r.outputs, desiredCount: 4 } } : r,
    );
    expect(
      losses(
        prior,
        edited(edited(ONE, "blue-s", { desiredCount: 0 }), "blue-s", {
          loadBalancers: [{ targetGroupArn: ref("blue"), containerPort: 1 }],
        }),
      ),
    ).toEqual([]);
  });

  test("a rename with aliases", () => {
    const renamed = previewed(ONE, deployed(ONE)).map((r) => ({ ...r, urn: `${r.urn}-renamed`, aliases: [r.urn] }));
    expect(losses(deployed(ONE), renamed)).toEqual([]);
  });
});

/** Inputs of a rule that forwards by weight. */
function forwarding(weights: Record<string, number>, sticky = false): object {
  return { actions: [forward(weights, sticky)] };
}

describe("in words", () => {
  const said = (before: Program, after: Program) => {
    const prior = deployed(before);
    return interruptedUpdate.judge(planOf(prior, previewed(after, prior)));
  };

  test("the moment, the share, the reason and the edge that is missing", () => {
    expect(said(ONE, [...EDGE, ...BLUE, ...GREEN, shop({ blue: 90, green: 10 })])).toEqual([
      {
        urn: urnOf({ name: "shop", kind: "rule" }),
        what: 'After "shop" (aws:lb/listenerRule:ListenerRule) is updated and before "green-s" (aws:ecs/service:Service) is created, 10 % of the requests of rule "shop" are lost.',
        why: 'Nobody answers behind target group "green": "green-s" (aws:ecs/service:Service) is not there. The engine may be there for a while, and may stop there.',
        instead:
          'Give "shop" (aws:lb/listenerRule:ListenerRule) a dependsOn on "green-s" (aws:ecs/service:Service), or make two updates of it, the one with "green-s" (aws:ecs/service:Service) first.',
      },
    ]);
  });

  test("no edge where it would be a circle", () => {
    const waits = service("green-s", "green", {}, { dependsOn: ["shop"] });
    const [finding] = said(ONE, [...EDGE, ...BLUE, group("green"), shop({ green: 100 }), waits]);
    expect(finding?.instead).toMatch(/^Make two updates of it.*header x-crossfade/);
  });

  test("a loss that stays, and less than one in a hundred", () => {
    expect(said(ONE, edited(ONE, "blue-s", { desiredCount: 0 }))).toMatchObject([
      {
        what: expect.stringContaining("is updated, and from then on, 100 % of"),
        why: expect.stringContaining("It stays so."),
      },
    ]);
    const [finding] = said(ONE, [...EDGE, ...BLUE, ...GREEN, shop({ blue: 999, green: 1 })]);
    expect(finding?.what).toContain("less than 1 % of");
  });

  test("what serves and is replaced is left to serving-replacement, and another loss beside it is not", () => {
    const replaced = edited(TWO, "blue", { port: 81 });
    expect(said(TWO, replaced)).toEqual([]);
    expect(said(TWO, edited(replaced, "green-s", { desiredCount: 0 }))).toMatchObject([
      { what: expect.stringContaining("25 %") },
    ]);
  });
});

describe("what stands outside of the update", () => {
  const elsewhere = (program: Program) =>
    edited(program, "shop", { listenerArn: "arn:theirs" }).filter(({ name }) => name !== "web" && name !== "lb");

  test("a listener of another stack: its rules here are entry points too", () => {
    const moved = [...EDGE, ...BLUE, ...GREEN, shop({ green: 100 })];
    expect(losses(elsewhere(ONE), elsewhere(moved))).toEqual([
      expect.stringContaining("after update shop; until create green-s"),
    ]);
    const waiting = [...EDGE, ...BLUE, ...GREEN, shop({ green: 100 }, { dependsOn: ["green-s"] })];
    expect(losses(elsewhere(ONE), elsewhere(waiting))).toEqual([]);
    expect(losses([], elsewhere(ONE))).toEqual([]);
  });

  test("a group of another stack is as full as it was", () => {
    expect(losses(ONE, edited(ONE, "shop", { actions: [{ type: "forward", targetGroupArn: "arn:theirs" }] }))).toEqual(
      [],
    );
  });

  test("a group of this stack that others fill is full while it gets requests, and a new one is not", () => {
    const others = [...EDGE, group("blue"), group("idle"), shop({ blue: 100, idle: 0 })];
    expect(losses(others, edited(others, "blue", { deregistrationDelay: 5 }))).toEqual([]);
    expect(losses(others, [...EDGE, group("blue"), group("idle"), group("new"), shop({ blue: 50, new: 50 })])).toEqual([
      expect.stringContaining("50 % of the requests"),
    ]);
    expect(losses(others, [...EDGE, group("blue"), group("idle"), shop({ blue: 50, idle: 50 })])).toEqual([
      expect.stringContaining("50 % of the requests"),
    ]);
  });

  test("which of several new groups a weight is for is not known, so it is for the one that cannot answer", () => {
    const two = [
      ...EDGE,
      ...BLUE,
      group("green"),
      service("green-s", "green"),
      group("empty"),
      shop({ green: 100, empty: 0 }, { dependsOn: ["green-s"] }),
    ];
    expect(losses(ONE, two)).toEqual([expect.stringContaining("several target groups are new")]);
  });
});

describe("what a stopped update has left behind", () => {
  const moved = (weights: Record<string, number>) => [...EDGE, ...BLUE, ...GREEN, shop(weights)];

  test("a deletion that is still to come is a step, and harmless where nothing leads to it", () => {
    const state = deployed(moved({ green: 100 })).map((r) =>
      nameOf(r.urn)?.startsWith("blue") ? { ...r, pendingDelete: true } : r,
    );
    expect(losses(state, [...EDGE, ...GREEN, shop({ green: 100 })])).toEqual([]);
    expect(losses(state, [...EDGE, ...GREEN, shop({ green: 90, blue: 10 }), ...BLUE])).toEqual([
      expect.stringContaining("10 %"),
    ]);
  });

  test("one that the rule still leads to is refused", () => {
    const state = deployed(moved({ blue: 100 })).map((r) =>
      r.urn.endsWith("blue-s") ? { ...r, pendingDelete: true } : r,
    );
    const desired = deployed(moved({ blue: 100 })).filter(({ urn }) => !urn.endsWith("blue-s"));
    expect(losses(state, desired)).toEqual([expect.stringContaining("after delete blue-s; until ; 100 %")]);
  });
});

describe("with many steps", () => {
  const names = (n: number) => Array.from({ length: n }, (_, i) => `g${i}`);
  const full = (n: number) => names(n).flatMap((name) => [group(name), service(`${name}-s`, name)]);
  const even = (n: number) => Object.fromEntries(names(n).map((name) => [name, 1]));
  /** A rule over so many groups, of which every service is scaled: to nothing, where `dead` says so. */
  const scaled = (n: number, dead: string[] = []) => {
    const before = [...EDGE, ...full(n), shop(even(n))];
    return [
      before,
      before.map((i) =>
        i.kind === "service" ? { ...i, inputs: { ...i.inputs, desiredCount: dead.includes(i.name) ? 0 : 3 } } : i,
      ),
    ] as const;
  };

  test.each([15, 16, 17, 60])("%i of them lose nothing", (n) => {
    expect(losses(...scaled(n))).toEqual([]);
  });

  test.each<[number, string]>([
    [16, "after update g7-s; until ; 6 % of the requests"],
    [17, "after ; until ; 6 % of the requests"],
    [60, "after ; until ; 2 % of the requests"],
  ])("%i of them lose what one of them loses", (n, expected) => {
    expect(losses(...scaled(n, ["g7-s"]))).toEqual([expect.stringContaining(expected)]);
  });

  test("the order holds beyond what can be tried", () => {
    const more = (dependsOn: string[]) => [...EDGE, ...full(20), shop(even(20), { dependsOn })];
    const before = [...EDGE, ...full(1), shop(even(1))];
    expect(losses(before, more(names(20).map((name) => `${name}-s`)))).toEqual([]);
    expect(losses(before, more(names(19).map((name) => `${name}-s`)))).toEqual([
      expect.stringContaining("5 % of the requests"),
    ]);
  });

  test("all sets of 16 that are free of each other are tried", () => {
    const [before, after] = scaled(16);
    const [prior, desired] = [deployed(before), previewed(after, deployed(before))];
    const plan = orderedPlan(prior, desired, plannedChanges(prior, desired));
    const entry = albEntryPoints(plan.entities).find(({ urn }) => urn.endsWith("::shop"));
    let tried = 0;
    const counted = entry && {
      ...entry,
      answer: (moment: Moment) => {
        tried++;
        return entry.answer(moment);
      },
    };
    expect(counted && exhaustive(counted, plan, plan.steps, 1)).toBeUndefined();
    expect(tried).toBe(2 ** 16);
  });
});
