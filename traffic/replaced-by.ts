import { REPLACEMENT_TABLE } from "./replacement-table";

/** What makes the provider replace a resource of a type instead of updating it. */
export interface Replacement {
  /** The properties whose change replaces the resource, as paths: `launchTemplate.id`. */
  properties: readonly string[];
  /**
   * The property that is auto-named. Where the program sets it, the provider deletes the old resource before it makes the new
   * one, for two cannot have one name (pulumi-terraform-bridge, `nameRequiresDeleteBeforeReplace`).
   */
  autoNamed?: string;
  /** The provider always deletes the old resource before it makes the new one. */
  deletedFirst?: boolean;
}

/** Undefined for a type that is judged by its `arn` alone: known before and unknown now means replaced. */
export function replacedBy(type: string): Replacement | undefined {
  return type.startsWith("kubernetes:") ? kubernetes(type) : REPLACEMENT_TABLE[type];
}

/** What the API server refuses to change, by kind, so that the provider replaces (pulumi-kubernetes, `forceNewProperties`). */
const IMMUTABLE: Record<string, readonly string[]> = {
  DaemonSet: ["spec.selector"],
  Deployment: ["spec.selector"],
  Service: ["spec.clusterIP"],
  StatefulSet: ["spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"],
};

/** Two objects cannot have one name. A name that the provider made is not told apart: it counts as the program's. */
function kubernetes(type: string): Replacement {
  const own = IMMUTABLE[type.split(":").at(-1) ?? ""] ?? [];
  return { properties: ["metadata.name", "metadata.namespace", ...own], deletedFirst: true };
}
