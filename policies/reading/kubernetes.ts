import { at, list, type Resource, text, UNKNOWN } from "../../traffic";
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
export const exposedWorkloads = oncePerState((state): Exposed[] => {
  const byLabel = workloadsByLabel(state);
  const found = new Map<Resource, Exposed>();
  for (const { service, by } of exposedServices(state)) {
    for (const workload of selectedBy(service, at(setting(service, "spec"), "selector"), byLabel)) {
      if (!found.has(workload)) found.set(workload, { workload, service, by });
    }
  }
  return [...found.values()];
});

/** The workloads by namespace and label of their pods, as `selectedBy` looks them up. */
export function workloadsByLabel(state: State): ReadonlyMap<string, Resource[]> {
  return groupBy(ofKind(state, ...WORKLOADS), (workload) =>
    podLabels(workload).map((label) => `${namespaceOf(workload)} ${label}`),
  );
}

/** The workloads that a selector of labels takes in, in the namespace of its resource. A selector of nothing takes none in. */
export function selectedBy(
  from: Resource,
  selector: unknown,
  byLabel: ReadonlyMap<string, readonly Resource[]>,
): Resource[] {
  const wanted = labels(selector);
  const [fewest = []] = wanted
    .map((label) => byLabel.get(`${namespaceOf(from)} ${label}`) ?? [])
    .sort((a, b) => a.length - b.length);
  return fewest.filter((workload) => {
    const own = podLabels(workload);
    return wanted.every((label) => own.includes(label));
  });
}

/** The Services that users' requests reach, and what leads there. */
export const exposedServices = oncePerState((state): { service: Resource; by: Resource }[] => {
  const services = ofKind(state, "Service").filter(isService);
  const byName = new Map(services.map((s) => [`${namespaceOf(s)} ${nameIn(s)}`, s]));
  const led = ofKind(state, "Ingress", "TargetGroupBinding", ...ROUTE_KINDS).flatMap((by) =>
    serviceNames(by).flatMap((name) => {
      const made = by.propertyDependencies?.spec?.flatMap((urn) => state.get(urn) ?? []) ?? [];
      const meant = name === UNKNOWN ? made.filter(isService) : [byName.get(`${namespaceOf(by)} ${name}`)];
      return meant.flatMap((service) => (service ? [{ service, by }] : []));
    }),
  );
  const own = services.filter((s) => at(setting(s, "spec"), "type") === "LoadBalancer");
  return [...led, ...own.map((service) => ({ service, by: service }))];
});

/** Of Kubernetes itself: others, as Knative, have kinds of the name. */
function isService({ type }: Resource): boolean {
  return type.startsWith("kubernetes:core/") && type.endsWith(":Service");
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

function podLabels(workload: Resource): string[] {
  return labels(at(setting(workload, "spec"), "template", "metadata", "labels"));
}

function labels(of: unknown): string[] {
  return Object.entries(typeof of === "object" && of !== null ? of : {})
    .filter(([key]) => !key.startsWith("__"))
    .map(([key, value]) => `${key}=${String(value)}`);
}
