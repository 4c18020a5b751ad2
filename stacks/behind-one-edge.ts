import {
  COLORS,
  type Color,
  type Config,
  Edge,
  type EnvironmentConfig,
  FargateEnvironment,
  type NetworkConfig,
  Rollout,
  type RouteTarget,
  WeightedAlbRoute,
} from "../components";
import { KubernetesEnvironment } from "../components/kubernetes";
import { networkOf } from "./network";

/** Both environments behind one balancer, and a weighted rule between them. */
export function behindOneEdge(config: Config, shape: NetworkConfig) {
  const { environments, host, certificate, internal, clientKeepAlive, previewSecret, sticky, kubernetes } = config;
  const { vpcId, subnetIds, taskSubnetIds } = networkOf(shape);

  const rollout = Rollout.fromConfig("shop");
  const edge = new Edge("shop", { vpcId, subnetIds, certificateArn: certificate, internal, clientKeepAlive });

  const targets: Partial<Record<Color, RouteTarget>> = {};
  for (const [index, color] of COLORS.entries()) {
    const version = environments[color];
    if (version) targets[color] = createEnvironment(color, version, index + 1).target;
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

  function createEnvironment(color: Color, version: EnvironmentConfig, previewPriority: number) {
    const onEdge = {
      listenerArn: edge.listener.arn,
      hosts: [host],
      previewPriority,
      previewSecret,
      vpcId,
      balancerSecurityGroupId: edge.securityGroup.id,
    };
    const name = `shop-${color}`;
    if (kubernetes) {
      return new KubernetesEnvironment(name, { ...version, color, namespace: kubernetes.namespace, alb: onEdge });
    }
    return new FargateEnvironment(name, {
      ...version,
      color,
      ...onEdge,
      subnetIds: taskSubnetIds ?? subnetIds,
      publicAddresses: taskSubnetIds === undefined,
    });
  }
}
