import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ApiWorld, askFaults, startApiWorld } from "./api-world";
import { ask, until } from "./facts/local-cloud";

let world: ApiWorld;
let elb: ElasticLoadBalancingV2;
let ecs: ECS;
beforeAll(async () => {
  world = await startApiWorld();
  elb = new ElasticLoadBalancingV2({ ...world.settings, maxAttempts: 1 });
  ecs = new ECS({ ...world.settings, maxAttempts: 1 });
});
afterAll(() => world.cloud.stop());

/** Who answers so many requests. */
async function answers(count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const { body } = await ask(world.address);
    counts[body] = (counts[body] ?? 0) + 1;
  }
  return counts;
}

const forward = (blue: number, green: number, stickiness?: object) => ({
  RuleArn: world.rule,
  Actions: [
    {
      Type: "forward" as const,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: world.groups.blue, Weight: blue },
          { TargetGroupArn: world.groups.green, Weight: green },
        ],
        ...(stickiness && { TargetGroupStickinessConfig: stickiness }),
      },
    },
  ],
});

describe("Elastic Load Balancing", () => {
  test("rules are told by their ARNs and by their listener, the default one last", async () => {
    const { Rules } = await elb.describeRules({ RuleArns: [world.rule] });
    expect(Rules).toEqual([
      {
        RuleArn: world.rule,
        Priority: "10",
        IsDefault: false,
        Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/*"] } }],
        Actions: [
          {
            Type: "forward",
            Order: 1,
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: world.groups.blue, Weight: 100 },
                { TargetGroupArn: world.groups.green, Weight: 0 },
              ],
              TargetGroupStickinessConfig: { Enabled: false, DurationSeconds: 3600 },
            },
          },
        ],
      },
    ]);
    const all = await elb.describeRules({ ListenerArn: world.listener });
    expect(all.Rules?.map(({ Priority }) => Priority)).toEqual(["10", "default"]);
    expect(all.Rules?.[1]?.Actions?.[0]?.FixedResponseConfig?.MessageBody).toBe("<&>");
    const first = await elb.describeRules({ ListenerArn: world.listener, PageSize: 1 });
    expect(first.Rules).toHaveLength(1);
    const rest = await elb.describeRules({ ListenerArn: world.listener, PageSize: 1, Marker: first.NextMarker });
    expect(rest.Rules?.[0]?.IsDefault).toBe(true);
    expect(rest.NextMarker).toBeUndefined();
  });

  test("a change of the weights moves the requests, and is what is told from then on", async () => {
    expect(await answers(20)).toEqual({ blue: 20 });
    const { Rules } = await elb.modifyRule(forward(0, 5));
    expect(Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroupStickinessConfig).toEqual({ Enabled: false });
    expect((await elb.describeRules({ RuleArns: [world.rule] })).Rules).toEqual(Rules);
    await world.cloud.dataPlane.settled();
    expect(await answers(20)).toEqual({ green: 20 });

    await elb.modifyRule(forward(1, 1, { Enabled: true, DurationSeconds: 60 }));
    await world.cloud.dataPlane.settled();
    const { headers, body } = await ask(world.address);
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0];
    for (let i = 0; i < 20; i++) expect((await ask(world.address, "/", { headers: { cookie } })).body).toBe(body);
    await elb.modifyRule(forward(100, 0));
    await world.cloud.dataPlane.settled();
  });

  test("what it refuses is as it was, with AWS's code", async () => {
    const before = (await elb.describeRules({ RuleArns: [world.rule] })).Rules;
    const arn = (kind: string) => `arn:aws:elasticloadbalancing:eu-local-1:000000000000:${kind}/no`;
    const one = forward(1, 1).Actions;
    const unknown = [{ Type: "forward" as const, TargetGroupArn: arn("targetgroup") }];
    const refused = async (call: Promise<unknown>) =>
      call.then(
        () => "done",
        (error: Error) => error.name,
      );
    expect(await refused(elb.describeRules({ RuleArns: [arn("listener-rule")] }))).toBe("RuleNotFoundException");
    expect(await refused(elb.describeRules({ ListenerArn: arn("listener") }))).toBe("ListenerNotFoundException");
    expect(await refused(elb.describeRules({}))).toBe("ValidationError");
    expect(await refused(elb.modifyRule({ RuleArn: arn("listener-rule"), Actions: one }))).toBe(
      "RuleNotFoundException",
    );
    expect(await refused(elb.modifyRule({ RuleArn: world.rule, Actions: unknown }))).toBe(
      "TargetGroupNotFoundException",
    );
    expect(await refused(elb.modifyRule(forward(1, 1000)))).toBe("ValidationError");
    expect(await refused(elb.modifyRule(forward(1, 1, { Enabled: true })))).toBe("ValidationError");
    expect(await refused(elb.describeTargetHealth({ TargetGroupArn: arn("targetgroup") }))).toBe(
      "TargetGroupNotFoundException",
    );
    expect(await refused(elb.describeLoadBalancers({ Names: ["no"] }))).toBe("LoadBalancerNotFoundException");
    expect((await elb.describeRules({ RuleArns: [world.rule] })).Rules).toEqual(before);
  });

  test("targets are told with state, reason and zone", async () => {
    const healthOf = async () => {
      const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn: world.groups.green });
      return TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
        Target?.AvailabilityZone,
        TargetHealth?.State,
        TargetHealth?.Reason,
      ]);
    };
    expect((await healthOf()).sort()).toEqual([
      ["local-a", "healthy", undefined],
      ["local-b", "healthy", undefined],
    ]);
    const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn: world.groups.green });
    const { Id, Port } = TargetHealthDescriptions[0]?.Target ?? {};
    await ask(`${Id}:${Port}`, "/health?status=500");
    await until(async () => (await healthOf()).some(([, state]) => state === "unhealthy"));
    expect((await healthOf()).find(([, state]) => state === "unhealthy")?.[2]).toBe("Target.ResponseCodeMismatch");
    await ask(`${Id}:${Port}`, "/health?status=200");
    await until(
      async () => (await healthOf()).length === 2 && (await healthOf()).every(([, state]) => state === "healthy"),
    );
  });

  test("groups are told with their balancers, balancers with their zones and listeners", async () => {
    const { TargetGroups } = await elb.describeTargetGroups({ TargetGroupArns: [world.groups.green] });
    expect(TargetGroups?.[0]).toMatchObject({ TargetGroupName: "shop-green", LoadBalancerArns: [world.balancer] });
    const { LoadBalancers } = await elb.describeLoadBalancers({ LoadBalancerArns: [world.balancer] });
    expect(LoadBalancers?.[0]?.AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual(["local-a", "local-b"]);
    const { Listeners } = await elb.describeListeners({ LoadBalancerArn: world.balancer });
    expect(Listeners).toEqual([{ ListenerArn: world.listener, LoadBalancerArn: world.balancer, Port: 80 }]);
  });
});

describe("Elastic Container Service", () => {
  test("a service is told with its deployment, counts and events", async () => {
    const { services, failures } = await ecs.describeServices({
      cluster: world.cluster,
      services: [world.services.blue, "no"],
    });
    expect(failures).toEqual([{ arn: "no", reason: "MISSING" }]);
    expect(services?.[0]).toMatchObject({
      serviceName: "shop-blue",
      status: "ACTIVE",
      desiredCount: 2,
      runningCount: 2,
    });
    const [deployment] = services?.[0]?.deployments ?? [];
    expect(deployment).toMatchObject({
      status: "PRIMARY",
      rolloutState: "COMPLETED",
      desiredCount: 2,
      runningCount: 2,
    });
    expect(deployment?.taskDefinition).toBe(services?.[0]?.taskDefinition);
    expect(deployment?.createdAt?.getTime()).toBeLessThan(Date.now() + 1);
    expect(services?.[0]?.events?.map(({ message }) => message)).toContain(
      "(service shop-blue) has reached a steady state.",
    );
    await expect(ecs.describeServices({ cluster: "no", services: ["shop-blue"] })).rejects.toMatchObject({
      name: "ClusterNotFoundException",
    });
  });

  // "The state of the rollout … IN_PROGRESS, COMPLETED, FAILED"; a rollback "starts a new deployment" of what was completed last.
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
  test("a deployment that the circuit breaker gives up is told, and so is the one back", async () => {
    const { records } = world.cloud;
    const service = records.get("aws:ecs/service:Service", world.services.green);
    const [definition] = records.ofType("aws:ecs/taskDefinition:TaskDefinition");
    if (!service || !definition) throw new Error("there is no service to deploy to");
    const [container] = JSON.parse(String(definition.inputs.containerDefinitions));
    const containerDefinitions = JSON.stringify([{ ...container, environment: [{ name: "EXIT_WITH", value: "3" }] }]);
    const arn = `${definition.id}-bad`;
    const inputs = { ...definition.inputs, containerDefinitions };
    records.put({ ...definition, id: arn, inputs, outputs: { ...definition.outputs, arn } });
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    records.put({ ...service, inputs: { ...service.inputs, taskDefinition: arn, deploymentCircuitBreaker } });
    await elb.modifyRule(forward(100, 0)); // with it all else is applied

    const told = async () => (await ecs.describeServices({ cluster: "shop", services: ["shop-green"] })).services?.[0];
    const first = await told();
    expect(first?.taskDefinition).toBe(arn);
    expect(first?.deployments?.map(({ status, rolloutState }) => [status, rolloutState])).toEqual([
      ["PRIMARY", "IN_PROGRESS"],
      ["ACTIVE", "COMPLETED"],
    ]);
    expect(first?.deployments?.[1]).toMatchObject({ taskDefinition: service.inputs.taskDefinition, runningCount: 2 });
    await until(async () => (await told())?.taskDefinition === service.inputs.taskDefinition);
    await until(
      async () => (await told())?.deployments?.every(({ rolloutState }) => rolloutState === "COMPLETED") === true,
    );
    const back = await told();
    expect(back?.deployments).toHaveLength(1);
    expect(back?.deployments?.[0]?.id).not.toBe(first?.deployments?.[1]?.id);
    const failed = `(service shop-green) (deployment ${first?.deployments?.[0]?.id}) deployment failed: tasks failed to start.`;
    expect(back?.events?.map(({ message }) => message)).toContain(failed);
    records.put(service);
  });
});

test("the environment that the cloud gives is all that the SDK needs, whatever profile the user has", async () => {
  const read = () => new ElasticLoadBalancingV2({ maxAttempts: 1 }).describeRules({ RuleArns: [world.rule] });
  for (const [name, value] of Object.entries({ ...world.cloud.env, AWS_PROFILE: "nobody" })) vi.stubEnv(name, value);
  await expect(read()).rejects.toMatchObject({ name: "CredentialsProviderError" });
  vi.stubEnv("AWS_PROFILE", world.cloud.env.AWS_PROFILE);
  expect((await read()).Rules).toHaveLength(1);
  vi.unstubAllEnvs();
});

describe("faults", () => {
  test("the nth call of an operation goes wrong as it is asked for, and no other", async () => {
    const { endpoint } = world.settings;
    const read = () => elb.describeRules({ RuleArns: [world.rule] });
    await askFaults(endpoint, [
      { operation: "DescribeRules", calls: [1], what: "throttle" },
      { operation: "DescribeRules", calls: [2], what: "unavailable" },
      { operation: "DescribeRules", calls: [3], what: "reset" },
      { operation: "DescribeServices", what: "throttle" },
      { operation: "ModifyRule", calls: [1], what: "lost-answer" },
      { operation: "DescribeTargetHealth", what: "time-out" },
    ]);
    await expect(read()).rejects.toMatchObject({ name: "Throttling", $metadata: { httpStatusCode: 400 } });
    await expect(read()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    await expect(read()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await read()).Rules).toHaveLength(1);
    await expect(ecs.describeServices({ services: ["shop-blue"] })).rejects.toMatchObject({
      name: "ThrottlingException",
    });
    await expect(elb.modifyRule(forward(75, 25))).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await read()).Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups?.[1]?.Weight).toBe(25);
    const impatient = { abortSignal: AbortSignal.timeout(200) };
    await expect(elb.describeTargetHealth({ TargetGroupArn: world.groups.blue }, impatient)).rejects.toThrow(/abort/i);

    // The SDK's own retries get past a fault that ends.
    await askFaults(endpoint, [{ operation: "DescribeRules", calls: [1, 2], what: "throttle" }]);
    const patient = new ElasticLoadBalancingV2({ ...world.settings, maxAttempts: 3 });
    expect((await patient.describeRules({ RuleArns: [world.rule] })).Rules).toHaveLength(1);
    const calls = (await (await fetch(`${endpoint}/_crossfade/calls`)).json()) as {
      operation: string;
      failed?: string;
    }[];
    expect(calls.slice(-3)).toMatchObject([
      { failed: "throttle" },
      { failed: "throttle" },
      { operation: "DescribeRules" },
    ]);
    expect(calls.at(-1)?.failed).toBeUndefined();

    await expect(askFaults(endpoint, [{ operation: "ModifyRule", what: "sabotage" }])).rejects.toThrow(/what/);
    await askFaults(endpoint, []);
  });

  test("a call that it does not have is refused, and said", async () => {
    await expect(elb.describeTags({ ResourceArns: [world.rule] })).rejects.toMatchObject({
      name: "InvalidAction",
      message: "the local cloud has no DescribeTags: no stack, policy or command of ours asks for it",
    });
  });
});
