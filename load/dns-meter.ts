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

/** How users stayed with a version that had lost its weight, by their kind. */
export interface TailResult {
  kind: DnsKind;
  /** Requests that it answered after it had lost its weight. */
  requests: number;
  /** When the last of them was sent, in seconds since then; 0 where there was none. */
  seconds: number;
}

/** A version that has lost its weight, while users may still reach it. */
export interface Tail {
  result(): TailResult[];
}

const KINDS = Object.keys(DNS_KINDS) as DnsKind[];

/** Counts by kind of DNS users. */
export class DnsMeter {
  private readonly kinds = byKind(() => ({ requests: 0, lost: 0 }));
  private readonly tails: TailMeter[] = [];

  constructor(private readonly nowMs: () => number) {}

  /** Counts a request as sent; what it returns is to be called with the outcome. */
  sent({ dns }: Planned, atMs: number): (outcome: Outcome) => void {
    if (dns === undefined) return () => {};
    const counts = this.kinds[dns];
    counts.requests += 1;
    return ({ verdict, environment }) => {
      if (typeof verdict === "object") counts.lost += 1;
      for (const tail of this.tails) if (tail.version === environment) tail.reached(dns, atMs);
    };
  }

  tail(version: string): Tail {
    const tail = new TailMeter(version, this.nowMs());
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
  private readonly kinds = byKind(() => ({ requests: 0, lastAtMs: Number.NEGATIVE_INFINITY }));

  constructor(
    readonly version: string,
    private readonly fromMs: number,
  ) {}

  /** One that was sent while the version had weight, and is answered late, is none of the tail. */
  reached(kind: DnsKind, atMs: number): void {
    if (atMs < this.fromMs) return;
    const counts = this.kinds[kind];
    counts.requests += 1;
    counts.lastAtMs = Math.max(counts.lastAtMs, atMs);
  }

  result(): TailResult[] {
    return KINDS.map((kind) => {
      const { requests, lastAtMs } = this.kinds[kind];
      return { kind, requests, seconds: requests === 0 ? 0 : (lastAtMs - this.fromMs) / 1000 };
    });
  }
}

function byKind<T>(make: () => T): Record<DnsKind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, make()])) as Record<DnsKind, T>;
}
