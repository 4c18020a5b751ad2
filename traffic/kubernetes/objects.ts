import { containsUnknown } from "../changes/same-value";
import type { Properties } from "../resource";
import { at, number, text, UNKNOWN } from "../resource";
import type { Form } from "../update/entity";

/** The kinds of objects that requests can meet, by API group. */
const KINDS: Record<string, readonly string[]> = {
  core: ["Service"],
  apps: ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"],
  "networking.k8s.io": ["Ingress"],
  "gateway.networking.k8s.io": ["Gateway", "HTTPRoute", "GRPCRoute"],
  "elbv2.k8s.aws": ["TargetGroupBinding"],
};

/** Those that run pods. */
const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/** The kind of a type token such as `kubernetes:apps/v1:Deployment`, whatever its version; undefined for all that no request meets. */
export function kubernetesKind(type: string): string | undefined {
  if (!type.startsWith("kubernetes:")) return undefined;
  const [, group, kind = ""] = type.split(":");
  return KINDS[group?.split("/")[0] ?? ""]?.includes(kind) ? kind : undefined;
}

export function isWorkload(type: string): boolean {
  return WORKLOADS.includes(kubernetesKind(type) ?? "");
}

/** `namespace/name`, after its cluster; undefined where one of them is not known. */
export function objectName({ props: { metadata }, cluster }: Form): string | undefined {
  return fullName(text(at(metadata, "name")), namespaceOf(metadata), cluster);
}

/** The provider puts an object without a namespace in `default`, if its own configuration names no other. */
export function namespaceOf(metadata: unknown): string | undefined {
  const namespace = at(metadata, "namespace");
  return namespace === undefined || namespace === null ? "default" : text(namespace);
}

/** Another object of its cluster that one names: UNKNOWN where the name, or the namespace, is not known. */
export function namedObject(reference: unknown, by: Form): string | typeof UNKNOWN {
  const namespace = namespaceOf(at(reference, "namespace") === undefined ? by.props.metadata : reference);
  return fullName(text(at(reference, "name")), namespace, by.cluster) ?? UNKNOWN;
}

function fullName(name: string | undefined, namespace: string | undefined, cluster = ""): string | undefined {
  return name === undefined || namespace === undefined ? undefined : `${cluster} ${namespace}/${name}`;
}

/** Whether somebody else than Kubernetes says who is behind the service (Kubernetes docs, "Services without selectors"). */
export function hasNoSelector({ spec }: Properties): boolean {
  const selector = at(spec, "selector");
  if (selector === undefined || selector === null) return true;
  return selector !== UNKNOWN && Object.keys(selector as object).length === 0;
}

/** Whether a service selects the pods of a workload; what is not known does not match. */
export function selects({ props: service, cluster }: Form, { props: workload, cluster: own }: Form): boolean {
  const selector = at(service.spec, "selector");
  const labels = at(workload.spec, "template", "metadata", "labels");
  if (hasNoSelector(service) || containsUnknown(selector) || containsUnknown(labels)) return false;
  const isNear = cluster === own && namespaceOf(service.metadata) === namespaceOf(workload.metadata);
  return isNear && Object.entries(selector as object).every(([key, value]) => at(labels, key) === value);
}

/** The labels of a workload's pods, each with its cluster and namespace. */
export function labelsOf(form: Form): string[] {
  return pairs(form, at(form.props.spec, "template", "metadata", "labels"));
}

/** The labels that a service asks for, written alike. */
export function selectorOf(form: Form): string[] {
  return pairs(form, at(form.props.spec, "selector"));
}

function pairs({ props, cluster }: Form, labels: unknown): string[] {
  if (labels === null || typeof labels !== "object") return [];
  const namespace = namespaceOf(props.metadata);
  return Object.entries(labels).map(([key, value]) => JSON.stringify([cluster, namespace, key, String(value)]));
}

/** Whether it runs a pod: without a number, one (Kubernetes API, DeploymentSpec). */
export function runsPods(type: string, { spec }: Properties): boolean {
  if (kubernetesKind(type) === "DaemonSet") return true;
  const replicas = at(spec, "replicas");
  return replicas === undefined || replicas === null || (number(replicas) ?? 0) > 0;
}

/**
 * Whether its step ends when its pods are ready (pulumi-kubernetes, "Await logic"). A ReplicaSet's does not.
 */
export function isAwaited(type: string, { metadata }: Properties): boolean {
  const skip = at(metadata, "annotations", "pulumi.com/skipAwait");
  return kubernetesKind(type) !== "ReplicaSet" && (skip === undefined || skip === null || skip === "false");
}

/**
 * Whether a roll of its pods can leave none for a while: a Deployment that recreates them, or lets all of them be unavailable;
 * a StatefulSet of one, which ends a pod before it starts the next (Kubernetes docs, "Deployments" and "StatefulSets").
 */
export function rollsThroughNone(type: string, { spec }: Properties): boolean {
  const replicas = number(at(spec, "replicas") ?? 1) ?? 1;
  switch (kubernetesKind(type)) {
    case "StatefulSet":
      return at(spec, "updateStrategy", "type") !== "OnDelete" && replicas <= 1;
    case "Deployment": {
      const strategy = at(spec, "strategy");
      if (containsUnknown(strategy) || at(strategy, "type") === "Recreate") return true;
      const unavailable = at(strategy, "rollingUpdate", "maxUnavailable") ?? "25%";
      const percent = typeof unavailable === "string" && unavailable.endsWith("%");
      // Percentages are rounded down.
      const count = percent ? Math.floor((Number.parseFloat(unavailable) / 100) * replicas) : Number(unavailable);
      return count >= replicas;
    }
    default:
      return false;
  }
}
