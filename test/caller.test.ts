import { afterAll, beforeAll, expect, test } from "vitest";
import { LocalWorld, PACK, ROOT } from "./local-world";

let world: LocalWorld;
beforeAll(async () => {
  world = await LocalWorld.start();
});
afterAll(() => world.stop());

/** Somebody's own program: their balancer and listener, our environment and route, their provider and transform. */
const PROGRAM = `
  import * as aws from "@pulumi/aws";
  import { FargateEnvironment, Rollout, WeightedAlbRoute } from "${ROOT}/components";
  const provider = new aws.Provider("theirs", {
    region: "eu-central-1", defaultTags: { tags: { team: "shop" } }, skipCredentialsValidation: true,
  });
  const balancer = new aws.lb.LoadBalancer("theirs", { subnets: ["subnet-1", "subnet-2"] }, { provider });
  const listener = new aws.lb.Listener("theirs", {
    loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP",
    defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
  }, { provider });
  const options = {
    providers: [provider],
    transforms: [({ type, props, opts }) =>
      type === "aws:lb/targetGroup:TargetGroup" ? { props: { ...props, slowStart: 30 }, opts } : undefined],
  };
  const rollout = new Rollout("theirs", { stable: "blue" }, options);
  const blue = new FargateEnvironment("theirs", {
    color: "blue", image: "shop@sha256:${"1".repeat(64)}", env: { SESSION_SECRET: "only-for-the-local-cloud" },
    healthInterval: 5, listenerArn: listener.arn, hosts: ["shop.local"], previewPriority: 1,
    vpcId: "vpc-1", subnetIds: ["subnet-1"], balancerSecurityGroupId: "sg-1",
  }, options);
  new WeightedAlbRoute("theirs", {
    rollout, targets: { blue: blue.target }, listenerArn: listener.arn, hosts: ["shop.local"], priority: 3,
  }, options);`;

test("in somebody's program, children take the caller's provider, with its region and default tags, and its transforms", async () => {
  const stack = await world.project("theirs", PROGRAM);
  const { code, output } = await stack.up(...PACK);
  expect(output).not.toContain("error:");
  expect(code).toBe(0);
  const resources = await stack.resources();
  const own = resources.filter(({ type }) => type.startsWith("aws:"));
  expect(own.length).toBeGreaterThan(10);
  for (const { urn, provider } of own) expect([urn, provider]).toEqual([urn, expect.stringContaining("::theirs::")]);
  expect(resources.find(({ type }) => type === "aws:lb/targetGroup:TargetGroup")?.inputs.slowStart).toBe(30);
});
