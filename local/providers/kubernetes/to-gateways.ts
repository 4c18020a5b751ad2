import type { Condition, DesiredBalancer, DesiredRule } from "../../dataplane";
import type { Records } from "../record";
import { GATEWAYS } from "../types/kubernetes-cluster";
import { HTTP_ROUTE, type KubernetesObject, objectsOf, SERVICE } from "../types/kubernetes-objects";
import { attachedTo, type Backend, refused } from "./route-status";
import { serviceGroup } from "./to-cluster";

/**
 * The Gateways that carry a route. One that carries none answers 404 to all: it is left out, so that it takes no place among the
 * balancers of who has no use for it.
 */
export function toGateways(records: Records): DesiredBalancer[] {
  return GATEWAYS.flatMap((gateway) => {
    const routes = objectsOf(records, HTTP_ROUTE).filter((route) => attachedTo(route, gateway));
    if (routes.length === 0) return [];
    const arn = `gateway/${gateway.namespace}/${gateway.name}`;
    const notFound: DesiredRule = {
      arn: `${arn}/none`,
      conditions: [],
      action: { kind: "fixed", status: 404, contentType: "text/plain", body: "" },
    };
    const rules = routes.flatMap((route) => toRules(route, records)).sort(byPrecedence);
    return [
      {
        arn,
        isGateway: true,
        dnsName: `${gateway.name}.${gateway.namespace}.gateway`,
        dualstack: false,
        idleTimeout: 60,
        clientKeepAlive: 3600,
        listeners: [{ arn, port: gateway.port, rules: [...rules.map(({ rule }) => rule), notFound] }],
      },
    ];
  });
}

interface RankedRule {
  rule: DesiredRule;
  /** The higher goes first, number by number. */
  rank: number[];
}

/**
 * The host first; then "Exact" path match, "Prefix" path match with largest number of characters, Method match, Largest number of
 * header matches (Gateway API, HTTPRouteRule, `matches`). Of equals the first in the list, and the older route.
 */
function byPrecedence(a: RankedRule, b: RankedRule): number {
  const first = a.rank.findIndex((value, i) => value !== b.rank[i]);
  return first < 0 ? 0 : (b.rank[first] ?? 0) - (a.rank[first] ?? 0);
}

interface Match {
  path?: { type?: string; value?: string };
  headers?: { type?: string; name: string; value: string }[];
}

function toRules({ id, namespace, spec }: KubernetesObject, records: Records): RankedRule[] {
  const hosts: string[] = spec.hostnames?.length > 0 ? spec.hostnames : ["*"];
  return (spec.rules ?? []).flatMap((rule: { matches?: Match[] }, index: number) => {
    const action = toAction(rule, namespace, records);
    return hosts.flatMap((host) =>
      (rule.matches ?? [{}]).map((match, i) => ({
        rank: rankOf(host, match),
        rule: { arn: `${id}/${index}/${i}/${host}`, conditions: toConditions(host, match), action },
      })),
    );
  });
}

function rankOf(host: string, { path, headers = [] }: Match): number[] {
  const { type = "PathPrefix", value = "/" } = path ?? {};
  return [host.startsWith("*") ? 0 : 1, host.length, type === "Exact" ? 1 : 0, value.length, headers.length];
}

function toConditions(host: string, { path, headers = [], ...more }: Match): Condition[] {
  const { type = "PathPrefix", value = "/" } = path ?? {};
  const kinds = [type, ...headers.map((header) => header.type ?? "Exact"), ...Object.keys(more)];
  const strange = kinds.filter((kind) => !["PathPrefix", "Exact"].includes(kind));
  if (strange.length > 0) throw new Error(`the local cloud has no match of an HTTPRoute by ${strange.join(", ")}`);
  const prefix = value.replace(/\/$/, "");
  const paths = type === "Exact" ? [value] : [prefix, `${prefix}/*`];
  return [
    ...(host === "*" ? [] : [{ kind: "host" as const, values: [host] }]),
    ...(prefix === "" ? [] : [{ kind: "path" as const, values: paths }]),
    ...headers.map((header) => ({
      kind: "header" as const,
      name: header.name,
      values: [header.value],
      isExact: true,
    })),
  ];
}

/** Weights are "the proportion of requests forwarded to the referenced backend … weight/(sum of all weights)"; 1 without one. */
// biome-ignore lint/suspicious/noExplicitAny: a manifest
function toAction({ backendRefs = [], filters = [] }: any, namespace: string, records: Records): DesiredRule["action"] {
  const services = new Set(objectsOf(records, SERVICE).map(({ id }) => id));
  const group = (ref: Backend) => {
    const id = `${ref.namespace ?? namespace}/${ref.name}`;
    // A group that no Service has answers 500 for its share.
    return refused(ref, namespace, services) ? `none/${id}` : serviceGroup(id);
  };
  const mirrors = filters.map((filter: { type: string; requestMirror: { backendRef: Backend } }) => {
    if (filter.type !== "RequestMirror")
      throw new Error(`the local cloud has no filter ${filter.type} of an HTTPRoute`);
    return group(filter.requestMirror.backendRef);
  });
  return {
    kind: "forward",
    groups: backendRefs.map((ref: Backend & { weight?: number }) => ({
      targetGroupArn: group(ref),
      weight: ref.weight ?? 1,
    })),
    ...(mirrors.length > 0 && { mirrors }),
  };
}
