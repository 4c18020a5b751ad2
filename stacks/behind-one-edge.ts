import {
  COLORS,
  type Color,
  type Config,
  Edge,
  type NetworkConfig,
  Rollout,
  type RouteTarget,
  releaseOf,
  WeightedAlbRoute,
} from "../components";
import { background } from "./background";
import { environmentTarget } from "./environment";
import { after, migrated } from "./migration";
import { networkOf } from "./network";

/** Both environments behind one balancer, and a weighted rule between them. */
export function behindOneEdge(config: Config, shape: NetworkConfig) {
  const { environments, host, certificate, internal, clientKeepAlive, previewSecret, sticky } = config;
  const network = networkOf(shape);
  const { vpcId, subnetIds } = network;

  const rollout = Rollout.fromConfig("shop");
  const edge = new Edge("shop", { vpcId, subnetIds, certificateArn: certificate, internal, clientKeepAlive });

  const migration = migrated(config, () => network);
  const targets: Partial<Record<Color, RouteTarget>> = {};
  for (const [index, color] of COLORS.entries()) {
    const version = environments[color];
    if (!version) continue;
    const place = {
      ...network,
      listenerArn: edge.listener.arn,
      hosts: [host],
      previewPriority: index + 1,
      previewSecret,
      balancerSecurityGroupId: edge.securityGroup.id,
    };
    targets[color] = environmentTarget(config, color, version, place, after(migration, color));
  }

  const route = new WeightedAlbRoute("shop", {
    rollout,
    targets,
    listenerArn: edge.listener.arn,
    hosts: [host],
    priority: COLORS.length + 1,
    stickySeconds: sticky,
  });
  background(config, rollout, route, after(migration, rollout.plan.stable), () => network);
  return { dnsName: edge.dnsName, shares: rollout.shares, release: releaseOf(rollout, environments, route) };
}
