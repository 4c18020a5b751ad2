import type { Dialect } from "../dialect";
import type { Properties } from "../record";
import { sameProperties } from "../same-properties";
import { PLAIN_OBJECT, KUBERNETES as types } from "../types/kubernetes";
import { type Metadata, metadataOf } from "../types/kubernetes-objects";

const AUTONAMED = "pulumi.com/autonamed";

/**
 * The Kubernetes provider, with server-side apply, as pulumi-kubernetes@94977969 has it (provider/pkg/provider/provider.go,
 * provider/pkg/metadata/naming.go).
 */
export const KUBERNETES: Dialect = {
  sdk: "@pulumi/kubernetes",
  types,
  unlisted: PLAIN_OBJECT,
  saysPaths: true,

  /** "If the user HAS NOT assigned a name in the new inputs, we autoname it and mark the object as autonamed" (`Check`). */
  named({ name: resource, unique, olds, news }) {
    const metadata = metadataOf(news);
    if (metadata.name !== undefined) return news;
    const kept = isAutonamed(olds) ? metadataOf(olds).name : undefined;
    const annotations = { ...metadata.annotations, [AUTONAMED]: "true" };
    return { ...news, metadata: { ...metadata, annotations, name: kept ?? `${resource}-${unique.slice(0, 8)}` } };
  },

  keepsOwnName(_row, oldInputs, news) {
    const [before, after] = [metadataOf(oldInputs), metadataOf(news)];
    const { namespace = "default" } = before;
    return !isAutonamed(news) && before.name === after.name && namespace === (after.namespace ?? "default");
  },

  /** The outputs are the object as the API server has it, with its inputs in it. A preview gives back the inputs. */
  created(inputs, { unique, assigned }, preview) {
    if (preview) return inputs;
    const own = metadataOf(inputs);
    const metadata: Metadata = {
      ...own,
      namespace: own.namespace ?? "default",
      uid: String(unique),
      generation: 1,
      resourceVersion: "1",
      creationTimestamp: new Date().toISOString(),
    };
    return { ...inputs, metadata, ...withSpec(inputs, assigned) };
  },

  /** A generation is a state of `spec`: labels and annotations make none (Kubernetes API conventions, "Metadata"). */
  updated(inputs, oldInputs, oldOutputs) {
    const { namespace, uid, creationTimestamp, generation = 1, resourceVersion } = metadataOf(oldOutputs);
    const metadata: Metadata = {
      ...metadataOf(inputs),
      namespace,
      uid,
      creationTimestamp,
      generation: sameProperties(inputs.spec, oldInputs.spec) ? generation : generation + 1,
      resourceVersion: String(Number(resourceVersion) + 1),
    };
    const { clusterIP, clusterIPs } = (oldOutputs.spec ?? {}) as Properties;
    const assigned = clusterIP === undefined ? undefined : { clusterIP, clusterIPs };
    return { ...inputs, metadata, ...withSpec(inputs, assigned), status: oldOutputs.status };
  },

  invoke(token) {
    throw new Error(`${token} is not in the local cluster: no stack, policy or command of ours uses it`);
  },
};

function isAutonamed(inputs: Properties): boolean {
  return metadataOf(inputs).annotations?.[AUTONAMED] === "true";
}

/** The spec with what the API server fills in. */
function withSpec({ spec }: Properties, assigned: unknown): Properties {
  return spec === undefined ? {} : { spec: { ...(assigned as object), ...(spec as object) } };
}
