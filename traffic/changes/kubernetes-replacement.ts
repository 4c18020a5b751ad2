import { at, type Resource, UNKNOWN } from "../resource";
import type { Replacement } from "./replaced-by";
import { sameValue } from "./same-value";

/**
 * What replaces an object of Kubernetes: `forceNew` in provider/pkg/provider/diff.go at pulumi-kubernetes@94977969. Its paths
 * inside `spec.containers[*]` name nearly all of a container, and the rest the API server does not let change: here it is all.
 * Paths below one that is listed are left out.
 */
const SELECTOR = ["spec.selector"];
const STATEFUL_SET = [
  "spec.podManagementPolicy",
  "spec.revisionHistoryLimit",
  "spec.selector",
  "spec.serviceName",
  "spec.volumeClaimTemplates",
];
const JOB = ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"];
const ROLE_BINDING = ["roleRef"];
// Where the provider has `enableSecretMutable` or `enableConfigMapMutable`, these are updated: not to know it is the worst.
const SECRET = ["type", "stringData", "data"];
const CONFIG_MAP = ["binaryData", "data"];
const POD = [
  "affinity",
  "automountServiceAccountToken",
  "containers",
  "dnsConfig",
  "dnsPolicy",
  "enableServiceLinks",
  "hostAliases",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostname",
  "imagePullSecrets",
  "initContainers",
  "nodeName",
  "nodeSelector",
  "overhead",
  "preemptionPolicy",
  "priority",
  "priorityClassName",
  "readinessGates",
  "restartPolicy",
  "runtimeClassName",
  "schedulerName",
  "securityContext",
  "serviceAccount",
  "serviceAccountName",
  "shareProcessNamespace",
  "subdomain",
  "terminationGracePeriodSeconds",
  "volumes",
].map((field) => `spec.${field}`);
const PERSISTENT_VOLUME = [
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephfs",
  "cinder",
  "csi",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "glusterfs",
  "hostPath",
  "iscsi",
  "local",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "quobyte",
  "rbd",
  "scaleIO",
  "storageos",
  "vsphereVolume",
].map((field) => `spec.${field}`);

const KINDS: Record<string, readonly string[]> = {
  "apps/v1:DaemonSet": SELECTOR,
  "apps/v1:Deployment": SELECTOR,
  "apps/v1:StatefulSet": STATEFUL_SET,
  "apps/v1beta1:StatefulSet": STATEFUL_SET,
  "apps/v1beta2:DaemonSet": SELECTOR,
  "apps/v1beta2:Deployment": SELECTOR,
  "apps/v1beta2:StatefulSet": STATEFUL_SET,
  "batch/v1:Job": JOB,
  "batch/v1beta1:Job": JOB,
  "batch/v2alpha1:Job": JOB,
  "core/v1:ConfigMap": CONFIG_MAP,
  "core/v1:PersistentVolume": PERSISTENT_VOLUME,
  "core/v1:PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "core/v1:Pod": POD,
  "core/v1:ResourceQuota": ["spec.scopes"],
  "core/v1:Secret": SECRET,
  "core/v1:Service": ["spec.clusterIP"],
  "policy/v1beta1:PodDisruptionBudget": ["spec"],
  "rbac.authorization.k8s.io/v1:ClusterRoleBinding": ROLE_BINDING,
  "rbac.authorization.k8s.io/v1:RoleBinding": ROLE_BINDING,
  "rbac.authorization.k8s.io/v1alpha1:ClusterRoleBinding": ROLE_BINDING,
  "rbac.authorization.k8s.io/v1alpha1:RoleBinding": ROLE_BINDING,
  "rbac.authorization.k8s.io/v1beta1:ClusterRoleBinding": ROLE_BINDING,
  "rbac.authorization.k8s.io/v1beta1:RoleBinding": ROLE_BINDING,
  "storage.k8s.io/v1:StorageClass": ["parameters", "provisioner"],
};

const PREFIX = "kubernetes:";
const OTHERS = ["helm.sh/", "yaml:", "yaml/", "kustomize:", "kustomize/", "index:"];

/** Of every object of the API, custom ones too, the name and the namespace; undefined for what is none. */
export function kubernetesReplacement(type: string): Replacement | undefined {
  const object = type.slice(PREFIX.length);
  if (!type.startsWith(PREFIX) || OTHERS.some((other) => object.startsWith(other))) return undefined;
  return { properties: ["metadata.name", "metadata.namespace", ...(KINDS[object] ?? [])] };
}

/**
 * Whether the old object is deleted before the new one is made: where the program names it and the name stays, for two cannot
 * have one name in one namespace (pulumi-kubernetes, `Diff`; the annotation is set on what the provider names itself).
 */
export function keepsOwnName(before: Resource, after: Resource): boolean {
  const name = at(after.inputs, "metadata", "name");
  if (name === undefined || at(after.inputs, "metadata", "annotations", "pulumi.com/autonamed") === "true")
    return false;
  const stays = (field: string) => {
    const now = at(after.inputs, "metadata", field);
    // What is not known may be what it was: then it is deleted first, which is the worse.
    return now === UNKNOWN || sameValue(at(before.inputs, "metadata", field), now);
  };
  return stays("name") && stays("namespace");
}
