import type { RouteForm, RouteMatch, RouteRule } from "./routes";

/** Requests that come in at one place for one host, by what is asked of them. */
export interface RouteRequests {
  parent: string;
  host: string;
  match: RouteMatch;
}

/** The rules of a form that take the requests before its others, and how near they are to what is asked: the nearest wins. */
export function taking(form: RouteForm | undefined, { parent, host, match }: RouteRequests) {
  if (!form?.parents.includes(parent)) return [];
  const found = (form.rules ?? [UNKNOWN_RULE]).flatMap((rule) => {
    const hosts = rule.hosts.filter((own) => coversHost(own, host)).map((own) => (own === "*" ? 0 : own.length));
    const paths = rule.matches.filter((own) => coversMatch(own, match)).map(nearnessOf);
    return hosts.length > 0 && paths.length > 0
      ? [{ rule, nearness: Math.max(...hosts) * 1e6 + Math.max(...paths) }]
      : [];
  });
  const nearest = Math.max(...found.map(({ nearness }) => nearness));
  return found.filter(({ nearness }) => nearness === nearest);
}

/** Rules that are not known may take anything. */
export const UNKNOWN_RULE: RouteRule = {
  hosts: ["*"],
  matches: [{ path: "/", exact: false, more: "" }],
  backends: "unknown",
};

export function coversHost(own: string, host: string): boolean {
  return own === "*" || own === host || (own.startsWith("*.") && host.endsWith(own.slice(1)));
}

export function coversMatch(own: RouteMatch, asked: RouteMatch): boolean {
  if (own.more !== "" && own.more !== asked.more) return false;
  if (own.exact) return asked.exact && own.path === asked.path;
  const prefix = own.path.replace(/\/$/, "");
  return asked.path === own.path || asked.path.startsWith(`${prefix}/`);
}

/** An exact path before a prefix, the longer prefix before the shorter, more conditions before fewer (Gateway API, HTTPRouteRule). */
function nearnessOf({ path, exact, more }: RouteMatch): number {
  return (exact ? 1e5 : 0) + path.length * 10 + (more === "" ? 0 : 1);
}
