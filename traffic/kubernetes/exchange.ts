import type { Exchange } from "../update/entry-point";
import { type Reference, targets } from "../update/reference";
import { coversHost, coversMatch, type RouteRequests, taking } from "./matching";
import type { RouteForm, RouteMatch, RouteRule } from "./routes";

type Rules = readonly RouteRule[];

/**
 * What a route takes in the place of these requests, for the backends that had them: other hosts, or other paths of the host.
 * Undefined where it takes no others.
 */
export function exchangeOf(
  before: RouteForm | undefined,
  after: RouteForm | undefined,
  requests: RouteRequests,
): Exchange | undefined {
  if (!before?.rules || !after?.rules || !after.parents.includes(requests.parent)) return undefined;
  const takers = taking(before, requests).map(({ rule }) => rule);
  // A route for many has rules for other backends, too: these took nothing over.
  const alike = (rules: Rules) => rules.filter((rule) => takers.some((taker) => leadAlike(taker, rule)));
  const ofHost = (rules: Rules) => rules.filter(({ hosts }) => hosts.some((own) => coversHost(own, requests.host)));
  const heirs = alike(after.rules);
  const isHostKept = ofHost(heirs).length > 0;
  const taken = isHostKept ? morePaths(ofHost(heirs), ofHost(before.rules)) : moreHosts(heirs, before.rules);
  if (taken.length === 0) return undefined;
  const own = alike(before.rules);
  return { taken, former: isHostKept ? morePaths(ofHost(own), ofHost(heirs)) : moreHosts(own, heirs) };
}

/** The hosts of rules that others do not have. */
function moreHosts(rules: Rules, others: Rules): string[] {
  const hosts = new Set(rules.flatMap((rule) => rule.hosts));
  return [...hosts].filter((host) => !others.some((other) => other.hosts.some((own) => coversHost(own, host))));
}

/** The paths of rules, with what else they ask for, that others do not have. */
function morePaths(rules: Rules, others: Rules): string[] {
  const isTaken = (match: RouteMatch) => others.some(({ matches }) => matches.some((own) => coversMatch(own, match)));
  const found = rules.flatMap(({ matches }) => matches.filter((match) => !isTaken(match)));
  return [...new Set(found.map(({ path, more }) => (more === "" ? path : `${path} ${more}`)))];
}

function leadAlike(a: RouteRule, b: RouteRule): boolean {
  if (typeof a.backends === "string" || typeof b.backends === "string") {
    return a.backends === b.backends && a.backends !== "refused";
  }
  const others = b.backends;
  return a.backends.some(({ service }) => others.some((other) => isSame(service, other.service)));
}

function isSame(a: Reference, b: Reference): boolean {
  if (a.to === "elsewhere") return b.to === "elsewhere" && a.name === b.name;
  return a.entities.some((entity) => targets(b).includes(entity));
}
