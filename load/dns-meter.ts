import { DNS_KINDS, type DnsKind } from "./dns-kinds";
import type { Outcome } from "./load-client";
import type { Planned } from "./load-mix";

/** What one kind of DNS users met. */
export interface DnsKindResult {
  kind: DnsKind;
  /** How many resolvers, or pools, there were. */
  resolvers: number;
  lookUps: number;
  requests: number;
  lost: number;
}

/** How long users stayed with a version, by their kind, after the last look-up that led anybody there. */
export interface TailResult {
  kind: DnsKind;
  /** When the last request that it answered was sent, in seconds since that look-up; null: none later than it. */
  seconds: number | null;
}

/** A version that loses its weight, while users may still reach it. */
export interface Tail {
  result(): TailResult[];
}

const KINDS = Object.keys(DNS_KINDS) as DnsKind[];

/** Counts by kind of DNS users. */
export class DnsMeter {
  private readonly kinds = byKind(() => ({ requests: 0, lost: 0 }));
  private readonly tails: TailMeter[] = [];

  /** `lastGivenMs`: when a look-up last gave an address, on the clock of `sent`. */
  constructor(private readonly lastGivenMs: (address: string) => number | undefined) {}

  /** Counts a request as sent; what it returns is to be called with the outcome. */
  sent({ dns }: Planned, atMs: number): (outcome: Outcome) => void {
    if (dns === undefined) return () => {};
    const counts = this.kinds[dns];
    counts.requests += 1;
    return ({ verdict, environment, address }) => {
      if (typeof verdict === "object") counts.lost += 1;
      for (const tail of this.tails) if (tail.version === environment) tail.reached(dns, address, atMs);
    };
  }

  tail(version: string): Tail {
    const tail = new TailMeter(version, this.lastGivenMs);
    this.tails.push(tail);
    return tail;
  }

  /** Of those kinds that were there. */
  result(counts: Record<DnsKind, { resolvers: number; lookUps: number }>): DnsKindResult[] {
    return KINDS.map((kind) => ({ kind, ...counts[kind], ...this.kinds[kind] })).filter(
      ({ resolvers }) => resolvers > 0,
    );
  }
}

class TailMeter implements Tail {
  private readonly lastMs = byKind(() => ({ reached: Number.NEGATIVE_INFINITY }));
  private readonly hosts = new Set<string>();

  constructor(
    readonly version: string,
    private readonly lastGivenMs: (address: string) => number | undefined,
  ) {}

  reached(kind: DnsKind, address: string, atMs: number): void {
    this.hosts.add(new URL(`http://${address}`).hostname);
    const last = this.lastMs[kind];
    last.reached = Math.max(last.reached, atMs);
  }

  result(): TailResult[] {
    const given = Math.max(...[...this.hosts].map((host) => this.lastGivenMs(host) ?? Number.NEGATIVE_INFINITY));
    return KINDS.map((kind) => {
      const { reached } = this.lastMs[kind];
      return { kind, seconds: reached > given ? (reached - given) / 1000 : null };
    });
  }
}

function byKind<T>(make: () => T): Record<DnsKind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, make()])) as Record<DnsKind, T>;
}
