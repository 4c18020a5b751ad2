import { kubernetesReplacement } from "./kubernetes-replacement";
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
  return REPLACEMENT_TABLE[type] ?? kubernetesReplacement(type);
}
