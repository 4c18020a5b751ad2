import { describe, expect, test } from "vitest";
import { planOf } from "../policies/plan";
import { judgeAll } from "../policies/rules";
import type { Exemption, Resource } from "../traffic";
import {
  CONTAINER,
  changed,
  exposed,
  forward,
  group,
  listener,
  previewed,
  record,
  resource,
  rule,
  service,
  weighted,
} from "./resources";
import { NOW, type Shop, shopStack } from "./shop-stack";

/** "Everyday operations that must pass" of the AWS facts: none of them may meet a refusal. */
type Case = [name: string, prior: Resource[], desired: Resource[], exemptions?: Exemption[]];

const BLUE = { image: 1 };
const GREEN = { image: 2 };
const idle: Shop = { blue: BLUE, green: GREEN };
const at = (stage: string, more: Shop = {}) => shopStack({ ...idle, stage, ...more });

/** Somebody's own service: one listener, one group, one service, no component of ours. */
const plain = [
  resource("web", "aws:lb/loadBalancer:LoadBalancer", { subnets: ["a", "b"], securityGroups: ["sg"] }),
  listener(forward({ app: 1 })),
  group("app"),
  resource("app-task", "aws:ecs/taskDefinition:TaskDefinition", {
    family: "app",
    containerDefinitions: task("app:v1"),
  }),
  service("app", "app"),
];

function task(image: string): string {
  return JSON.stringify([{ name: "service", image, environment: [{ name: "A", value: "1" }] }]);
}

/** The stack with one of its resources changed. */
function edit(state: Resource[], name: string, type: string, inputs: object, more: Partial<Resource> = {}): Resource[] {
  const isMeant = (r: Resource) => r.urn.endsWith(`::${name}`) && r.type.endsWith(`:${type}`);
  if (!state.some(isMeant)) throw new Error(`no ${type} "${name}"`);
  return state.map((r) => (isMeant(r) ? changed(r, inputs, more) : r));
}

const tagged = (state: Resource[]) => state.map((r) => (r.custom ? changed(r, { tags: { team: "shop" } }) : r));

const function_ = [
  resource("app", "aws:lambda/function:Function", { handler: "index.handler", code: "1" }),
  resource("live", "aws:lambda/alias:Alias", { functionName: "app", functionVersion: "1" }),
  group("app", { targetType: "lambda", healthCheck: {} }),
  listener(forward({ app: 1 })),
  resource("app", "aws:lb/targetGroupAttachment:TargetGroupAttachment", {
    targetGroupArn: "arn:app",
    targetId: "arn:live",
  }),
];
const pods = (container: object = {}) => exposed("app", { container });

const CASES: Case[] = [
  ["first up on an empty stack", [], shopStack(idle)],
  ["first up with one environment", [], shopStack({ blue: BLUE })],
  ["first up of somebody's own service", [], plain],
  ["first up of a Deployment", [], pods()],
  ["no-op", at("canary-25"), at("canary-25")],
  ["no-op of somebody's own service", plain, plain],
  [
    "refresh with drifted outputs",
    at("idle").map((r) => (r.type.endsWith(":Service") ? { ...r, outputs: { ...r.outputs, desiredCount: 7 } } : r)),
    at("idle"),
  ],
  [
    "minor bump of a provider: new defaults",
    plain,
    edit(plain, "app", "TargetGroup", { ipAddressType: "ipv4", __defaults: ["ipAddressType"] }),
  ],
  ["default tags on everything", at("idle"), tagged(at("idle"))],
  ["default tags on everything, during a stage", at("canary-25"), tagged(at("canary-25"))],
  ["scale-out", at("canary-25"), at("canary-25", { blue: { ...BLUE, count: 6 } })],
  [
    "an autoscaler's count",
    edit(plain, "app", "Service", {}, { outputs: { id: "arn:app", arn: "arn:app", name: "app", desiredCount: 9 } }),
    edit(plain, "app", "Service", {}, { ignoreChanges: ["desiredCount"] }),
  ],
  ["scale-in of the idle environment", at("idle", { green: { ...GREEN, count: 4 } }), at("idle")],
  ["env on the idle color", at("idle"), at("idle", { green: { ...GREEN, env: [{ name: "A", value: "2" }] } })],
  ["cpu on the idle color", at("idle"), at("idle", { green: { ...GREEN, cpu: "512" } })],
  ["port on the idle color", at("idle"), at("idle", { green: { ...GREEN, port: 9090 } })],
  [
    "secret rotation by a forced deployment",
    at("idle"),
    edit(at("idle"), "shop-blue", "Service", { triggers: { secret: "2" } }),
  ],
  ["certificate renewal", at("idle"), edit(at("idle"), "http", "Listener", { certificateArn: "arn:cert-2" })],
  [
    "SNI added",
    at("idle"),
    [...at("idle"), resource("sni", "aws:lb/listenerCertificate:ListenerCertificate", { listenerArn: "arn:http" })],
  ],
  [
    "security-group rule added",
    plain,
    [...plain, resource("in", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", { securityGroupId: "sg" })],
  ],
  [
    "zone added to the balancer",
    at("canary-5"),
    edit(at("canary-5"), "web", "LoadBalancer", { subnets: ["a", "b", "c"] }),
  ],
  [
    "health interval",
    at("idle"),
    edit(at("idle"), "blue", "TargetGroup", {
      healthCheck: { path: "/healthz", interval: 30, healthyThreshold: 2, matcher: "200" },
    }),
  ],
  ["idle time-out", at("idle"), edit(at("idle"), "web", "LoadBalancer", { idleTimeout: 120 })],
  ["a longer drain", at("idle"), edit(at("idle"), "blue", "TargetGroup", { deregistrationDelay: 120 })],
  ["a shorter drain", plain, edit(plain, "app", "TargetGroup", { deregistrationDelay: 30 })],
  [
    "a path rule for another service",
    at("canary-5"),
    [
      ...at("canary-5"),
      group("cart"),
      service("cart", "cart"),
      rule("cart", forward({ cart: 1 }), { priority: 4, conditions: [{ pathPattern: { values: ["/cart/*"] } }] }),
    ],
  ],
  [
    "priorities reordered",
    [...plain, rule("a", forward({ app: 1 }), { priority: 1 }), rule("b", forward({ app: 1 }), { priority: 2 })],
    [...plain, rule("a", forward({ app: 1 }), { priority: 2 }), rule("b", forward({ app: 1 }), { priority: 1 })],
  ],
  [
    "logs, alarms, IAM, dashboards",
    at("canary-5"),
    [
      ...at("canary-5"),
      resource("log", "aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 30 }),
      resource("alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", { threshold: 1 }),
      resource("role", "aws:iam/role:Role", {}),
      resource("dashboard", "aws:cloudwatch/dashboard:Dashboard", {}),
    ],
  ],
  [
    "another service's release beside a promotion",
    [...at("canary-5"), ...beside("cart", "v1")],
    [...at("canary-25"), ...beside("cart", "v2")],
  ],
  [
    "a rolling deploy on ECS",
    plain,
    edit(edit(plain, "app-task", "TaskDefinition", { containerDefinitions: task("app:v2") }), "app", "Service", {
      taskDefinition: "arn:app-task:2",
    }),
  ],
  ["a rolling deploy on Kubernetes", pods(), pods({ image: `shop@sha256:${"2".repeat(64)}` })],
  [
    "a rolling deploy of a Deployment that has its faults",
    pods({ ...CONTAINER, lifecycle: {}, readinessProbe: undefined, image: "shop:v1" }),
    pods({ ...CONTAINER, lifecycle: {}, readinessProbe: undefined, image: "shop:v2" }),
  ],
  [
    "a deploy of a function",
    function_,
    edit(edit(function_, "app", "Function", { code: "2" }), "live", "Alias", { functionVersion: "2" }),
  ],
  [
    "a rename with an alias",
    plain,
    plain.map((r) => (r.type.endsWith(":TargetGroup") ? { ...r, urn: `${r.urn}-2`, aliases: [r.urn] } : r)),
  ],
  ...["canary-5", "canary-25", "canary-50", "full"].map(
    (stage): Case => [`a rollback from ${stage}`, at(stage), at("idle")],
  ),
  [
    "a rollback from a dead candidate, with alarms firing",
    [
      ...at("canary-25", { green: { ...GREEN, count: 0 } }),
      resource("alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", {}),
    ],
    [...at("idle", { green: { ...GREEN, count: 0 } }), resource("alarm", "aws:cloudwatch/metricAlarm:MetricAlarm", {})],
  ],
  ["a Git revert of a promotion", at("canary-25"), at("canary-5")],
  ["a finish", at("full"), at("idle", { stable: "green" })],
  ["a Git revert of a finish", at("idle", { stable: "green" }), at("full")],
  ["the install's candidate, then each stage", shopStack({ blue: BLUE }), at("idle")],
  ["a promotion", at("idle"), at("canary-5")],
  [
    "a hotfix with break-glass",
    at("idle"),
    at("idle", { blue: { image: 3 } }),
    [exempt("release-without-canary", "shop-blue")],
  ],
  ["rolled back: a new image for the candidate", at("idle"), at("idle", { green: { image: 3 } })],
  ["and the first stage again", at("idle", { green: { image: 3 } }), at("canary-5", { green: { image: 3 } })],
  [
    "import",
    plain,
    [
      ...plain,
      resource("zone", "aws:route53/zone:Zone", { name: "example.com" }),
      record("old", { records: ["a", "b"], type: "A" }),
    ],
  ],
  [
    "retiring an entry point, as its owner has said",
    [...plain, record("old", { name: "old.example.com" })],
    plain,
    [exempt("serving-deletion", "old")],
  ],
  [
    "a promotion on a shared listener",
    at("canary-5", { sharedListener: "arn:platform" }),
    at("canary-25", { sharedListener: "arn:platform" }),
  ],
  ["a new token in the same cluster's kubeconfig", [cluster("old"), ...pods()], [cluster("new"), ...pods()]],
  [
    "a secret env unchanged, written otherwise",
    plain,
    edit(plain, "app-task", "TaskDefinition", {
      containerDefinitions: ` [ {"image":"app:v1","environment":[{"value":"1","name":"A"}],"name":"service"} ]`,
    }),
  ],
  ["a set reordered", at("canary-5"), edit(at("canary-5"), "web", "LoadBalancer", { subnets: ["b", "a"] })],
  [
    "weights of DNS moved",
    [weighted("blue", 100), weighted("green", 0)],
    [weighted("blue", 90), weighted("green", 10)],
  ],
];

function beside(name: string, version: string): Resource[] {
  return [
    group(name),
    rule(name, forward({ [name]: 1 }), { priority: 9 }),
    service(name, name, { taskDefinition: `arn:${name}:${version}` }),
  ];
}

function cluster(token: string): Resource {
  return resource("cluster", "pulumi:providers:kubernetes", { kubeconfig: `{"token":"${token}"}` }, { custom: false });
}

function exempt(policy: string, urn: string): Exemption {
  return { policy, urn, reason: "as its owner has said", until: new Date(NOW.getTime() + 86_400_000) };
}

/** What makes a resource another one, of those that the cases touch. */
const FORCING = {
  "aws:lb/targetGroup:TargetGroup": "port",
  "aws:ecs/taskDefinition:TaskDefinition": "containerDefinitions",
};

const refusals = ([, prior, desired, exemptions]: Case) =>
  judgeAll(planOf(prior, previewed(prior, desired, FORCING), NOW), { exemptions }).filter(({ advisory }) => !advisory);

describe("an everyday operation passes", () => {
  test.each(CASES)("%s", (...given) => {
    expect(refusals(given as unknown as Case)).toEqual([]);
  });
});

test.each<Case>([
  ["a skipped stage", at("idle"), at("full")],
  [
    "a candidate that nobody runs",
    at("idle", { green: { ...GREEN, count: 0 } }),
    at("canary-5", { green: { ...GREEN, count: 0 } }),
  ],
  ["a new image on the serving color", at("idle"), at("idle", { blue: { image: 3 } })],
  ["an entry point that goes", [...plain, record("old", { name: "old.example.com" })], plain],
  [
    "a serving group on another port",
    at("idle"),
    edit(at("idle"), "blue", "TargetGroup", { port: 9090 }, { outputs: {} }),
  ],
])("the same stacks are no blind spot: %s is refused", (...given) => {
  expect(refusals(given as unknown as Case)).not.toEqual([]);
});
