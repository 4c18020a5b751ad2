import { describe, expect, test } from "vitest";
import {
  FargateEnvironment,
  type FargateEnvironmentArgs,
  FargateSchedule,
  FargateWorkers,
  RoleSignal,
  Rollout,
} from "../components";
import {
  KubernetesEnvironment,
  KubernetesRoleSignal,
  KubernetesSchedule,
  KubernetesWorkers,
} from "../components/kubernetes";
import { collectAsked, settled } from "./asked";

const { asked, find, reset } = collectAsked();

const image = (n: number) => `shop@sha256:${String(n).repeat(64)}`;
const versions = {
  blue: { image: image(1), command: ["mailer"], env: { LEVEL: "debug" }, stop: 90 },
  green: { image: image(2), command: ["mailer", "--new"] },
};
const place = { vpcId: "vpc-1", subnetIds: ["subnet-1"] };
const definition = () =>
  JSON.parse(String(find("aws:ecs/taskDefinition:TaskDefinition").inputs.containerDefinitions))[0];

test.each([
  ["idle", "blue", "idle", ["mailer"]],
  ["a canary stage", "blue", "canary-50", ["mailer"]],
  ["full, not finished", "blue", "full", ["mailer"]],
  ["the finish", "green", "idle", ["mailer", "--new"]],
] as const)("workers and schedules at %s are stable's", async (_, stable, stage, command) => {
  await reset();
  const rollout = new Rollout("shop", { stable, stage });
  new FargateWorkers("mailer", { ...place, rollout, versions });
  new KubernetesWorkers("pods", { rollout, versions, namespace: "shop" });
  new KubernetesSchedule("nightly", { rollout, versions, namespace: "shop", at: "0 3 * * *" });
  await settled();
  expect(definition().command).toEqual(command);
  const pods = (of: unknown) => (of as { spec: { containers: object[] } }).spec.containers[0];
  const { spec } = find("kubernetes:apps/v1:Deployment").inputs as { spec: { template: object } };
  expect(pods(spec.template)).toMatchObject({ command });
  const cron = find("kubernetes:batch/v1:CronJob").inputs as { spec: { jobTemplate: { spec: { template: object } } } };
  expect(pods(cron.spec.jobTemplate.spec.template)).toMatchObject({ command });
});

describe("on Fargate", () => {
  test("workers have no balancer, their version's time to stop, and the versions overlap unless they are exclusive", async () => {
    await reset();
    const rollout = new Rollout("shop", { stable: "blue" });
    new FargateWorkers("mailer", { ...place, rollout, versions });
    new FargateWorkers("leader", { ...place, rollout, versions, exclusive: true });
    await settled();
    const service = find("aws:ecs/service:Service", "mailer").inputs;
    expect(service.loadBalancers).toBeUndefined();
    expect(service).toMatchObject({ desiredCount: 1, deploymentMinimumHealthyPercent: 100, waitForSteadyState: true });
    const bounds = { deploymentMinimumHealthyPercent: 0, deploymentMaximumPercent: 100 };
    expect(find("aws:ecs/service:Service", "leader").inputs).toMatchObject(bounds);
    expect(definition()).toMatchObject({
      portMappings: [],
      stopTimeout: 90,
      environment: [{ name: "LEVEL", value: "debug" }],
    });
  });

  test("a schedule starts a task of its own family, with a role for that and nothing else", async () => {
    await reset();
    new FargateSchedule("nightly", {
      ...place,
      rollout: new Rollout("shop", { stable: "blue" }),
      versions,
      at: "rate(1 hour)",
    });
    await settled();
    expect(find("aws:scheduler/schedule:Schedule").inputs).toMatchObject({
      scheduleExpression: "rate(1 hour)",
      scheduleExpressionTimezone: "UTC",
      target: { ecsParameters: { taskDefinitionArn: "arn:aws:test:nightly", launchType: "FARGATE" } },
    });
    const { policy } = find("aws:iam/rolePolicy:RolePolicy", "nightly-starter").inputs;
    expect(JSON.parse(String(policy)).Statement.map(({ Action }: { Action: string }) => Action)).toEqual([
      "ecs:RunTask",
      "iam:PassRole",
    ]);
  });

  test("without a version of stable's there is nothing to run, and it is said", async () => {
    await reset();
    const rollout = new Rollout("shop", { stable: "green" });
    const only = { blue: versions.blue };
    expect(() => new FargateWorkers("mailer", { ...place, rollout, versions: only })).toThrow(
      "versions.green: green is stable, and it has none",
    );
    await settled();
  });
});

describe("the signal", () => {
  const told = (stage: string) =>
    JSON.stringify({
      stable: "blue",
      stage,
      shares: stage === "idle" ? { blue: 100, green: 0 } : { blue: 50, green: 50 },
    });
  const environment: FargateEnvironmentArgs = {
    color: "green",
    image: image(2),
    previewPriority: 2,
    listenerArn: "arn:l",
    hosts: ["h"],
    balancerSecurityGroupId: "sg",
    ...place,
  };

  test.each(["idle", "canary-50"])("at %s other words, and the same tasks", async (stage) => {
    await reset();
    const rollout = new Rollout("shop", { stable: "blue", stage });
    new RoleSignal("role", { rollout });
    new FargateEnvironment("shop-green", { ...environment, signal: RoleSignal.parameterName("role") });
    await settled();
    const { name, insecureValue } = find("aws:ssm/parameter:Parameter").inputs;
    expect(insecureValue).toBe(told(stage));
    expect(definition().environment).toEqual([
      { name: "CROSSFADE_COLOR", value: "green" },
      { name: "CROSSFADE_SIGNAL", value: name },
    ]);
    const { policy } = find("aws:iam/rolePolicy:RolePolicy", "shop-green-signal").inputs;
    expect(JSON.parse(String(policy)).Statement).toMatchObject([{ Action: "ssm:GetParameter" }]);
  });

  test("without it no task is told anything, and none is another one than before", async () => {
    await reset();
    new FargateEnvironment("shop-green", environment);
    await settled();
    expect(definition().environment).toEqual([]);
    expect(asked.map(({ name }) => name)).not.toContain("shop-green-signal");
  });

  test("pods have it as a file of a whole folder, which may come later than they", async () => {
    await reset();
    const rollout = new Rollout("shop", { stable: "blue", stage: "canary-50" });
    new KubernetesRoleSignal("role", { rollout, namespace: "shop" });
    new KubernetesEnvironment("shop-green", { color: "green", image: image(2), namespace: "shop", signal: "role" });
    await settled();
    expect(find("kubernetes:core/v1:ConfigMap").inputs).toMatchObject({
      metadata: { name: "role" },
      data: { "role.json": told("canary-50") },
    });
    const { spec } = find("kubernetes:apps/v1:Deployment").inputs as { spec: { template: { spec: object } } };
    expect(spec.template.spec).toMatchObject({
      volumes: [{ configMap: { name: "role", optional: true } }],
      containers: [
        {
          env: [
            { name: "CROSSFADE_COLOR", value: "green" },
            { name: "CROSSFADE_SIGNAL", value: "/etc/crossfade/role.json" },
          ],
          volumeMounts: [{ mountPath: "/etc/crossfade", readOnly: true }],
        },
      ],
    });
  });
});
