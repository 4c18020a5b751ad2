import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RouteTarget } from "./weighted-alb-route";

/** What a DNS route leads to, by shape: an `Edge`, somebody's own balancer, another provider's host, or plain addresses. */
export interface DnsTarget {
  /**
   * The edge's DNS name. With `zoneId` beside it the route writes alias records, A and AAAA, without it a CNAME.
   * @default none: `ipv4` and `ipv6` say where it is
   */
  dnsName?: pulumi.Input<string>;
  /**
   * The hosted zone of the DNS name itself, as a balancer has it among its outputs.
   * @default none
   */
  zoneId?: pulumi.Input<string>;
  /** @default none */
  ipv4?: pulumi.Input<string>[];
  /** @default none */
  ipv6?: pulumi.Input<string>[];
  /**
   * What the edge answers users in, `HTTP` or `HTTPS`. Of one that speaks HTTPS it is taken that it redirects HTTP.
   * @default "HTTPS"
   */
  protocol?: "HTTP" | "HTTPS";
  /**
   * How Route 53 learns that nobody answers behind the edge. Its checkers come from the internet and ask by HTTP/1.1: an internal
   * edge cannot have it, nor one whose service speaks HTTP2 or gRPC only (464 of the balancer).
   * @default none: the edge always counts as healthy
   */
  health?: DnsHealthCheckArgs;
  /**
   * What must be there, steady and healthy, before users are led to it.
   * @default nothing: it must answer already
   */
  ready?: pulumi.Resource[];
  /**
   * The target groups that answer the host's requests behind the edge: before the edge gets weight, they must be healthy in the
   * number and the zones that it needs.
   * @default none: of what answers behind it nothing is asked
   */
  behind?: RouteTarget[];
  /**
   * The records of the host that lead to this target today, and become the route's: changed in place, in one change batch, where
   * the name would be without an answer if one resource were deleted and another created. Leave it for as long as the record is
   * there.
   * @default none: the records are new
   */
  existing?: ExistingRecords;
}

/** Route 53 asks the color's preview host; an answer from 200 to 399 is healthy ("How Route 53 determines … healthy"). */
export interface DnsHealthCheckArgs {
  /** The path, beginning with `/`. One that redirects says nothing, for a redirect is healthy. */
  path: string;
  /**
   * `HTTP` or `HTTPS`, with SNI.
   * @default the edge's
   */
  protocol?: "HTTP" | "HTTPS";
}

/** Records of this program, each by the name of its resource or, where it has a parent, by its URN. */
export interface ExistingRecords {
  /** What becomes the A record, whatever its type is today. */
  a?: string;
  /** What becomes the AAAA record. */
  aaaa?: string;
  /** What becomes the CNAME. */
  cname?: string;
}

/** The part of a record that is its target's. */
export interface TargetRecord {
  type: "A" | "AAAA" | "CNAME";
  value: Pick<aws.route53.RecordArgs, "aliases" | "records" | "ttl">;
}

/**
 * The records that lead to a target; none for a target of no known form. An alias never evaluates the target's health: a
 * balancer with one empty group would be unhealthy as a whole (Route 53 API, `AliasTarget`).
 */
export function recordsOf({ dnsName, zoneId, ipv4, ipv6 }: DnsTarget, ttl: number): TargetRecord[] {
  const hasAddresses = ipv4 !== undefined || ipv6 !== undefined;
  if (dnsName !== undefined && !hasAddresses) {
    if (zoneId === undefined) return [{ type: "CNAME", value: { records: [dnsName], ttl } }];
    const value = { aliases: [{ name: dnsName, zoneId, evaluateTargetHealth: false }] };
    return [
      { type: "A", value },
      { type: "AAAA", value },
    ];
  }
  if (dnsName !== undefined || zoneId !== undefined) return [];
  return [
    ...(ipv4?.length ? [{ type: "A", value: { records: ipv4, ttl } } as const] : []),
    ...(ipv6?.length ? [{ type: "AAAA", value: { records: ipv6, ttl } } as const] : []),
  ];
}

/** How a target's records look, in words; undefined where they cannot be. */
export function formOf(target: DnsTarget): string | undefined {
  const [first, second] = recordsOf(target, 0);
  if (!first) return undefined;
  if (target.zoneId !== undefined) return "alias records";
  if (first.type === "CNAME") return "a CNAME";
  if (second) return "IPv4 and IPv6 addresses";
  return first.type === "A" ? "IPv4 addresses" : "IPv6 addresses";
}
