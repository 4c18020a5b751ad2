import type { Resource } from "@pulumi/pulumi";
import { COLORS, type Color, type Config, Migration } from "../components";
import { KubernetesMigration } from "../components/kubernetes";
import { type Network, tasksIn } from "./network";

/** A database's schema, and the color that starts on it. */
export interface Migrated {
  color: Color;
  dependsOn: Resource[];
}

/**
 * Brings the database to the schema of `crossfade:migration`, with the candidate's image, or stable's where there is no candidate. That
 * one's environment waits for it: the other one is there already, and must not be kept from a way back by a job that fails.
 *
 * @param networkOf where a color's job runs on Fargate
 */
export function migrated(config: Config, networkOf: (color: Color) => Network | undefined): Migrated | undefined {
  const { migration, environments, kubernetes, rollout } = config;
  const color = COLORS.find((each) => each !== rollout.stable && environments[each]) ?? rollout.stable;
  const version = environments[color];
  if (!migration || !version) return undefined;
  const { image, env, secrets } = version;
  const schema = { ...migration, image, env, secrets };
  if (kubernetes) {
    const job = new KubernetesMigration("shop", { ...schema, namespace: kubernetes.namespace });
    return { color, dependsOn: [job] };
  }
  const network = networkOf(color);
  if (!network) return undefined;
  const { vpcId } = network;
  return { color, dependsOn: [new Migration("shop", { ...schema, vpcId, ...tasksIn(network) })] };
}

/** The options of a color's environment. */
export function after(migration: Migrated | undefined, color: Color) {
  return migration?.color === color ? { dependsOn: migration.dependsOn } : {};
}
