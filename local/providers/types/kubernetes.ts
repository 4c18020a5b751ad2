import type { Properties, Records } from "../record";
import { sameProperties } from "../same-properties";
import { metadataOf, NAMESPACE, namespaceLabels } from "./kubernetes-objects";
import type { TypeRow } from "./type-row";

/** Of every object (`forceNewProperties` in provider/pkg/provider/diff.go of pulumi-kubernetes). */
const IDENTITY = ["metadata.name", "metadata.namespace"];

/** An object of a namespace. @param plural as the API server's errors name the kind: `deployments.apps` */
function namespaced(
  plural: string,
  own: Partial<TypeRow> & { assigned?: (unique: string) => Properties } = {},
): TypeRow {
  const { replacedBy = [], check, assigned = () => ({}), ...more } = own;
  return {
    ...more,
    replacedBy: [...IDENTITY, ...replacedBy],
    outputs: (inputs, unique) => {
      const { name, namespace = "default" } = metadataOf(inputs);
      return { id: `${namespace}/${name}`, unique, assigned: assigned(unique) };
    },
    check: (inputs, records, id) => {
      const { name, namespace = "default" } = metadataOf(inputs);
      if (!namespaceLabels(namespace, records)) throw new Error(`namespaces "${namespace}" not found`);
      if (id === undefined) refuseTwin(plural, `${namespace}/${name}`, inputs, records);
      check?.(inputs, records, id);
    },
  };
}

export const KUBERNETES: Record<string, TypeRow> = {
  "kubernetes:apps/v1:Deployment": namespaced("deployments.apps", {
    replacedBy: ["spec.selector"],
    check: ({ spec }) => {
      // biome-ignore lint/suspicious/noExplicitAny: a manifest
      const { selector, template } = spec as any;
      const labels = template?.metadata?.labels ?? {};
      const differs = Object.entries(selector?.matchLabels ?? {}).some(([key, value]) => labels[key] !== value);
      if (differs)
        throw new Error("spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`");
    },
  }),
  "kubernetes:batch/v1:Job": namespaced("jobs.batch", { replacedBy: ["spec.selector", "spec.template"] }),
  "kubernetes:core/v1:Service": namespaced("services", {
    replacedBy: ["spec.clusterIP"],
    assigned: (unique) => {
      const clusterIP = `10.96.${Number.parseInt(unique.slice(0, 2), 16)}.${Number.parseInt(unique.slice(2, 4), 16)}`;
      return { clusterIP, clusterIPs: [clusterIP] };
    },
  }),
  "kubernetes:core/v1:ServiceAccount": namespaced("serviceaccounts"),
  "kubernetes:core/v1:Secret": namespaced("secrets", { replacedBy: ["type", "stringData", "data"] }),
  "kubernetes:core/v1:ConfigMap": namespaced("configmaps", { replacedBy: ["binaryData", "data"] }),
  "kubernetes:policy/v1:PodDisruptionBudget": namespaced("poddisruptionbudgets.policy"),
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": namespaced("horizontalpodautoscalers.autoscaling"),
  "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding": namespaced("targetgroupbindings.elbv2.k8s.aws", {
    check: ({ spec }) => {
      const { targetType = "ip" } = spec as { targetType?: string };
      if (targetType !== "ip") throw new Error(`the local cloud has no TargetGroupBinding of targetType ${targetType}`);
    },
  }),
  "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": namespaced("httproutes.gateway.networking.k8s.io"),
  [NAMESPACE]: {
    replacedBy: IDENTITY,
    outputs: (inputs, unique) => ({ id: String(metadataOf(inputs).name), unique }),
    check: (inputs, records, id) => {
      const { name = "" } = metadataOf(inputs);
      if (id === undefined && namespaceLabels(name, records)) throw new Error(`namespaces "${name}" already exists`);
    },
  },
};

/** A kind without a row. */
export const PLAIN_OBJECT: TypeRow = namespaced("objects");

function refuseTwin(plural: string, id: string, inputs: Properties, records: Records): void {
  const twin = records.all().some((record) => record.id === id && sameProperties(record.inputs.kind, inputs.kind));
  if (twin) throw new Error(`${plural} "${id.split("/").at(-1)}" already exists`);
}
