import { COLORS } from "../traffic";
import type { Report } from "./config-problem";
import type { Parsed } from "./config-schema";
import { dnsNameProblems, dnsNames } from "./dns-names";

/** What a color may have of its own where it has an edge of its own. */
const OF_AN_EDGE = ["certificate", "internal", "network"] as const;

/** An edge of each color needs DNS, and DNS its names and health checks. Behind a Gateway there is no edge of ours. */
export function checkEdges(data: Partial<Parsed>, report: Report): void {
  if (data.dns) checkDns(data, data.dns, report);
  for (const color of data.dns || data.kubernetes?.gateway ? [] : COLORS) {
    for (const key of OF_AN_EDGE.filter((key) => data[color]?.[key] !== undefined)) {
      const shared = key === "network" ? "crossfade:network" : `crossfade:service.${key}`;
      const reason = `is for an edge of its own, and without crossfade:dns both colors are behind one: set ${shared}`;
      report(`${color}.${key}`, reason);
    }
  }
}

function checkDns(data: Partial<Parsed>, dns: NonNullable<Parsed["dns"]>, report: Report): void {
  const { service } = data;
  if (!service) return;
  for (const { field, reason } of dnsNameProblems(dnsNames({ host: service.host, ...dns }))) {
    report(field === "host" ? "service.host" : `dns.previewHosts.${field}`, reason);
  }
  for (const color of COLORS.filter((color) => data[color] && dns.failover === "to-idle")) {
    const { internal, protocol = "HTTP1" } = { ...service, ...data[color] };
    if (!internal && protocol === "HTTP1") continue;
    const why = internal ? `${color}'s edge is internal` : `${color} speaks ${protocol}`;
    const reason = `"to-idle" needs a health check of each edge, and ${why}: Route 53 asks from the internet, by HTTP/1.1`;
    report("dns.failover", reason);
  }
}
