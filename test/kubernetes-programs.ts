import type { Item, TYPES } from "./small-programs";

/** An object with a name of its own, as `metadata.name` gives it one. */
export function object(
  kind: keyof typeof TYPES,
  name: string,
  spec: object,
  { annotations, ...more }: Partial<Item> & { annotations?: object } = {},
): Item {
  return { name, kind, inputs: { metadata: { name, namespace: "shop", annotations }, spec }, ...more };
}

interface Run {
  replicas?: unknown;
  labels?: object;
  image?: string;
  strategy?: object;
}

/** Runs pods of a version, two by default. */
export function deployment(
  version: string,
  { replicas = 2, labels = { app: "shop", version }, image = "shop:1", strategy }: Run = {},
  more: Parameters<typeof object>[3] = {},
): Item {
  const template = { metadata: { labels }, spec: { containers: [{ name: "shop", image }] } };
  return object(
    "deployment",
    `${version}-d`,
    { replicas, selector: { matchLabels: labels }, template, strategy },
    more,
  );
}

/** Leads to the pods of a version. */
export function service(version: string, more: object = {}, name = `${version}-s`): Item {
  return object("kubernetesService", name, { selector: { app: "shop", version }, ports: [{ port: 80 }], ...more });
}

export function httpRoute(
  name: string,
  weights: Record<string, unknown>,
  { path = "/", hosts, headers, kind }: { path?: string; hosts?: string[]; headers?: object[]; kind?: string } = {},
  more: Partial<Item> = {},
): Item {
  const backendRefs = Object.entries(weights).map(([version, weight]) => ({
    name: `${version}-s`,
    port: 80,
    weight,
    kind,
  }));
  const match = { path: { type: "PathPrefix", value: path }, headers };
  const spec = { parentRefs: [{ name: "edge" }], hostnames: hosts, rules: [{ matches: [match], backendRefs }] };
  return object("httpRoute", name, spec, more);
}

/** By path; `*` is the default backend. */
export function ingress(name: string, backends: Record<string, string>, more: Parameters<typeof object>[3] = {}): Item {
  const { "*": rest, ...byPath } = backends;
  const backend = (version: string) => ({ service: { name: `${version}-s`, port: { number: 80 } } });
  const paths = Object.entries(byPath).map(([path, version]) => ({
    path,
    pathType: "Prefix",
    backend: backend(version),
  }));
  const rules = paths.length > 0 ? [{ host: "shop.example.com", http: { paths } }] : undefined;
  return object("ingress", name, { rules, defaultBackend: rest === undefined ? undefined : backend(rest) }, more);
}

/** An action of AWS's controller: weights in an annotation. */
export function weightedIngress(name: string, weights: Record<string, number>): Item {
  const targetGroups = Object.entries(weights).map(([version, weight]) => ({
    serviceName: `${version}-s`,
    servicePort: 80,
    weight,
  }));
  const split = JSON.stringify({ type: "forward", forwardConfig: { targetGroups } });
  const backend = { service: { name: "split", port: { name: "use-annotation" } } };
  const rules = [{ host: "shop.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
  return object("ingress", name, { rules }, { annotations: { "alb.ingress.kubernetes.io/actions.split": split } });
}
