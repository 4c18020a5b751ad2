import { containsUnknown } from "../changes/same-value";
import { at, list, number, PREVIEW_HEADER, text } from "../resource";
import type { Form } from "../update/entity";
import type { Directory, Reference } from "../update/reference";
import { kubernetesKind, namedObject } from "./objects";

/** What a route asks of a request's path, and of the rest of it. */
export interface RouteMatch {
  path: string;
  exact: boolean;
  /** Headers, method, query, regular expressions: as they are written; empty where it asks for none. */
  more: string;
}

export interface Backend {
  service: Reference;
  /** Undefined where it is not known. */
  weight: number | undefined;
}

export interface RouteRule {
  /** The hosts, `*` for any. */
  hosts: readonly string[];
  matches: readonly RouteMatch[];
  /** Or the route answers by itself, with a redirect or a refusal. */
  backends: readonly Backend[] | "redirected" | "refused" | "unknown";
}

/** What leads requests to Services by host and path, in one form: an Ingress, or a route of the Gateway API. */
export interface RouteForm {
  /** What takes the requests in: routes on different ones do not meet. */
  parents: readonly string[];
  /** Undefined where they are not known. */
  rules: readonly RouteRule[] | undefined;
  /** All Services that it leads to, those of a preview too. */
  services: readonly Reference[];
}

const ANY: RouteMatch = { path: "/", exact: false, more: "" };

/** A route's form; rules that only a preview's header leads to are left out. */
export function routeForm(type: string, form: Form, services: Directory): RouteForm {
  return kubernetesKind(type) === "Ingress" ? ingress(form, services) : gatewayRoute(type, form, services);
}

function gatewayRoute(type: string, form: Form, services: Directory): RouteForm {
  const { spec } = form.props;
  const hostnames = list(at(spec, "hostnames")).map(String);
  const rules = list(at(spec, "rules")).flatMap((rule): RouteRule[] => {
    const matches = list(at(rule, "matches"));
    const users = matches.filter((match) => !isPreviewMatch(match));
    if (matches.length > 0 && users.length === 0) return [];
    const refs = list(at(rule, "backendRefs"));
    const isRedirect = list(at(rule, "filters")).some((filter) => at(filter, "type") === "RequestRedirect");
    return [
      {
        hosts: hostnames.length > 0 ? hostnames : ["*"],
        matches: users.length > 0 ? users.map((match) => gatewayMatch(type, match)) : [ANY],
        backends: isRedirect ? "redirected" : refs.map((ref) => backend(ref, form, services)),
      },
    ];
  });
  const parents = list(at(spec, "parentRefs")).map((ref) => `gateway ${String(namedObject(ref, form))}`);
  const refs = list(at(spec, "rules")).flatMap((rule) => list(at(rule, "backendRefs")));
  const led = refs.map((ref) => backend(ref, form, services).service);
  return { parents, rules: isKnown(spec) ? rules : undefined, services: led };
}

/** Names may be unknown, as those of new Services are; where requests go must not be. */
function isKnown(spec: unknown): boolean {
  const rules = at(spec, "rules");
  return (
    Array.isArray(rules) &&
    !rules.some((rule) => containsUnknown(at(rule, "matches"))) &&
    !containsUnknown(at(spec, "hostnames"))
  );
}

/** What a match of a Gateway API route asks for; what it leaves out it does not ask for. */
export function gatewayMatch(type: string, match: unknown): RouteMatch {
  const { path, ...more } = (match ?? {}) as Record<string, unknown>;
  const kind = at(path, "type") ?? "PathPrefix";
  const isPath = kubernetesKind(type) === "HTTPRoute" && (kind === "PathPrefix" || kind === "Exact");
  const asked = Object.entries(isPath ? more : { path, ...more }).filter(([, v]) => v !== undefined && v !== null);
  return {
    path: isPath ? (text(at(path, "value")) ?? "/") : "/",
    exact: kind === "Exact",
    more: asked.length > 0 ? JSON.stringify(asked.sort(([a], [b]) => (a < b ? -1 : 1))) : "",
  };
}

/** Whether a match of a Gateway API route asks for the header that no live user sends. */
export function isPreviewMatch(match: unknown): boolean {
  return list(at(match, "headers")).some((header) => text(at(header, "name"))?.toLowerCase() === PREVIEW_HEADER);
}

/** A weight that is left out is 1 (Gateway API, BackendRef). */
function backend(ref: unknown, form: Form, services: Directory): Backend {
  const weight = at(ref, "weight");
  const kind = at(ref, "kind") ?? "Service";
  const service: Reference =
    kind === "Service"
      ? services.resolve(namedObject(ref, form), "spec", form)
      : { to: "elsewhere", name: `${String(kind)} ${String(at(ref, "name"))}` };
  return { service, weight: weight === undefined || weight === null ? 1 : number(weight) };
}

function ingress(form: Form, services: Directory): RouteForm {
  const { metadata, spec } = form.props;
  const rules = list(at(spec, "rules")).flatMap((rule) =>
    list(at(rule, "http", "paths")).map((path): RouteRule => {
      const exact = at(path, "pathType") === "Exact";
      return {
        hosts: [text(at(rule, "host")) ?? "*"],
        matches: [{ path: text(at(path, "path")) ?? "/", exact, more: "" }],
        backends: ingressBackends(at(path, "backend"), form, services),
      };
    }),
  );
  const byDefault = at(spec, "defaultBackend");
  const rest: RouteRule[] =
    byDefault === undefined || byDefault === null
      ? []
      : [{ hosts: ["*"], matches: [ANY], backends: ingressBackends(byDefault, form, services) }];
  const unknown = containsUnknown(list(at(spec, "rules")).map((rule) => at(rule, "host"))) || typeof spec === "symbol";
  const name = text(at(spec, "ingressClassName")) ?? text(at(metadata, "annotations", "kubernetes.io/ingress.class"));
  const all = [...rules, ...rest];
  return {
    parents: [`${form.cluster ?? ""} ingress class ${name ?? "by default"}`],
    rules: unknown ? undefined : all,
    services: all.flatMap(({ backends }) => (typeof backends === "string" ? [] : backends.map((b) => b.service))),
  };
}

/** An action of AWS's controller, written in an annotation, splits requests by weight (its guide, "Ingress annotations", `actions`). */
function ingressBackends(backend: unknown, form: Form, services: Directory): RouteRule["backends"] {
  const { metadata } = form.props;
  const service = at(backend, "service");
  if (service === undefined || service === null)
    return [{ service: { to: "elsewhere", name: "a resource" }, weight: 1 }];
  const resolve = (reference: unknown) => services.resolve(namedObject(reference, form), "spec", form);
  if (at(service, "port", "name") !== "use-annotation") return [{ service: resolve(service), weight: 1 }];
  const action = parsed(
    at(metadata, "annotations", `alb.ingress.kubernetes.io/actions.${String(at(service, "name"))}`),
  );
  if (at(action, "type") === "redirect") return "redirected";
  if (at(action, "type") === "fixed-response") return "refused";
  const groups = list(at(action, "forwardConfig", "targetGroups"));
  if (groups.length === 0) return "unknown";
  return groups.map((group) => {
    const name = at(group, "serviceName");
    const weight = at(group, "weight");
    return {
      service: name === undefined ? { to: "elsewhere", name: "a target group" } : resolve({ name }),
      weight: weight === undefined ? 1 : number(weight),
    };
  });
}

function parsed(annotation: unknown): unknown {
  try {
    return JSON.parse(text(annotation) ?? "");
  } catch {
    return undefined;
  }
}
