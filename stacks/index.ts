import { StackReference } from "@pulumi/pulumi";
import {
  COLORS,
  type Color,
  Edge,
  FargateEnvironment,
  Rollout,
  type RouteTarget,
  readConfig,
  WeightedAlbRoute,
} from "../components";

const { environments, host, certificate, internal, previewSecret, sticky, network } = readConfig();
const { vpcId, subnetIds, taskSubnetIds } = "stack" in network ? networkOf(network.stack) : network;

const rollout = Rollout.fromConfig("shop");
const edge = new Edge("shop", { vpcId, subnetIds, certificateArn: certificate, internal });

const targets: Partial<Record<Color, RouteTarget>> = {};
for (const [index, color] of COLORS.entries()) {
  const version = environments[color];
  if (!version) continue;
  const environment = new FargateEnvironment(`shop-${color}`, {
    ...version,
    color,
    listenerArn: edge.listener.arn,
    hosts: [host],
    previewPriority: index + 1,
    previewSecret,
    vpcId,
    subnetIds: taskSubnetIds ?? subnetIds,
    publicAddresses: taskSubnetIds === undefined,
    balancerSecurityGroupId: edge.securityGroup.id,
  });
  targets[color] = environment.target;
}

new WeightedAlbRoute("shop", {
  rollout,
  targets,
  listenerArn: edge.listener.arn,
  hosts: [host],
  priority: COLORS.length + 1,
  stickySeconds: sticky,
});

export const { dnsName } = edge;
export const { shares } = rollout;

/** The network of another stack, by its outputs `vpcId`, `publicSubnetIds` and `privateSubnetIds`. */
function networkOf(stack: string) {
  const outputs = new StackReference(stack);
  return {
    vpcId: outputs.requireOutput("vpcId"),
    subnetIds: outputs.requireOutput("publicSubnetIds"),
    taskSubnetIds: outputs.requireOutput("privateSubnetIds"),
  };
}
