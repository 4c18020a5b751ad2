import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RoleSignalArgs } from "./role-signal";
import { SIGNAL_FILE, signalOf } from "./signal";

export interface KubernetesRoleSignalArgs extends RoleSignalArgs {
  /** That of the environments. */
  namespace: pulumi.Input<string>;
}

/**
 * What `RoleSignal` tells, by a ConfigMap that the pods of an environment with `signal` have as a file: `$CROSSFADE_SIGNAL`. The kubelet
 * writes the file anew a minute or so after the ConfigMap ("ConfigMaps", Mounted ConfigMaps are updated automatically), and starts no pod
 * for it.
 */
export class KubernetesRoleSignal extends pulumi.ComponentResource {
  readonly configMap: k8s.core.v1.ConfigMap;

  /** @param name the ConfigMap's, too: what `signal` of an environment is */
  constructor(name: string, args: KubernetesRoleSignalArgs, opts?: pulumi.ComponentResourceOptions) {
    const { rollout, after, namespace } = args;
    super("crossfade:index:KubernetesRoleSignal", name, {}, { parent: rollout, ...opts });
    this.configMap = new k8s.core.v1.ConfigMap(
      name,
      { metadata: { name, namespace }, data: { [SIGNAL_FILE]: signalOf(rollout) } },
      { parent: this, ...(after && { dependsOn: [after] }) },
    );
    this.registerOutputs({});
  }
}
