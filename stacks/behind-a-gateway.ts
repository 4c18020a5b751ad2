import { COLORS, type Color, type Config, type KubernetesConfig, Rollout, releaseOf } from "../components";
import {
  type GatewayBackend,
  type GatewayPlace,
  KubernetesEnvironment,
  WeightedGatewayRoute,
} from "../components/kubernetes";
import { asked, background } from "./background";
import { after, migrated } from "./migration";

/** Both environments on Kubernetes behind a Gateway that is there, and a weighted route between them. */
export function behindAGateway(config: Config, { namespace, mirror }: KubernetesConfig, gateway: GatewayPlace) {
  const { environments, host, previewSecret } = config;
  const rollout = Rollout.fromConfig("shop");

  const migration = migrated(config, () => undefined);
  const backends: Partial<Record<Color, GatewayBackend>> = {};
  for (const color of COLORS) {
    const version = environments[color];
    if (!version) continue;
    backends[color] = new KubernetesEnvironment(
      `shop-${color}`,
      { ...asked(config, version), color, namespace },
      after(migration, color),
    ).backend;
  }

  const weighted = { rollout, backends, namespace, gateway, hosts: [host], previewSecret, mirror };
  const route = new WeightedGatewayRoute("shop", weighted);
  background(config, rollout, route, after(migration, rollout.plan.stable));
  const release = releaseOf(rollout, environments, route);
  return { gateway: `${gateway.namespace}/${gateway.name}`, shares: rollout.shares, release };
}
