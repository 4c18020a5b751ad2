import type { Answers, Timeline } from "./timeline";

/** Several seconds of a timeline. */
export interface Bin {
  /** Seconds since the load began: from `from` up to `to`. */
  from: number;
  to: number;
  /** `perSecond` is of whole seconds; null when the bin has none. `p99Ms` is the highest of a second. */
  environments: Map<string, Answers & { perSecond: number | null }>;
  lost: number;
  serverErrors: number;
}

/** Divides a timeline into bins of some seconds. */
export function binsOf({ seconds }: Timeline, size: number): Bin[] {
  const bins: Bin[] = [];
  for (let from = 0; from < seconds.length; from += size) {
    const to = Math.min(from + size, seconds.length);
    const bin: Bin = { from, to, environments: new Map(), lost: 0, serverErrors: 0 };
    // The load may have ended within the last second: as a rate it would look like a drop.
    const whole = Math.min(to, Math.max(seconds.length - 1, 1)) - from;
    for (const { second, environments, lost } of seconds.slice(from, to)) {
      bin.lost += lost;
      for (const [name, { requests, p99Ms, serverErrors }] of Object.entries(environments)) {
        const sum = bin.environments.get(name) ?? { requests: 0, p99Ms: null, serverErrors: 0, perSecond: null };
        bin.environments.set(name, sum);
        sum.requests += requests;
        sum.serverErrors += serverErrors;
        bin.serverErrors += serverErrors;
        if (p99Ms !== null) sum.p99Ms = Math.max(p99Ms, sum.p99Ms ?? 0);
        if (second < from + whole) sum.perSecond = (sum.perSecond ?? 0) + requests / whole;
      }
    }
    bins.push(bin);
  }
  return bins;
}

/** The environments, in the order in which they first answered. */
export function environmentsOf({ seconds }: Timeline): string[] {
  return [...new Set(seconds.flatMap(({ environments }) => Object.keys(environments)))];
}
