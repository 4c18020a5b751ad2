import {
  COLORS,
  type Color,
  type Config,
  Edge,
  FargateEnvironment,
  Rollout,
  type RouteTarget,
  WeightedAlbRoute,
} from "../components";
import { networkOf } from "./network";

/** Both environments behind one balancer, and a weighted rule between them. */
export function behindOneEdge(config: Config) {
  const { environments, host, certificate, internal, clientKeepAlive, previewSecret, sticky } = config;
  const { vpcId, subnetIds, taskSubnetIds } = networkOf(config.network);

  const rollout = Rollout.fromConfig("shop");
  const edge = new Edge("shop", { vpcId, subnetIds, certificateArn: certificate, internal, clientKeepAlive });

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
  return { dnsName: edge.dnsName, shares: rollout.shares };
}
