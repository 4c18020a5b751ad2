import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LoadResult, startLoad } from "../load/load";
import { LocalWorld, type TestStack } from "./local-world";

/**
 * The meter is worth something only if it counts a loss where there is one. Each pair runs the same change under the same load:
 * with the protection nothing is lost, without it something is.
 */
interface Shape {
  image?: "1" | "2";
  /** Of the group and its tasks. */
  drain?: number;
  minimumHealthy?: number;
  maximum?: number;
  keepAlive?: number;
  tasks?: number;
  /** A second environment; `early` gives it weight before its tasks are there. */
  green?: "early" | "ready";
}

function program({
  image = "1",
  drain = 5,
  minimumHealthy = 100,
  maximum = 200,
  keepAlive = 65,
  tasks = 2,
  green,
}: Shape): string {
  const environment = (name: string, digit: string) => `
    const ${name} = new aws.lb.TargetGroup("${name}", {
      port: 8080, protocol: "HTTP", targetType: "ip", vpcId: "vpc-1", deregistrationDelay: ${drain},
      healthCheck: { path: "/healthz", interval: 5, healthyThreshold: 2, unhealthyThreshold: 2 },
    });
    const ${name}Preview = new aws.lb.ListenerRule("${name}", {
      listenerArn: listener.arn, priority: ${name === "blue" ? 1 : 2},
      conditions: [{ httpHeader: { httpHeaderName: "x-crossfade", values: ["${name}"] } }],
      actions: [{ type: "forward", targetGroupArn: ${name}.arn }],
    });
    const ${name}Service = new aws.ecs.Service("${name}", {
      cluster: "arn:aws:ecs:eu-local-1:000000000000:cluster/test", launchType: "FARGATE", desiredCount: ${tasks},
      deploymentMinimumHealthyPercent: ${minimumHealthy}, deploymentMaximumPercent: ${maximum},
      healthCheckGracePeriodSeconds: 10, waitForSteadyState: true,
      loadBalancers: [{ targetGroupArn: ${name}.arn, containerName: "service", containerPort: 8080 }],
      taskDefinition: new aws.ecs.TaskDefinition("${name}", {
        family: "${name}",
        containerDefinitions: JSON.stringify([{
          name: "service", image: "shop@sha256:${digit.repeat(64)}", stopTimeout: 2,
          environment: [
            { name: "SESSION_SECRET", value: "only-for-the-local-cloud" },
            { name: "KEEP_ALIVE_SECONDS", value: "${keepAlive}" },
          ],
        }]),
      }).arn,
    }, { dependsOn: [${name}Preview${green === "early" && name === "green" ? ", route" : ""}] });`;
  const route = `
    const route = new aws.lb.ListenerRule("route", {
      listenerArn: listener.arn, priority: 3, conditions: [{ hostHeader: { values: ["shop.local"] } }],
      actions: [{ type: "forward", forward: { targetGroups: [
        { arn: blue.arn, weight: ${green ? 50 : 100} }, ${green ? "{ arn: green.arn, weight: 50 }" : ""}
      ] } }],
    }, { dependsOn: [blueService${green === "ready" ? ", greenService" : ""}] });`;
  const greenEnvironment = green ? environment("green", "2") : "";
  // "Early" in the text only, but for the group: the service depends on the route.
  const early = greenEnvironment.replace(/const greenService/, `${route}\n    const greenService`);
  return `
    import * as aws from "@pulumi/aws";
    const balancer = new aws.lb.LoadBalancer("balancer", { subnets: ["subnet-1", "subnet-2"] });
    const listener = new aws.lb.Listener("web", {
      loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP",
      defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
    });
    ${environment("blue", image)}
    ${green === "early" ? early : greenEnvironment + route}`;
}

/** One for each test that runs: two at a time. */
const free: LocalWorld[] = [];
let number = 0;
beforeAll(async () => {
  for (let worlds = 0; worlds < 2; worlds++) free.push(await LocalWorld.start({ adoptionDelay: [0, 50] }));
});
afterAll(() => Promise.all(free.map((world) => world.stop())));

interface Pace {
  /** Requests a second. */
  rate?: number;
  /** How long the load goes on after the change. */
  seconds?: number;
}

/** Brings up the first shape, then goes to the second one under load, and gives what the load has counted. */
async function releaseUnderLoad(before: Shape, after: Shape, pace?: Pace): Promise<LoadResult> {
  const world = free.pop();
  if (!world) throw new Error("more tests run at once than there are worlds");
  try {
    return await releaseIn(world, before, after, pace);
  } finally {
    free.push(world);
  }
}

async function releaseIn(world: LocalWorld, before: Shape, after: Shape, pace: Pace = {}): Promise<LoadResult> {
  const { rate = 100, seconds = 3 } = pace;
  const seed = ++number;
  const stack: TestStack = await world.project(`control${seed}`, program(before));
  expect(await stack.up("--skip-preview")).toMatchObject({ code: 0 });
  await world.cloud.dataPlane.settled();
  const [balancer] = world.cloud.records.ofType("aws:lb/loadBalancer:LoadBalancer");
  const load = startLoad({
    addresses: world.cloud.dataPlane.addresses(balancer?.id ?? "", 80),
    host: "shop.local",
    stage: { name: "control", weight: 0 },
    rate,
    seed,
    drainSeconds: 5,
    timeoutMs: 60_000, // a starved machine is slow, and nobody's loss
    maxSeconds: 300,
  });
  try {
    stack.write(program(after));
    expect(await stack.up("--skip-preview")).toMatchObject({ code: 0 });
    await world.cloud.dataPlane.settled();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  } finally {
    await load.stop();
    expect(await stack.pulumi.run(["destroy", "--stack", "dev", "--yes"])).toMatchObject({ code: 0 });
  }
  const result = await load.stop();
  const losses = result.losses.map(({ address, ...loss }) => `${address}: ${JSON.stringify(loss)}`);
  console.log(`seed ${seed}: ${result.sent} requests, ${result.lost} lost`, ...losses.slice(0, 3));
  return result;
}

function lostBy(result: LoadResult): string[] {
  return result.stages.flatMap((stage) => Object.keys(stage.lostBy));
}

describe.concurrent("a new image in place", () => {
  test("loses nothing while every task is kept until its successor is healthy", async () => {
    expect(await releaseUnderLoad({ image: "1" }, { image: "2" })).toMatchObject({ lost: 0 });
  });

  test("loses requests where all tasks may go first", async () => {
    const open = { minimumHealthy: 0, maximum: 100 };
    const result = await releaseUnderLoad({ image: "1", ...open }, { image: "2", ...open });
    expect(result.lost).toBeGreaterThan(0);
    // The new tasks are in their first checks, in which a node sends them nothing.
    expect(lostBy(result)).toContain("503");
  });

  test("loses the long requests where nothing is drained", async () => {
    // Some six long requests in a thousand, of 4.5 s each: at this rate there are always some under way when a task is let go.
    const result = await releaseUnderLoad({ image: "1", drain: 0 }, { image: "2", drain: 0 }, { rate: 300 });
    expect(result.lost).toBeGreaterThan(0);
  });
});

describe.concurrent("a second environment", () => {
  test("loses nothing where it has weight only when it is healthy", async () => {
    expect(await releaseUnderLoad({}, { green: "ready" })).toMatchObject({ lost: 0 });
  });

  test("loses requests where it has weight before it is healthy", async () => {
    const result = await releaseUnderLoad({}, { green: "early" });
    expect(result.lost).toBeGreaterThan(0);
    expect(lostBy(result)).toContain("503");
  });
});

describe.concurrent("a quiet service", () => {
  // One request a second over two nodes and four tasks: each connection is silent for 8 s at a time.
  const quiet = { rate: 1, seconds: 20 };
  const tasks = 4;

  test("loses nothing while it keeps its connections for longer than the balancer does", async () => {
    expect(await releaseUnderLoad({ tasks }, { tasks }, quiet)).toMatchObject({ lost: 0 });
  });

  test("loses requests with a keep-alive of 5 s, the default of Node.js", async () => {
    const result = await releaseUnderLoad({ tasks, keepAlive: 5 }, { tasks, keepAlive: 5 }, quiet);
    expect(result.lost).toBeGreaterThan(0);
    expect(lostBy(result)).toContain("502");
  });
});
