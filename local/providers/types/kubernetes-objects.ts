import type { LocalRecord, Properties, Records } from "../record";
import { NAMESPACES } from "./kubernetes-cluster";

export const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
export const JOB = "kubernetes:batch/v1:Job";
export const SERVICE = "kubernetes:core/v1:Service";
export const NAMESPACE = "kubernetes:core/v1:Namespace";
export const SECRET = "kubernetes:core/v1:Secret";
export const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
export const AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
export const BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding";
export const HTTP_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute";

/** An object of the API, as the API server has it. */
export interface KubernetesObject {
  /** `NAMESPACE/NAME`, as the provider's id. */
  id: string;
  namespace: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: a manifest, in the shape of the Kubernetes API
  spec: any;
}

export interface Metadata {
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  uid?: string;
  generation?: number;
  resourceVersion?: string;
  creationTimestamp?: string;
}

/** Without a namespace it is in `default`. */
export function objectOf({ id, outputs }: LocalRecord): KubernetesObject {
  const { name = "", namespace = "default", labels = {}, annotations = {} } = metadataOf(outputs);
  return { id, namespace, name, labels, annotations, spec: outputs.spec ?? {} };
}

export function objectsOf(records: Records, type: string): KubernetesObject[] {
  return records.ofType(type).map(objectOf);
}

export function metadataOf({ metadata }: Properties): Metadata {
  return (metadata ?? {}) as Metadata;
}

/** Of a namespace that is there before any program, or that one has made; undefined where there is none. */
export function namespaceLabels(namespace: string, records: Records): Record<string, string> | undefined {
  const made = objectsOf(records, NAMESPACE).find(({ name }) => name === namespace);
  return made?.labels ?? NAMESPACES[namespace];
}
