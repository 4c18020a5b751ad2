import type { LocalRecord, Properties, Records } from "../record";
import { sameProperties } from "../same-properties";
import { GATEWAYS } from "../types/kubernetes-cluster";
import {
  HTTP_ROUTE,
  type KubernetesObject,
  metadataOf,
  objectOf,
  objectsOf,
  SERVICE,
} from "../types/kubernetes-objects";

/** What a route sends requests to. */
export interface Backend {
  name: string;
  namespace?: string;
}

interface Parent extends Backend {
  sectionName?: string;
}

/** Whether a route hangs on a Gateway. */
export function attachedTo(
  { namespace, spec }: KubernetesObject,
  gateway: { namespace: string; name: string },
): boolean {
  const parents: Parent[] = spec.parentRefs ?? [];
  return parents.some(
    (parent) => parent.name === gateway.name && (parent.namespace ?? namespace) === gateway.namespace,
  );
}

/** Why the Gateway does not send to a backend: the reason of the condition `ResolvedRefs`. It knows no ReferenceGrant. */
export function refused(ref: Backend, namespace: string, services: ReadonlySet<string>): string | undefined {
  if (ref.namespace !== undefined && ref.namespace !== namespace) return "RefNotPermitted";
  return services.has(`${namespace}/${ref.name}`) ? undefined : "BackendNotFound";
}

/** The Gateway's controller looks at all routes: each gets the status that is due. One whose Gateway is not there gets none. */
export function settleRoutes(records: Records): void {
  for (const record of records.ofType(HTTP_ROUTE)) {
    const status = statusOf(record, records);
    if (sameProperties(status, record.outputs.status)) continue;
    records.put({ ...record, outputs: { ...record.outputs, status } });
  }
}

function statusOf(record: LocalRecord, records: Records): Properties | undefined {
  const route = objectOf(record);
  const services = new Set(objectsOf(records, SERVICE).map(({ id }) => id));
  // biome-ignore lint/suspicious/noExplicitAny: a manifest
  const refs: Backend[] = (route.spec.rules ?? []).flatMap(({ backendRefs = [], filters = [] }: any) => [
    ...backendRefs,
    ...filters.flatMap((filter: { requestMirror?: { backendRef: Backend } }) => filter.requestMirror?.backendRef ?? []),
  ]);
  const reason = refs.map((ref) => refused(ref, route.namespace, services)).find((why) => why !== undefined);
  const { generation } = metadataOf(record.outputs);
  const condition = (type: string, isTrue: boolean, why: string) => ({
    type,
    status: isTrue ? "True" : "False",
    reason: why,
    observedGeneration: generation,
  });
  const parents = GATEWAYS.filter((gateway) => attachedTo(route, gateway)).map(
    ({ namespace, name, controllerName }) => ({
      parentRef: { group: "gateway.networking.k8s.io", kind: "Gateway", namespace, name },
      controllerName,
      conditions: [
        condition("Accepted", true, "Accepted"),
        condition("ResolvedRefs", reason === undefined, reason ?? "ResolvedRefs"),
      ],
    }),
  );
  return parents.length > 0 ? { parents } : undefined;
}
