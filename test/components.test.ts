import type { ResourceTransformationArgs } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Edge, FargateEnvironment, type FargateEnvironmentArgs, Rollout, WeightedAlbRoute } from "../components";
import { collectAsked, settled } from "./asked";

const { asked, find } = collectAsked();

const environment: FargateEnvironmentArgs = {
  color: "green",
  image: `shop@sha256:${"1".repeat(64)}`,
  listenerArn: "arn:listener",
  hosts: ["shop.example.com"],
  previewPriority: 2,
  vpcId: "vpc-1",
  subnetIds: ["subnet-1"],
  balancerSecurityGroupId: "sg-edge",
};

describe("an environment", () => {
  test("keeps every task until its successor is healthy, and gives up on a version that fails", async () => {
    new FargateEnvironment("safe", environment);
    await settled();
    expect(find("aws:ecs/service:Service").inputs).toMatchObject({
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      waitForSteadyState: true,
      healthCheckGracePeriodSeconds: 60,
    });
    expect(find("aws:ecs/taskDefinition:TaskDefinition").inputs.skipDestroy).toBe(true);
  });

  test("names nothing that is replaced by name", async () => {
    new FargateEnvironment("unnamed", environment);
    await settled();
    for (const { type, inputs } of asked.filter((r) => r.type.startsWith("aws:")))
      expect([type, inputs.name]).toEqual([type, undefined]);
  });

  test("is reached by its preview header on the host, with the secret where one is set", async () => {
    new FargateEnvironment("plain", environment);
    new FargateEnvironment("secret", { ...environment, previewSecret: "open-sesame" });
    await settled();
    const conditions = (name: string, value: string) =>
      expect(find("aws:lb/listenerRule:ListenerRule", name).inputs.conditions).toEqual([
        { hostHeader: { values: ["shop.example.com"] } },
        { httpHeader: { httpHeaderName: "x-crossfade", values: [value] } },
      ]);
    conditions("plain-preview", "green");
    conditions("secret-preview", "green-open-sesame");
  });

  test("gives its version to the container, its secrets by ARN, and lets only the balancer in", async () => {
    new FargateEnvironment("version", {
      ...environment,
      command: ["serve"],
      env: { LEVEL: "debug" },
      secrets: { KEY: "arn:aws:secretsmanager:eu-test-1:1:secret:key" },
      port: 9000,
      protocol: "GRPC",
      drain: 30,
      sidecars: { proxy: { image: "proxy@sha256:0", essential: false } },
    });
    await settled();
    const definition = find("aws:ecs/taskDefinition:TaskDefinition").inputs;
    const [own, proxy] = JSON.parse(String(definition.containerDefinitions));
    expect(own).toMatchObject({
      command: ["serve"],
      environment: [{ name: "LEVEL", value: "debug" }],
      secrets: [{ name: "KEY", valueFrom: "arn:aws:secretsmanager:eu-test-1:1:secret:key" }],
      portMappings: [{ containerPort: 9000 }],
    });
    expect(proxy).toMatchObject({ name: "proxy", essential: false });
    expect(find("aws:lb/targetGroup:TargetGroup").inputs).toMatchObject({
      port: 9000,
      protocolVersion: "GRPC",
      deregistrationDelay: 30,
      healthCheck: { matcher: "0" },
    });
    expect(find("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs).toMatchObject({
      referencedSecurityGroupId: "sg-edge",
      fromPort: 9000,
      toPort: 9000,
    });
    expect(String(find("aws:iam/rolePolicy:RolePolicy").inputs.policy)).toContain("secretsmanager:GetSecretValue");
  });

  test("scales by CPU where it is asked to, in a given cluster", async () => {
    new FargateEnvironment("scaled", {
      ...environment,
      clusterArn: "arn:aws:ecs:eu-test-1:1:cluster/shared",
      scaling: { min: 2, max: 8 },
    });
    await settled();
    expect(find("aws:appautoscaling/target:Target").inputs).toMatchObject({
      minCapacity: 2,
      maxCapacity: 8,
      resourceId: "service/shared/scaled",
    });
    expect(asked.filter((r) => r.type === "aws:ecs/cluster:Cluster")).toEqual([]);
  });

  test.each<[string, Partial<FargateEnvironmentArgs>, number]>([
    ["the replicas", { replicas: 3 }, 3],
    ["no fewer than its autoscaler's least", { scaling: { min: 10, max: 20 } }, 10],
    ["no more than its most", { replicas: 9, scaling: { min: 1, max: 4 } }, 4],
  ])("starts with %s", async (_, args, desiredCount) => {
    new FargateEnvironment("counted", { ...environment, ...args });
    await settled();
    expect(find("aws:ecs/service:Service", "counted").inputs).toMatchObject({ desiredCount });
  });

  test.each<[string, Partial<FargateEnvironmentArgs>, string | undefined]>([
    ["the provider's time-out where that is enough", {}, undefined],
    ["still so", { drain: 460 }, undefined],
    ["more where the drain takes longer", { drain: 1200 }, "1940s"],
    ["more for a slow start", { grace: 900, healthInterval: 60, stop: 120 }, "1980s"],
  ])("a deployment has %s", async (_, args, expected) => {
    const given: unknown[] = [];
    const note = ({ type, opts }: ResourceTransformationArgs) => {
      if (type === "aws:ecs/service:Service") given.push(opts.customTimeouts);
      return undefined;
    };
    new FargateEnvironment("timed", { ...environment, ...args }, { transformations: [note] });
    await settled();
    expect(given).toEqual([expected && { create: expected, update: expected, delete: expected }]);
  });

  test("refuses what AWS would refuse, with the property", () => {
    expect(() => new FargateEnvironment("size", { ...environment, cpu: 256, memory: 4096 })).toThrow(
      /512, 1024 or 2048/,
    );
    const scaling = { min: 3, max: 2 };
    expect(() => new FargateEnvironment("scaling", { ...environment, scaling })).toThrow(/min is at most max/);
    expect(() => new FargateEnvironment("a-name-of-twenty-five-chars", environment)).toThrow(/at most 24 characters/);
  });
});

describe("an edge", () => {
  const network = { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] };

  test("speaks HTTP where it has no certificate", async () => {
    new Edge("plain", network);
    await settled();
    expect(asked.filter((r) => r.type === "aws:lb/listener:Listener").map(({ inputs }) => inputs.port)).toEqual([80]);
    expect(find("aws:lb/loadBalancer:LoadBalancer").inputs).toMatchObject({
      internal: false,
      enableDeletionProtection: true,
      idleTimeout: 60,
    });
  });

  test("speaks HTTPS with one, and redirects to it", async () => {
    new Edge("tls", { ...network, certificateArn: "arn:aws:acm:eu-test-1:1:certificate/1" });
    await settled();
    expect(find("aws:lb/listener:Listener", "tls-https").inputs).toMatchObject({ port: 443, protocol: "HTTPS" });
    expect(find("aws:lb/listener:Listener", "tls-http").inputs.defaultActions).toEqual([
      { type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } },
    ]);
  });
});

describe("an edge of a color", () => {
  const network = { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] };

  test("says in what it answers, and how long a client may keep its connection", async () => {
    const plain = new Edge("of-http", { ...network, clientKeepAlive: 60 });
    const tls = new Edge("of-https", { ...network, certificateArn: "arn:aws:acm:eu-test-1:1:certificate/1" });
    await settled();
    expect([plain.protocol, tls.protocol]).toEqual(["HTTP", "HTTPS"]);
    expect(find("aws:lb/loadBalancer:LoadBalancer", "of-http").inputs.clientKeepAlive).toBe(60);
    // Not written where it is not given: an upgrade of the package changes no balancer.
    expect(find("aws:lb/loadBalancer:LoadBalancer", "of-https").inputs).not.toHaveProperty("clientKeepAlive");
  });

  test.each([59, 604_801, 90.5])("refuses a client keep-alive of %d", (clientKeepAlive) => {
    expect(() => new Edge("wrong", { ...network, clientKeepAlive })).toThrow(/whole seconds, 60 to 604800/);
  });
});

describe("a route", () => {
  const targets = { blue: { targetGroupArn: "arn:blue" }, green: { targetGroupArn: "arn:green" } };
  const route = { listenerArn: "arn:listener", hosts: ["shop.example.com"], priority: 3 };

  test.each([
    ["idle", 100, 0, false],
    ["canary-25", 75, 25, true],
    ["full", 0, 100, false],
  ])("at %s writes both weights, and keeps clients only between them", async (stage, blue, green, enabled) => {
    const rollout = new Rollout(`r-${stage}`, { stable: "blue", stage });
    new WeightedAlbRoute(`route-${stage}`, { ...route, rollout, targets });
    await settled();
    const [action] = find("aws:lb/listenerRule:ListenerRule").inputs.actions as { forward: object }[];
    expect(action?.forward).toEqual({
      targetGroups: [
        { arn: "arn:blue", weight: blue },
        { arn: "arn:green", weight: green },
      ],
      stickiness: { enabled, duration: 3600 },
    });
  });

  test("refuses weight for a color without a target", () => {
    const rollout = new Rollout("short", { stable: "blue", stage: "canary-5" });
    expect(() => new WeightedAlbRoute("short", { ...route, rollout, targets: { blue: targets.blue } })).toThrow(
      /green must have 5 % of the requests and has no target/,
    );
  });
});

describe("a rollout", () => {
  test("has a child for each stage, with its status", async () => {
    new Rollout("way", { stable: "blue", stage: "canary-5" });
    await settled();
    expect(asked.filter((r) => r.name.startsWith("way-")).map((r) => [r.name, r.inputs.status])).toEqual([
      ["way-idle", "passed"],
      ["way-canary-5", "current"],
      ["way-canary-25", "ahead"],
      ["way-canary-50", "ahead"],
      ["way-full", "ahead"],
    ]);
  });

  test("keeps what was taken back in the state, and nothing where nothing was", async () => {
    const rejected = [{ digest: `sha256:${"b".repeat(64)}`, at: "2026-11-29T19:00:00Z", reason: "it was bad" }];
    new Rollout("with", { stable: "blue", rejected });
    new Rollout("without", { stable: "blue" });
    await settled();
    const inputs = (name: string) => asked.find((r) => r.name === name)?.inputs;
    expect(inputs("with")?.rejected).toEqual(rejected);
    expect(Object.keys(inputs("without") ?? {})).toEqual(["stable", "stage", "stages"]);
  });

  test.each([
    [{ stable: "blue", rejected: [{ digest: "v2", at: "", reason: "" }] }, "rejected[0].digest"],
    [{ stable: "blue", stage: "canary-6" }, "stage"],
    [{ stable: "red" }, "stable"],
    [{ stable: "blue", stages: [], stage: "full" }, "stages"],
    [{ stable: "blue", stages: [{ name: "a", weight: 120, bake: 0 }] }, "stages[0].weight"],
  ])("refuses %o with the property", (args, propertyPath) => {
    const errors = expect.arrayContaining([expect.objectContaining({ propertyPath })]);
    expect(() => new Rollout("wrong", args as never)).toThrow(expect.objectContaining({ errors }));
  });
});
