import { COLORS, type Color } from "../traffic";

/** The names that a DNS route answers by. */
export interface DnsNames {
  /** The zone's name. */
  domain: string;
  /** The host that users ask for. */
  host: string;
  previewHosts: Readonly<Record<Color, string>>;
}

/** What is wrong with a name. */
export interface DnsNameProblem {
  field: "host" | Color;
  reason: string;
}

/** The names as they were given, in one spelling, and the preview hosts that were not given. */
export function dnsNames(given: {
  domain: string;
  host: string;
  previewHosts?: Partial<Record<Color, string>>;
}): DnsNames {
  const [domain, host] = [plainName(given.domain), plainName(given.host)];
  const of = (color: Color) => plainName(given.previewHosts?.[color] ?? previewHost(color, host, domain));
  return { domain, host, previewHosts: { blue: of("blue"), green: of("green") } };
}

/** A DNS name in the spelling that Route 53 and the provider keep: lower case, without the dot at its end. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/**
 * The host at which one color alone answers: `shop-blue.example.com` for `shop.example.com`, so that the wildcard certificate of
 * the domain covers it, and `blue.example.com` where the host is the zone's apex.
 */
function previewHost(color: Color, host: string, domain: string): string {
  if (host === domain) return `${color}.${domain}`;
  const [label, ...rest] = host.split(".");
  return [`${label}-${color}`, ...rest].join(".");
}

/** What Route 53 or a certificate would refuse, or what would show one color's users another's answers. */
export function dnsNameProblems({ domain, host, previewHosts }: DnsNames): DnsNameProblem[] {
  const problems: DnsNameProblem[] = [];
  const outside = (name: string) =>
    `"${name}" is not in the zone "${domain}", so no record for it can be: a name that is "${domain}" or ends with ".${domain}"`;
  if (!isWithin(host, domain)) problems.push({ field: "host", reason: outside(host) });
  if (host.startsWith("*.")) {
    const reason = `"${host}" is a wildcard: a weighted route is for one name, and a wildcard has no preview hosts beside it`;
    problems.push({ field: "host", reason });
  }
  for (const color of COLORS) {
    const name = previewHosts[color];
    const report = (reason: string) => problems.push({ field: color, reason });
    if (isWithin(host, domain) && !isWithin(name, domain)) report(outside(name));
    const long = name.split(".").find((label) => label.length > 63);
    if (long) report(`"${long}" has ${long.length} characters, and a label has at most 63 (RFC 1035, 2.3.4)`);
    if (name === host) report(`"${name}" is the host itself: by its preview host a color is reached alone`);
  }
  if (previewHosts.blue === previewHosts.green) {
    problems.push({
      field: "green",
      reason: `"${previewHosts.green}" is blue's preview host: each color needs its own`,
    });
  }
  return problems;
}

function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
