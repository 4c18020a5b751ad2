import type { ComponentResourceOptions, Input } from "@pulumi/pulumi";
import {
  AutoScalingEnvironment,
  type Color,
  type Config,
  type EnvironmentConfig,
  FargateEnvironment,
  type PreviewRuleArgs,
  type RouteTarget,
} from "../components";
import { KubernetesEnvironment } from "../components/kubernetes";
import { asked } from "./background";
import { type Network, tasksIn } from "./network";

/** Where an environment hangs on a balancer, and where its tasks or instances run. */
interface Place extends PreviewRuleArgs, Network {
  balancerSecurityGroupId: Input<string>;
}

/** A color's environment behind a balancer, on what the config says. */
export function environmentTarget(
  config: Config,
  color: Color,
  given: EnvironmentConfig,
  { subnetIds, taskSubnetIds, ...onEdge }: Place,
  opts: ComponentResourceOptions = {},
): RouteTarget {
  const name = `shop-${color}`;
  const { compute, kubernetes, autoscaling, rolling, rollout } = config;
  const version = asked(config, given);
  if (kubernetes) {
    return new KubernetesEnvironment(name, { ...version, color, namespace: kubernetes.namespace, alb: onEdge }, opts)
      .target;
  }
  const place = { ...onEdge, ...tasksIn({ subnetIds, taskSubnetIds }) };
  if (compute === "autoscaling") {
    const { instanceType = "" } = version; // the config is refused without one
    const { instanceProfile: instanceProfileArn, startup } = autoscaling ?? {};
    const ofGroup = { instanceType, instanceProfileArn, startup, rolling, scaleIn: rollout.stage === "idle" };
    return new AutoScalingEnvironment(name, { ...version, ...place, ...ofGroup, color }, opts).target;
  }
  return new FargateEnvironment(name, { ...version, ...place, color }, opts).target;
}
