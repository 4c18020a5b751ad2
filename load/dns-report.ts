import { DNS_KINDS, type DnsKind } from "./dns-kinds";
import type { DnsKindResult, TailResult } from "./dns-meter";

/** How the users of a DNS route fared, by how they learn the address. */
export interface DnsReport {
  kinds: DnsKindResult[];
  /** Kinds that this machine has not, each with the reason. */
  notTried: { kind: DnsKind; reason: string }[];
  tails: DnsTail[];
}

/** Who still reached an edge after its weight had gone to 0, and no look-up led there any more. */
export interface DnsTail {
  /** The version behind the edge: `v1`. */
  version: string;
  /** The stage at which the weight went: `full`, `back`. */
  stage: string;
  /** How long the edge must be kept after that: the hold time that policy `hold-time` reckons with. */
  holdSeconds: number;
  kinds: TailResult[];
}

/** The kinds of users by their figures, and the tails with the hold times that cover them. */
export function dnsTable({ kinds, tails }: DnsReport): { header: string[]; rows: string[][] } {
  const header = ["users by", "resolvers", "look-ups", "requests", "lost"];
  const rows = kinds.map(({ kind, resolvers, lookUps, requests, lost }) => [
    DNS_KINDS[kind].title,
    ...[resolvers, lookUps, requests, lost].map((value) => value.toLocaleString("en-US")),
    ...tails.map((tail) => last(tail, kind)),
  ]);
  const holds = tails.map(({ holdSeconds }) => seconds(holdSeconds));
  return {
    header: [...header, ...tails.map(({ version, stage }) => `on ${version} after ${stage}`)],
    rows: [...rows, ...(tails.length > 0 ? [["the hold time", "", "", "", "", ...holds]] : [])],
  };
}

/** One line for each kind that was not there. */
export function notTriedLines({ notTried }: DnsReport): string[] {
  return notTried.map(({ kind, reason }) => `not tried: ${DNS_KINDS[kind].title}: ${reason}`);
}

function last({ kinds }: DnsTail, kind: DnsKind): string {
  const found = kinds.find((each) => each.kind === kind);
  return found?.seconds == null ? "none" : seconds(found.seconds);
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
