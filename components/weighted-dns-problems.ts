import { COLORS, type Color } from "../traffic";
import { type DnsNames, dnsNameProblems } from "./dns-names";
import { type DnsTarget, formOf, recordsOf } from "./dns-target";
import type { PropertyProblem } from "./property-problem";
import type { WeightedDnsRouteArgs } from "./weighted-dns-route";
import { missingTargets, presentTargets } from "./weighted-route";

/** The longest TTL that DNS has (RFC 2181, 8), which is Route 53's as well. */
const LONGEST_TTL = 2_147_483_647;

/** All that is wrong with a DNS route. */
export function weightedDnsProblems(args: WeightedDnsRouteArgs, names: DnsNames): PropertyProblem[] {
  const { rollout, targets, ttl } = args;
  const byName = dnsNameProblems(names).map(({ field, reason }) => ({
    propertyPath: field === "host" ? field : `previewHosts.${field}`,
    reason,
  }));
  const present = presentTargets(targets);
  return [
    ...byName,
    ...rolloutProblems(args),
    ...missingTargets(rollout, targets),
    ...ttlProblems(
      ttl,
      present.some(([, target]) => formOf(target) === "alias records"),
    ),
    ...present.flatMap(([color, target]) => targetProblems(color, target, args, names)),
    ...formProblems(targets),
  ];
}

function rolloutProblems({ rollout }: WeightedDnsRouteArgs): PropertyProblem[] {
  const problems: PropertyProblem[] = [];
  for (const color of COLORS) {
    const share = rollout.shares[color];
    if (Number.isInteger(share) && share >= 0 && share <= 255) continue;
    const reason = `${color}'s share of ${share} % is no weight: Route 53 has whole numbers from 0 to 255, and a rounded one would not be the share that was asked for`;
    problems.push({ propertyPath: "rollout", reason });
  }
  return problems;
}

function ttlProblems(ttl: number | undefined, isAlias: boolean): PropertyProblem[] {
  if (ttl === undefined) return [];
  const problem = (reason: string) => [{ propertyPath: "ttl", reason }];
  if (isAlias) return problem("an alias has its target's TTL, 60 s for a balancer: leave it out");
  if (Number.isInteger(ttl) && ttl >= 0 && ttl <= LONGEST_TTL) return [];
  return problem(
    `${ttl} is no TTL: whole seconds, 0 to ${LONGEST_TTL}. For so long a client stays where it was after a rollback: 60 or less is sensible (Route 53 guide, "TTL (seconds)")`,
  );
}

function targetProblems(
  color: Color,
  target: DnsTarget,
  { failover }: WeightedDnsRouteArgs,
  { host, domain }: DnsNames,
): PropertyProblem[] {
  const problems: PropertyProblem[] = [];
  const report = (field: string, reason: string) =>
    problems.push({ propertyPath: `targets.${color}${field && `.${field}`}`, reason });
  const form = formOf(target);
  if (!form) {
    report(
      "",
      "it is one of: dnsName with zoneId (alias records), dnsName alone (a CNAME), or ipv4 and ipv6 (addresses)",
    );
  }
  if (form === "a CNAME" && host === domain) {
    const reason = `"${host}" is the zone's apex, which has other records and so can have no CNAME (RFC 1034, 3.6.2): give the zoneId of the balancer for an alias, or addresses`;
    report("dnsName", reason);
  }
  if (target.health) {
    const { path, protocol } = target.health;
    if (!path.startsWith("/")) report("health.path", `"${path}" is no path: it begins with "/"`);
    if (protocol === "HTTP" && (target.protocol ?? "HTTPS") === "HTTPS") {
      const reason =
        "the edge speaks HTTPS and redirects HTTP, and to Route 53 a redirect is healthy: the check would say nothing of the service. Ask by HTTPS";
      report("health.protocol", reason);
    }
  } else if (failover === "to-idle") {
    report("health", 'failover "to-idle" needs a health check: without one a record always counts as healthy');
  }
  const types = recordsOf(target, 0).map(({ type }) => type.toLowerCase());
  for (const type of Object.keys(target.existing ?? {}).filter((type) => form && !types.includes(type))) {
    report(`existing.${type}`, `the target has ${form} (${types.join(", ")}): by the record that it becomes`);
  }
  return problems;
}

/** Records of two forms would be of two types, and so in two sets, each with one color only. */
function formProblems(targets: WeightedDnsRouteArgs["targets"]): PropertyProblem[] {
  const [blue, green] = COLORS.map((color) => targets[color] && formOf(targets[color]));
  if (!blue || !green || blue === green) return [];
  return [
    {
      propertyPath: "targets.green",
      reason: `green has ${green} and blue has ${blue}: weights are between records of one type, so both need one form`,
    },
  ];
}
