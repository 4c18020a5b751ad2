import type { ComponentResourceOptions, Resource } from "@pulumi/pulumi";
import {
  COLORS,
  type Color,
  type Config,
  type EnvironmentConfig,
  FargateSchedule,
  FargateWorkers,
  RoleSignal,
  type Rollout,
} from "../components";
import { KubernetesRoleSignal, KubernetesSchedule, KubernetesWorkers } from "../components/kubernetes";
import { type Network, tasksIn } from "./network";

const SIGNAL = "shop-role";

/** A version as its environment runs it: without what works unasked, and told its role where it asks for that. */
export function asked({ kubernetes }: Config, { workers, schedules, signal, ...version }: EnvironmentConfig) {
  return { ...version, ...(signal && { signal: kubernetes ? SIGNAL : RoleSignal.parameterName(SIGNAL) }) };
}

/**
 * What works unasked, of stable's version: what its config has by name. And who is told the role, after the weights have moved.
 *
 * @param opts of what works: what it waits for
 * @param networkOf where a color's tasks run on Fargate
 */
export function background(
  config: Config,
  rollout: Rollout,
  route: Resource,
  opts: ComponentResourceOptions,
  networkOf: (color: Color) => Network | undefined = () => undefined,
): void {
  const { environments, kubernetes } = config;
  const { stable } = rollout.plan;
  const told = COLORS.some((color) => environments[color]?.signal);
  if (told && kubernetes) {
    new KubernetesRoleSignal(SIGNAL, { rollout, after: route, namespace: kubernetes.namespace });
  } else if (told) {
    new RoleSignal(SIGNAL, { rollout, after: route });
  }
  const version = environments[stable];
  if (!version) return;
  const {
    workers = {},
    schedules = {},
    image,
    env,
    secrets,
    cpu,
    memory,
    stop,
    sidecars,
    schema,
    connections,
  } = version;
  const unasked = { image, env, secrets, cpu, memory, stop, sidecars, schema, connections };
  const network = networkOf(stable);
  const place = network && { vpcId: network.vpcId, ...tasksIn(network) };
  for (const [name, { exclusive, ...own }] of Object.entries(workers)) {
    const versions = { [stable]: { ...unasked, ...own } };
    if (kubernetes)
      new KubernetesWorkers(`shop-${name}`, { rollout, versions, exclusive, namespace: kubernetes.namespace }, opts);
    else if (place) new FargateWorkers(`shop-${name}`, { rollout, versions, exclusive, ...place }, opts);
  }
  for (const [name, { at, zone, ...own }] of Object.entries(schedules)) {
    const versions = { [stable]: { ...unasked, ...own } };
    if (kubernetes)
      new KubernetesSchedule(`shop-${name}`, { rollout, versions, at, zone, namespace: kubernetes.namespace }, opts);
    else if (place) new FargateSchedule(`shop-${name}`, { rollout, versions, at, zone, ...place }, opts);
  }
}
