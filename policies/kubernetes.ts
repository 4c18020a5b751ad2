import { at, list, type Resource, text, UNKNOWN } from "../traffic";
import { groupBy } from "./group-by";
import { type State, setting } from "./state";

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
export function kindOf({ type }: Resource): string | undefined {
  return type.startsWith("kubernetes:") ? type.split(":").at(-1) : undefined;
}

export function ofKind(state: State, ...kinds: string[]): Resource[] {
  return state.resources.filter((r) => !r.pendingDelete && kinds.includes(kindOf(r) ?? ""));
}

/** A key for the namespace: its name, or what it will be made of. */
export function namespaceOf(resource: Resource): string {
  const named = at(setting(resource, "metadata"), "namespace");
  if (named === UNKNOWN) return `unknown ${resource.propertyDependencies?.metadata?.join() ?? resource.urn}`;
  return text(named) ?? "default";
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

/** One rule of a Gateway API route, by its backends. */
export function backendsOf(route: Resource): unknown[][] {
  return list(at(setting(route, "spec"), "rules")).map((rule) => list(at(rule, "backendRefs")));
}

export function routesOf(state: State): Resource[] {
  return ofKind(state, ...ROUTE_KINDS);
}

/** The workloads that users' requests reach, each once. */
export function exposedWorkloads(state: State): Exposed[] {
  const byLabel = workloadsByLabel(state);
  const found = new Map<Resource, Exposed>();
  for (const { service, by } of exposedServices(state)) {
    for (const workload of selectedBy(service, at(setting(service, "spec"), "selector"), byLabel)) {
      if (!found.has(workload)) found.set(workload, { workload, service, by });
    }
  }
  return [...found.values()];
}

/** The workloads by namespace and label of their pods, as `selectedBy` looks them up. */
export function workloadsByLabel(state: State): ReadonlyMap<string, Resource[]> {
  return groupBy(ofKind(state, ...WORKLOADS), (workload) =>
    labels(at(setting(workload, "spec"), "template", "metadata", "labels")).map(
      (label) => `${namespaceOf(workload)} ${label}`,
    ),
  );
}

/** The workloads that a selector of labels takes in, in the namespace of its resource. A selector of nothing takes none. */
export function selectedBy(
  from: Resource,
  selector: unknown,
  byLabel: ReadonlyMap<string, readonly Resource[]>,
): Resource[] {
  const [first, ...rest] = labels(selector).map((label) => byLabel.get(`${namespaceOf(from)} ${label}`) ?? []);
  const others = rest.map((workloads) => new Set(workloads));
  return (first ?? []).filter((workload) => others.every((set) => set.has(workload)));
}

/** The Services that users' requests reach, and what leads there. */
export function exposedServices(state: State): { service: Resource; by: Resource }[] {
  const services = ofKind(state, "Service").filter(({ type }) => type.startsWith("kubernetes:core/"));
  const byName = new Map(services.map((s) => [`${namespaceOf(s)} ${nameIn(s)}`, s]));
  const led = ofKind(state, "Ingress", "TargetGroupBinding", ...ROUTE_KINDS).flatMap((by) =>
    serviceNames(by).flatMap((name) => {
      const made = by.propertyDependencies?.spec?.flatMap((urn) => state.get(urn) ?? []) ?? [];
      const meant =
        name === UNKNOWN ? made.filter((r) => services.includes(r)) : [byName.get(`${namespaceOf(by)} ${name}`)];
      return meant.flatMap((service) => (service ? [{ service, by }] : []));
    }),
  );
  const own = services.filter((s) => at(setting(s, "spec"), "type") === "LoadBalancer");
  return [...led, ...own.map((service) => ({ service, by: service }))];
}

function serviceNames(by: Resource): unknown[] {
  const spec = setting(by, "spec");
  switch (kindOf(by)) {
    case "Ingress": {
      const paths = list(at(spec, "rules")).flatMap((rule) => list(at(rule, "http", "paths")));
      const backends = [at(spec, "defaultBackend"), ...paths.map((path) => at(path, "backend"))];
      return backends.map((backend) => at(backend, "service", "name"));
    }
    case "TargetGroupBinding":
      return [at(spec, "serviceRef", "name")];
    default:
      return backendsOf(by).flatMap((backends) => backends.map((backend) => at(backend, "name")));
  }
}

export function nameIn(resource: Resource): string | undefined {
  return text(at(setting(resource, "metadata"), "name"));
}

function labels(of: unknown): string[] {
  return Object.entries(typeof of === "object" && of !== null ? of : {})
    .filter(([key]) => !key.startsWith("__"))
    .map(([key, value]) => `${key}=${String(value)}`);
}
