import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LocalWorld, ROOT } from "./local-world";

/** `crossfade check --mirror` on two stacks of one program that the real engine has deployed. */
let world: LocalWorld;
beforeAll(async () => {
  world = await LocalWorld.start();
});
afterAll(() => world?.stop());

/** An environment beside a listener; production may drain for another time, run more tasks, and have other ids. */
const program = (drain: number) => `
  import * as aws from "@pulumi/aws";
  import { getStack } from "@pulumi/pulumi";
  import { FargateEnvironment, Rollout, WeightedAlbRoute } from "${ROOT}/components";
  const isProduction = getStack() === "production";
  const of = (kind: string) => kind + (isProduction ? "-1234" : "-abcd");
  const group = new aws.ec2.SecurityGroup("edge", { vpcId: of("vpc") });
  const balancer = new aws.lb.LoadBalancer("edge", { subnets: [of("subnet-1"), of("subnet-2")], securityGroups: [group.id] });
  const listener = new aws.lb.Listener("web", {
    loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP",
    defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
  });
  const blue = new FargateEnvironment("shop-blue", {
    color: "blue", image: "shop@sha256:${"1".repeat(64)}", replicas: isProduction ? 2 : 1,
    drain: isProduction ? ${drain} : 5, grace: 5, healthInterval: 5, env: { SESSION_SECRET: "only-for-the-local-cloud" },
    vpcId: of("vpc"), subnetIds: [of("subnet-1"), of("subnet-2")], listenerArn: listener.arn, hosts: ["shop.local"], previewPriority: 1,
    balancerSecurityGroupId: group.id,
  });
  const rollout = new Rollout("shop", { stable: "blue", stage: "idle", stages: [{ name: "half", weight: 50, bake: 0 }] });
  new WeightedAlbRoute("shop", {
    rollout, targets: { blue: blue.target }, listenerArn: listener.arn, hosts: ["shop.local"], priority: 3,
  });`;

test("a production stack unlike staging is refused, and the properties are named", { timeout: 600_000 }, async () => {
  const staging = await world.project("mirrored", program(5));
  await staging.pulumi.initStack(world.home, "mirrored", "production");
  expect(await staging.up("--skip-preview")).toMatchObject({ code: 0 });
  const production = ["--stack", "production", "--yes", "--skip-preview"];
  expect(await staging.pulumi.run(["up", ...production])).toMatchObject({ code: 0 });

  const check = () =>
    new Promise<{ code: number; stdout: string }>((resolve) => {
      const command = [join(ROOT, "cli/bin.js"), "check", "production", "--mirror", "dev"];
      const options = { cwd: join(world.home, "mirrored"), env: staging.pulumi.env };
      const child = execFile("node", command, options, (_, stdout) => resolve({ code: child.exitCode ?? -1, stdout }));
    });
  expect(await check()).toMatchObject({ code: 0 });
  staging.write(program(30));
  const unlike = await check();
  expect(unlike.code).toBe(1);
  expect(unlike.stdout).toMatch(/is not as in dev, in deregistrationDelay \(30, there 5\)/);
});
