import * as aws from "@pulumi/aws";

/** A shop as it is before any of this: one balancer, one service behind it. Each step has it as it is here. */

export const network = { vpcId: "vpc-0a1b", subnetIds: ["subnet-0a1b", "subnet-2c3d"] };
export const image =
  "registry.example.com/shop@sha256:1111111111111111111111111111111111111111111111111111111111111111";
/** The zone, and what users ask for in it. */
export const zone = { zoneId: "Z00EXAMPLE", domain: "example.com", host: "www.example.com" };

const { vpcId, subnetIds: subnets } = network;
export const balancer = new aws.lb.LoadBalancer("shop", { subnets, enableDeletionProtection: true });
const group = new aws.lb.TargetGroup("shop", {
  port: 8080,
  protocol: "HTTP",
  targetType: "ip",
  vpcId,
  deregistrationDelay: 60,
  healthCheck: { path: "/healthz", interval: 5, healthyThreshold: 2 },
});
const listener = new aws.lb.Listener("shop", {
  loadBalancerArn: balancer.arn,
  port: 80,
  defaultActions: [{ type: "forward", targetGroupArn: group.arn }],
});
const task = new aws.ecs.TaskDefinition("shop", {
  family: "shop",
  containerDefinitions: JSON.stringify([{ name: "web", image }]),
});
new aws.ecs.Service(
  "shop",
  {
    cluster: new aws.ecs.Cluster("shop").arn,
    taskDefinition: task.arn,
    desiredCount: 2,
    waitForSteadyState: true,
    networkConfiguration: { subnets },
    loadBalancers: [{ targetGroupArn: group.arn, containerName: "web", containerPort: 8080 }],
  },
  { dependsOn: [listener] },
);
