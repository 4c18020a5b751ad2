import type { Input, Resource } from "@pulumi/pulumi";
import { COLORS, type Color, type Config, Migration } from "../components";
import { KubernetesMigration } from "../components/kubernetes";

/** Where a job runs on Fargate. */
interface Place {
  vpcId: Input<string>;
  /** The balancer's subnets. */
  subnetIds: Input<Input<string>[]>;
  /** Where tasks run; without them in the balancer's, with public addresses. */
  taskSubnetIds?: Input<Input<string>[]>;
}

/** A database's schema, and the color that starts on it. */
export interface Migrated {
  color: Color;
  dependsOn: Resource[];
}

/**
 * Brings the database to the schema of `crossfade:migration`, with the candidate's image, or stable's where there is no candidate. That
 * one's environment waits for it: the other one is there already, and must not be kept from a way back by a job that fails.
 */
export function migrated(config: Config, placeOf: (color: Color) => Place | undefined): Migrated | undefined {
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
  const place = placeOf(color);
  if (!place) return undefined;
  const { vpcId, subnetIds, taskSubnetIds } = place;
  const where = { vpcId, subnetIds: taskSubnetIds ?? subnetIds, publicAddresses: taskSubnetIds === undefined };
  return { color, dependsOn: [new Migration("shop", { ...schema, ...where })] };
}

/** The options of a color's environment. */
export function after(migration: Migrated | undefined, color: Color) {
  return migration?.color === color ? { dependsOn: migration.dependsOn } : {};
}
