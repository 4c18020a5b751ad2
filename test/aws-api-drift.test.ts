import { ElasticLoadBalancingV2, type ForwardActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LocalWorld } from "./local-world";

let world: LocalWorld;
beforeAll(async () => {
  world = await LocalWorld.start();
});
afterAll(() => world.stop());

const program = (green: number) => `
  import * as aws from "@pulumi/aws";
  const balancer = new aws.lb.LoadBalancer("shop", { subnets: ["subnet-1", "subnet-2"] });
  const listener = new aws.lb.Listener("shop", {
    loadBalancerArn: balancer.arn, port: 80, protocol: "HTTP",
    defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404" } }],
  });
  const group = (color) => new aws.lb.TargetGroup(color, { vpcId: "vpc", port: 80, protocol: "HTTP", targetType: "ip" });
  const [blue, green] = [group("blue"), group("green")];
  const rule = new aws.lb.ListenerRule("shop", {
    listenerArn: listener.arn, priority: 1, conditions: [{ hostHeader: { values: ["shop.local"] } }],
    actions: [{
      type: "forward",
      forward: {
        targetGroups: [{ arn: blue.arn, weight: ${100 - green} }, { arn: green.arn, weight: ${green} }],
        stickiness: { enabled: true, duration: 3600 },
      },
    }],
  });
`;

test("a rule that is changed beside Pulumi is drift, until an update that writes it", async () => {
  const stack = await world.project("drift", program(25));
  expect((await stack.up("--skip-preview")).code).toBe(0);
  const { AWS_ENDPOINT_URL: endpoint = "", AWS_REGION: region = "" } = world.cloud.env;
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const elb = new ElasticLoadBalancingV2({ endpoint, region, credentials });
  const arn = String(
    (await stack.resources()).find(({ type }) => type === "aws:lb/listenerRule:ListenerRule")?.outputs.arn,
  );
  const live = async (): Promise<ForwardActionConfig> =>
    (await elb.describeRules({ RuleArns: [arn] })).Rules?.[0]?.Actions?.[0]?.ForwardConfig ?? {};
  const weights = async () => (await live()).TargetGroups?.map(({ Weight }) => Weight);
  expect(await weights()).toEqual([75, 25]);

  // What was written as it is makes no drift.
  await elb.modifyRule({ RuleArn: arn, Actions: [{ Type: "forward", ForwardConfig: await live() }] });
  expect((await stack.preview("--refresh", "--expect-no-changes")).code).toBe(0);

  const { TargetGroups = [] } = await live();
  const back = TargetGroups.map((group, i) => ({ ...group, Weight: i === 0 ? 100 : 0 }));
  const stickiness = { Enabled: false, DurationSeconds: 3600 };
  const ForwardConfig = { TargetGroups: back, TargetGroupStickinessConfig: stickiness };
  await elb.modifyRule({ RuleArn: arn, Actions: [{ Type: "forward", ForwardConfig }] });
  const drift = await stack.preview("--refresh", "--expect-no-changes");
  expect(drift.code).not.toBe(0);
  expect(drift.output).toMatch(/~\s+aws:lb:ListenerRule shop update/);
  // The state does not know of it, so that an update of the same program has nothing to do.
  expect((await stack.up("--skip-preview")).code).toBe(0);
  expect(await weights()).toEqual([100, 0]);

  stack.write(program(50));
  expect((await stack.up("--skip-preview")).code).toBe(0);
  expect(await weights()).toEqual([50, 50]);
  expect((await live()).TargetGroupStickinessConfig).toEqual({ Enabled: true, DurationSeconds: 3600 });
});
