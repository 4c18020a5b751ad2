import { describe, expect, test } from "vitest";
import { healthCheck } from "../policies/health-check";
import type { Resource } from "../traffic";
import {
  changed,
  exposed,
  forward,
  group,
  object,
  ours,
  resource,
  rule,
  service,
  verdicts,
  weighted,
} from "./resources";

const checked = (check: object, more: object = {}) =>
  group("blue", { healthCheck: { path: "/healthz", ...check }, ...more });
const staged = (interval: number, ...bakes: number[]) => [
  checked({ interval, healthyThreshold: 2 }),
  ...ours("WeightedAlbRoute", rule("shop", forward({ blue: 100 })), {
    stages: bakes.map((bake, i) => ({ name: `canary-${i}`, weight: i, bake })),
  }),
];
const environment = (inputs: object, more: Partial<Resource> = {}) => [
  checked({}, { deregistrationDelay: 60 }),
  ...ours("FargateEnvironment", service("shop", "blue", inputs, more)),
];
const alias = (evaluateTargetHealth: boolean) =>
  weighted("blue", 1, {
    healthCheckId: undefined,
    ttl: undefined,
    records: undefined,
    aliases: [{ name: "lb", zoneId: "Z2", evaluateTargetHealth }],
  });
const hour = {
  deploymentConfiguration: { strategy: "CANARY", canaryConfiguration: { canaryBakeTimeInMinutes: "60" } },
};
const namespace = (value: string) =>
  object("core/v1:Namespace", "shop", {}, { labels: { "elbv2.k8s.aws/pod-readiness-gate-inject": value } });
const binding = (targetType: string) =>
  object("elbv2.k8s.aws/v1beta1:TargetGroupBinding", "shop", { serviceRef: { name: "shop", port: 80 }, targetType });
/** A Deployment of a component of ours, after what is named, behind a binding. */
const bound = (dependencies: string[]) => {
  const [deployment, service] = exposed("shop") as [Resource, Resource];
  return [
    namespace("enabled"),
    ...ours("KubernetesEnvironment", { ...deployment, dependencies }),
    service,
    binding("ip"),
  ];
};
/** A Deployment that is made after its Service. */
const waitedFor = (annotations: object, spec: object = {}) => {
  const [deployment, service, ingress] = exposed("shop") as [Resource, Resource, Resource];
  const { metadata, spec: asked } = service.inputs as { metadata: object; spec: object };
  const inputs = { metadata: { ...metadata, annotations }, spec: { ...asked, ...spec } };
  return [{ ...deployment, dependencies: [service.urn] }, changed(service, inputs), ingress];
};
const probed = (readinessProbe: object | undefined) => exposed("shop", { container: { readinessProbe } });

describe("a hazard is refused, and its nearest safe twin passes", () => {
  test.each<[string, Resource[], Resource[]]>([
    ["a health check that is off", [checked({ enabled: false })], [checked({ enabled: true })]],
    [
      "15: another port, in an environment of ours",
      ours("FargateEnvironment", checked({ port: "81" })),
      ours("FargateEnvironment", checked({ port: "80" })),
    ],
    [
      "15: a redirect that counts, in an environment of ours",
      ours("FargateEnvironment", checked({ matcher: "200-399" })),
      ours("FargateEnvironment", checked({ matcher: "200-299" })),
    ],
    [
      "15: an error that counts, in an environment of ours",
      ours("FargateEnvironment", checked({ matcher: "200,500-599" })),
      ours("FargateEnvironment", checked({ matcher: "200,204" })),
    ],
    [
      "15: an error of gRPC that counts, in an environment of ours",
      ours("FargateEnvironment", changed(checked({ matcher: "0,12" }), { protocolVersion: "GRPC" })),
      ours("FargateEnvironment", changed(checked({ matcher: "0" }), { protocolVersion: "GRPC" })),
    ],
    [
      "24: a weighted record without a check",
      [weighted("blue", 1, { healthCheckId: undefined })],
      [weighted("blue", 1)],
    ],
    ["24: an alias that does not ask", [alias(false)], [alias(true)]],
    [
      "A18: no time to start, in an environment of ours",
      environment({ healthCheckGracePeriodSeconds: 0 }),
      environment({ healthCheckGracePeriodSeconds: 1 }),
    ],
    [
      "28: a deployment longer than the time-out, in an environment of ours",
      environment(hour),
      environment(hour, { customTimeouts: { create: 7200, update: 7200 } }),
    ],
    [
      "A20: pods that may be made before their binding, in an environment of ours",
      bound([]),
      bound(["urn:pulumi:dev::test::kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding::shop"]),
    ],
    ["no readiness probe", probed(undefined), probed({ httpGet: { path: "/", port: 80 } })],
    [
      "37: a namespace without the gate's label",
      [namespace("disabled"), binding("ip")],
      [namespace("enabled"), binding("ip")],
    ],
  ])("%s", (_, bad, safe) => {
    expect(verdicts(healthCheck, [], bad)).toEqual(["refused"]);
    expect(verdicts(healthCheck, [], safe)).toEqual([]);
  });
});

test.each<[string, Resource[], string[]]>([
  ["a check that needs longer than a stage", staged(31, 0, 60, 600), ["said"]],
  ["a check that is done within every stage", staged(30, 0, 60, 600), []],
  ["no path", [group("blue", { healthCheck: {} })], ["said"]],
  ["a path that the provider has filled in", [checked({ path: "/", __defaults: ["path"] })], ["said"]],
  ["a check by TCP", [group("blue", { protocol: "TCP", healthCheck: {} })], []],
  ["a function", [group("blue", { targetType: "lambda", healthCheck: { enabled: false } })], []],
  ["another port, in somebody's group", [checked({ port: "81" })], ["said"]],
  ["the port of the containers", [checked({ port: "8080" }), service("shop", "blue")], []],
  ["a redirect among the codes", [checked({ matcher: "200,302" })], ["said"]],
  ["an error among the codes", [checked({ matcher: "200,404" })], ["said"]],
  [
    "no time to start, in somebody's service",
    [service("shop", "blue", { healthCheckGracePeriodSeconds: undefined })],
    ["said"],
  ],
  [
    "a service behind no balancer",
    [service("worker", "blue", { loadBalancers: [], healthCheckGracePeriodSeconds: 0 })],
    [],
  ],
  ["a binding in a namespace that is not here", [binding("ip")], ["said"]],
  ["a binding by way of the nodes", [namespace("disabled"), binding("instance")], []],
  [
    "pods before their binding, in somebody's workload",
    [...exposed("shop"), namespace("enabled"), binding("ip")],
    ["said"],
  ],
  ["a Service that waits for pods that come after it", waitedFor({}), ["said"]],
  ["a Service that does not wait", waitedFor({ "pulumi.com/skipAwait": "true" }), []],
  ["a Service without endpoints of its own", waitedFor({}, { clusterIP: "None" }), []],
  ["a Service that comes after its pods", exposed("shop"), []],
  ["a Deployment that nobody leads to", probed(undefined).slice(0, 1), []],
])("%s", (_, desired, expected) => {
  expect(verdicts(healthCheck, [], desired)).toEqual(expected);
});

test("another interval passes, and a check that is turned off is refused", () => {
  const before = checked({ interval: 30 });
  const other = (check: object) => [changed(before, { healthCheck: { path: "/healthz", ...check } })];
  expect(verdicts(healthCheck, [before], other({ interval: 10 }))).toEqual([]);
  expect(verdicts(healthCheck, [before], other({ enabled: false }))).toEqual(["refused"]);
});

const instances = (inputs: object) =>
  resource("asg", "aws:autoscaling/group:Group", {
    targetGroupArns: ["arn:blue"],
    healthCheckType: "ELB",
    healthCheckGracePeriod: 60,
    ...inputs,
  });
test.each<[string, object, string[]]>([
  ["that asks the balancer", {}, []],
  ["that does not", { healthCheckType: "EC2" }, ["said"]],
  ["that does not say whom it asks", { healthCheckType: undefined }, ["said"]],
  ["that asks it among others", { healthCheckType: "EBS,ELB" }, []],
  ["that lets nobody start", { healthCheckGracePeriod: 0 }, ["said"]],
  ["whose refresh rolls back", { instanceRefresh: { preferences: { autoRollback: true } } }, ["said"]],
  ["whose refresh does not", { instanceRefresh: { preferences: { autoRollback: false } } }, []],
  ["behind no balancer", { healthCheckType: "EC2", healthCheckGracePeriod: 0, targetGroupArns: [] }, []],
])("an Auto Scaling group %s", (_, inputs, expected) => {
  expect(verdicts(healthCheck, [], [instances(inputs)])).toEqual(expected);
  const own = ours("AutoScalingEnvironment", instances(inputs));
  expect(verdicts(healthCheck, [], own)).toEqual(expected.map(() => "refused"));
});
