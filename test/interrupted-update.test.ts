import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LocalWorld, PACK, packWith, type TestStack } from "./local-world";

/** A plain program: a listener that leads to blue, and on request an environment green. No component of ours. */
interface Shape {
  /** Blue's and green's share; undefined where the listener does not name green. */
  green?: { weight?: number; port?: number; name?: string };
  /** Of the listener. */
  dependsOn?: string;
}

function program({ green, dependsOn = "" }: Shape): string {
  const environment = (color: string, priority: number, port = 8080, name = "") => `
    const ${color} = new aws.lb.TargetGroup("${color}", {
      port: ${port}, protocol: "HTTP", targetType: "ip", vpcId: "vpc-1", healthCheck: { path: "/healthz", interval: 5 }, ${name}
    });
    const ${color}Preview = new aws.lb.ListenerRule("${color}-preview", {
      listenerArn: preview.arn, priority: ${priority},
      conditions: [{ httpHeader: { httpHeaderName: "x-crossfade", values: ["${color}"] } }],
      actions: [{ type: "forward", targetGroupArn: ${color}.arn }],
    });
    const ${color}Service = new aws.ecs.Service("${color}", {
      cluster: cluster.arn, desiredCount: 1, launchType: "FARGATE", waitForSteadyState: true, taskDefinition: task.arn,
      networkConfiguration: { subnets: ["subnet-1"] },
      loadBalancers: [{ targetGroupArn: ${color}.arn, containerName: "service", containerPort: 8080 }],
    }, { dependsOn: [${color}Preview] });`;
  const weights = green?.weight === undefined ? [] : [`{ arn: green.arn, weight: ${green.weight} }`];
  return `
    import * as aws from "@pulumi/aws";
    const balancer = new aws.lb.LoadBalancer("balancer", { subnets: ["subnet-1", "subnet-2"] });
    const cluster = new aws.ecs.Cluster("cluster");
    const task = new aws.ecs.TaskDefinition("task", {
      family: "shop", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512",
      containerDefinitions: JSON.stringify([{
        name: "service", image: "shop@sha256:${"1".repeat(64)}", essential: true, portMappings: [{ containerPort: 8080 }],
        environment: [{ name: "SESSION_SECRET", value: "only-for-the-local-cloud" }],
      }]),
    });
    const preview = new aws.lb.Listener("preview", {
      loadBalancerArn: balancer.arn, port: 81, protocol: "HTTP",
      defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
    });
    ${environment("blue", 1)}
    ${green ? environment("green", 2, green.port, green.name) : ""}
    new aws.lb.Listener("web", {
      loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP",
      defaultActions: [{ type: "forward", forward: { targetGroups: [
        { arn: blue.arn, weight: ${100 - (green?.weight ?? 0)} }, ${weights.join()}
      ] } }],
    }, { dependsOn: [${dependsOn}] });`;
}

let world: LocalWorld;
beforeAll(async () => {
  world = await LocalWorld.start({ basePort: 5380 });
});
afterAll(() => world.stop());

/** Here an environment may get weight, and go, in the update that makes or unmakes it: what order does then is the question. */
const AT_ONCE = { "candidate-attached": "disabled", "hold-time": "disabled" };

/** Refused by this policy; with it off nothing else refuses. */
async function expectRefused(stack: TestStack, ...lines: string[]): Promise<void> {
  const { code, output } = await stack.preview(...packWith(AT_ONCE, world.home));
  expect(output).toMatch(/\[mandatory\] +interrupted-update/);
  for (const line of lines) expect(output).toContain(line);
  expect(code).not.toBe(0);
  const control = await stack.preview(...packWith({ ...AT_ONCE, "interrupted-update": "disabled" }, world.home));
  expect(control.output).not.toContain("[mandatory]");
  expect(control.code).toBe(0);
}

async function expectPassed(stack: TestStack): Promise<void> {
  const { code, output } = await stack.preview(...packWith(AT_ONCE, world.home));
  expect(output).not.toContain("interrupted-update");
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
}

describe("on a plain program", () => {
  let stack: TestStack;
  const change = (shape: Shape) => stack.write(program(shape));

  test("the first update of an empty stack passes, and so does the same again", async () => {
    stack = await world.project("plain", program({}));
    expect(await stack.up(...PACK)).toMatchObject({ code: 0 });
    await expectPassed(stack);
  });

  test("a new environment that gets weight beside its service is refused, and with an edge it passes", async () => {
    change({ green: { weight: 25 } });
    await expectRefused(
      stack,
      'After "web" (aws:lb/listener:Listener) is updated and before "green" (aws:ecs/service:Service) is created, 25 % of the requests of listener "web" are lost.',
      'Nobody answers behind target group "green"',
      'Give "web" (aws:lb/listener:Listener) a dependsOn on "green" (aws:ecs/service:Service), or make two updates of it',
    );
    change({ green: { weight: 25 }, dependsOn: "greenService" });
    await expectPassed(stack);
  });

  test("an idle environment that is replaced and gets weight is refused, and without weight it passes", async () => {
    change({ green: { weight: 0, name: 'name: "green",' } });
    expect(await stack.up(...PACK)).toMatchObject({ code: 0 });
    change({ green: { weight: 25, port: 9090, name: 'name: "green-2",' } });
    await expectRefused(
      stack,
      'before "green" (aws:ecs/service:Service) is updated, 25 % of the requests of listener "web"',
    );
    change({ green: { weight: 0, port: 9090, name: 'name: "green-2",' } });
    await expectPassed(stack);
    // With the same name the engine deletes it first: nothing leads to it.
    change({ green: { weight: 0, port: 9090, name: 'name: "green",' } });
    await expectPassed(stack);
  });

  test("an environment that goes while its weight does is refused as a deletion, and by its order alone it would pass", async () => {
    change({ green: { weight: 25, name: 'name: "green",' } });
    expect(await stack.up(...PACK)).toMatchObject({ code: 0 });
    change({});
    const { code, output } = await stack.preview(...PACK);
    expect(output).toMatch(/\[mandatory\] +serving-deletion/);
    expect(output).not.toContain("interrupted-update");
    expect(code).not.toBe(0);
  });

  test("a service with weight that is scaled to nothing is refused, and one that keeps a task passes", async () => {
    const scaled = (count: number) =>
      program({ green: { weight: 25, name: 'name: "green",' } }).replaceAll(
        "desiredCount: 1",
        `desiredCount: ${count}`,
      );
    stack.write(scaled(0));
    await expectRefused(
      stack,
      '"blue" (aws:ecs/service:Service) runs nothing',
      "is updated, and from then on, 75 % of",
    );
    stack.write(scaled(2));
    await expectPassed(stack);
  });
});

test("every step of a release passes: install, candidate, stages, finish, return, the candidate goes", async () => {
  const stack = await world.ownStack();
  const steps: [string, Record<string, unknown>][] = [
    ["install", {}],
    ["candidate", { green: `shop@sha256:${"2".repeat(64)}` }],
    ["first stage", { stage: "canary-5" }],
    ["second stage", { stage: "canary-25" }],
    ["third stage", { stage: "canary-50" }],
    ["full", { stage: "full" }],
    ["finish", { stable: "green", stage: "idle" }],
    ["return", { stable: "blue", stage: "idle" }],
    ["the candidate goes", { green: undefined }],
  ];
  for (const [step, edits] of steps) {
    for (const [key, value] of Object.entries(edits)) stack.config.set(key, value);
    if (step === "the candidate goes") await sleep(5000); // the drain of the local stack
    const { code, output } = await stack.up(...packWith({ "hold-time": { settle: 0 } }, world.home));
    expect([step, output.match(/^ *(error:.*|.*(interrupted-update|\[mandatory\]).*)$/gm), code]).toEqual([
      step,
      null,
      0,
    ]);
  }
}, 400_000);
