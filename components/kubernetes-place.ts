import type * as pulumi from "@pulumi/pulumi";

/** Where pods run that no Service leads to. */
export interface KubernetesPlace {
  /** The namespace, which must be there. */
  namespace: pulumi.Input<string>;
  /**
   * The service account that the pods have; no token of it is mounted.
   * @default "default", the namespace's own
   */
  serviceAccountName?: pulumi.Input<string>;
}
