import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { released, type WorkersArgs } from "./background-args";
import type { KubernetesPlace } from "./kubernetes-place";
import { backgroundPod } from "./pod";

export interface KubernetesWorkersArgs extends WorkersArgs, KubernetesPlace {}

/**
 * Pods that nobody asks, such as consumers of a queue: those of the released version. They stay as they are while a candidate is tried
 * and when it is taken back, and are exchanged in the update that makes it stable.
 */
export class KubernetesWorkers extends pulumi.ComponentResource {
  readonly deployment: k8s.apps.v1.Deployment;

  /** @throws InputPropertiesError where stable has no version here. */
  constructor(name: string, args: KubernetesWorkersArgs, opts?: pulumi.ComponentResourceOptions) {
    const version = released(`the workers "${name}"`, args);
    const { replicas = 1 } = version;
    super("crossfade:index:KubernetesWorkers", name, { ...version, replicas }, { parent: args.rollout, ...opts });
    const { namespace, serviceAccountName = "default", exclusive = false } = args;
    const selector = { "app.kubernetes.io/name": name };
    const labels = { ...selector, "app.kubernetes.io/managed-by": "pulumi" };
    this.deployment = new k8s.apps.v1.Deployment(
      name,
      {
        metadata: { namespace, labels },
        spec: {
          replicas,
          selector: { matchLabels: selector },
          strategy: exclusive
            ? { type: "Recreate" }
            : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
          // There is no probe: a worker is ready when it runs for so long, and one that ends sooner stops the exchange.
          minReadySeconds: 5,
          template: { metadata: { labels }, spec: backgroundPod(version, serviceAccountName, "Always") },
        },
      },
      { parent: this },
    );
    this.registerOutputs({ color: version.color });
  }
}
