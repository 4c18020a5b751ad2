import { at, clustersOf, isPreviewMatch, list, type Resource, text, UNKNOWN } from "../../traffic";
import { groupBy } from "./group-by";
import { oncePerState, type State, setting } from "./state";

/** A Deployment and its like, whose pods users' requests reach through a Service. */
export interface Exposed {
  workload: Resource;
  service: Resource;
  /** What leads users to the Service: an Ingress, a route, a TargetGroupBinding, or the Service itself with a balancer. */
  by: Resource;
}

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet"];
export const ROUTE_KINDS = ["HTTPRoute", "GRPCRoute"];

/** `Deployment` of `kubernetes:apps/v1:Deployment`; undefined where it is nothing of Kubernetes. */
export function kindOf({ type }: Pick<Resource, "type">): string | undefined {
  return type.startsWith("kubernetes:") ? type.split(":").at(-1) : undefined;
}

export function ofKind(state: State, ...kinds: string[]): Resource[] {
  return state.ofType(...state.types().filter((type) => kinds.includes(kindOf({ type }) ?? "")));
}

/** A key for the namespace: its name, or what it will be made of. */
export function namespaceOf(resource: Resource): string {
  const named = at(setting(resource, "metadata"), "namespace");
  if (named === UNKNOWN) return `unknown ${resource.propertyDependencies?.metadata?.join() ?? resource.urn}`;
  return text(named) ?? "default";
}

const clusters = oncePerState((state) => clustersOf(state.resources));

/** A key for an object's cluster and a namespace there, by default its own. */
export function placeOf(resource: Resource, state: State, namespace = namespaceOf(resource)): string {
  return `${clusters(state)(resource.provider) ?? ""} ${namespace}`;
}

/** The `spec` of its pods. */
export function podOf(workload: Resource): unknown {
  return at(setting(workload, "spec"), "template", "spec");
}

export function containersOf(workload: Resource): unknown[] {
  return list(at(podOf(workload), "containers"));
}

/** The containers that a Service's requests arrive at: those with its target ports, or the first. */
export function servingContainers(workload: Resource, service: Resource): unknown[] {
  const containers = containersOf(workload);
  const targets = list(at(setting(service, "spec"), "ports")).map((port) => at(port, "targetPort") ?? at(port, "port"));
  const found = containers.filter((container) =>
    list(at(container, "ports")).some((port) =>
      targets.some((target) => target === at(port, "containerPort") || target === at(port, "name")),
    ),
  );
  return found.length > 0 ? found : containers.slice(0, 1);
}

export function isWorkload(resource: Pick<Resource, "type">): boolean {
  return WORKLOADS.includes(kindOf(resource) ?? "");
}

/** One rule of a Gateway API route, by its backends. */
export function backendsOf(route: Resource): unknown[][] {
  return list(at(setting(route, "spec"), "rules")).map((rule) => list(at(rule, "backendRefs")));
}

/** The rules in a route's `spec` that a live user can meet. */
export function usersRulesOf(spec: unknown): unknown[] {
  return list(at(spec, "rules")).filter((rule) => {
    const matches = list(at(rule, "matches"));
    return matches.length === 0 || !matches.every(isPreviewMatch);
  });
}

/** Their backends. */
export function usersBackendsOf(spec: unknown): unknown[][] {
  return usersRulesOf(spec).map((rule) => list(at(rule, "backendRefs")));
}

/** The Services of this stack that a reference in an object's spec can mean: several where its name is not known yet. */
export function servicesMeant(reference: unknown, by: Resource, state: State): readonly Resource[] {
  if ((at(reference, "kind") ?? "Service") !== "Service") return [];
  const name = at(reference, "name");
  if (name === UNKNOWN) {
    return (by.propertyDependencies?.spec ?? []).flatMap((urn) => state.get(urn) ?? []).filter(isService);
  }
  const place = placeOf(by, state, text(at(reference, "namespace")));
  return servicesByName(state).get(`${place} ${String(name)}`) ?? [];
}

const servicesByName = oncePerState((state) =>
  groupBy(ofKind(state, "Service").filter(isService), (service) => [`${placeOf(service, state)} ${nameIn(service)}`]),
);

/** The workloads whose pods each Service selects. */
export const selections = oncePerState((state): ReadonlyMap<Resource, readonly Resource[]> => {
  const services = ofKind(state, "Service").filter(isService);
  return new Map(services.map((s) => [s, selectedBy(s, at(setting(s, "spec"), "selector"), state)]));
});

export function routesOf(state: State): Resource[] {
  return ofKind(state, ...ROUTE_KINDS);
}

/** The workloads that users' requests reach, each once. */
export const exposedWorkloads = oncePerState((state): Exposed[] => {
  const found = new Map<Resource, Exposed>();
  for (const { service, by } of exposedServices(state)) {
    for (const workload of selections(state).get(service) ?? []) {
      if (!found.has(workload)) found.set(workload, { workload, service, by });
    }
  }
  return [...found.values()];
});

const workloadsByLabel = oncePerState((state) =>
  groupBy(ofKind(state, ...WORKLOADS), (workload) =>
    podLabels(workload).map((label) => `${placeOf(workload, state)} ${label}`),
  ),
);

/** The workloads that a selector of labels takes in, in the namespace of its resource. A selector of nothing takes none in. */
export function selectedBy(from: Resource, selector: unknown, state: State): Resource[] {
  const wanted = labels(selector);
  const [fewest = []] = wanted
    .map((label) => workloadsByLabel(state).get(`${placeOf(from, state)} ${label}`) ?? [])
    .sort((a, b) => a.length - b.length);
  return fewest.filter((workload) => {
    const own = podLabels(workload);
    return wanted.every((label) => own.includes(label));
  });
}

/** The Services that users' requests reach, and what leads there. */
export const exposedServices = oncePerState((state): { service: Resource; by: Resource }[] => {
  const services = ofKind(state, "Service").filter(isService);
  const led = ofKind(state, "Ingress", "TargetGroupBinding", ...ROUTE_KINDS).flatMap((by) =>
    serviceReferences(by).flatMap((ref) => servicesMeant(ref, by, state).map((service) => ({ service, by }))),
  );
  const own = services.filter((s) => at(setting(s, "spec"), "type") === "LoadBalancer");
  return [...led, ...own.map((service) => ({ service, by: service }))];
});

/** Of Kubernetes itself: others, as Knative, have kinds of the name. */
export function isService({ type }: Resource): boolean {
  return type.startsWith("kubernetes:core/") && type.endsWith(":Service");
}

function serviceReferences(by: Resource): unknown[] {
  const spec = setting(by, "spec");
  switch (kindOf(by)) {
    case "Ingress": {
      const paths = list(at(spec, "rules")).flatMap((rule) => list(at(rule, "http", "paths")));
      const backends = [at(spec, "defaultBackend"), ...paths.map((path) => at(path, "backend"))];
      return backends.flatMap((backend) => at(backend, "service") ?? []);
    }
    case "TargetGroupBinding":
      return [at(spec, "serviceRef")];
    default:
      return backendsOf(by).flat();
  }
}

/** What the cluster calls it: where the program names it not, the provider does. */
export function nameIn({ inputs, outputs }: Resource): string | undefined {
  return text(at(inputs.metadata, "name")) ?? text(at(outputs.metadata, "name"));
}

function podLabels(workload: Resource): string[] {
  return labels(at(setting(workload, "spec"), "template", "metadata", "labels"));
}

function labels(of: unknown): string[] {
  return Object.entries(typeof of === "object" && of !== null ? of : {})
    .filter(([key]) => !key.startsWith("__"))
    .map(([key, value]) => `${key}=${String(value)}`);
}
