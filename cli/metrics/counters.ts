import type { Counts } from "../analysis/counts";

/** The values of one counter, by time in milliseconds, as Prometheus had them at the moments that it was asked for. */
export interface Counter {
  /** Its labels, as they tell it from others. */
  id: string;
  /** In order of time. */
  values: ReadonlyMap<number, number>;
}

/** What one version's counters went up by in a block, or why that cannot be told. */
export type Increments = Counts | { uncounted: string };

/**
 * Counts of a version between moments, by its counters themselves: rate() and increase() of PromQL extrapolate to the ends of
 * their window, and what they give is an estimate; each event is to be counted once.
 *
 * A counter that is lower than before was set back, as by a process that began anew, and what it had counted last is lost: the
 * block is not counted. One that comes within a block began at 0, if the version was seen before; one that was away and is back
 * has counted on unseen, and its block is not counted either. A version without a counter of bad events has had none, for a
 * client library often makes one with the first event.
 */
export class VersionCounters {
  private readonly all: readonly Moving[];
  private readonly bad: readonly Moving[];

  constructor(all: readonly Counter[], bad: readonly Counter[]) {
    this.all = all.map(moving);
    this.bad = bad.map(moving);
  }

  /** @param ticks the moments of the block, its begin and end among them: the more there are, the more set-backs are seen */
  between(ticks: readonly number[]): Increments {
    const [begin = 0] = ticks;
    const first = Math.min(...this.all.map((counter) => counter.first));
    // Before the version is seen there is nothing to count from.
    if (first > begin) return { bad: 0, all: 0 };
    const all = sum(this.all, ticks);
    const bad = sum(this.bad, ticks);
    if ("uncounted" in all) return all;
    if ("uncounted" in bad) return bad;
    if (bad.count > all.count) {
      return { uncounted: "more events were bad than there were: bad has to count some of those that all counts" };
    }
    return { bad: bad.count, all: all.count };
  }
}

type Moving = Counter & { first: number };

function moving(counter: Counter): Moving {
  const [first = Number.POSITIVE_INFINITY] = counter.values.keys();
  return { ...counter, first };
}

function sum(counters: readonly Moving[], ticks: readonly number[]): { count: number } | { uncounted: string } {
  let count = 0;
  for (const counter of counters) {
    const increment = increase(counter, ticks);
    if (typeof increment === "string") return { uncounted: increment };
    count += increment;
  }
  // Binary fractions: 0.1 + 0.2.
  return { count: Math.abs(count - Math.round(count)) < 1e-6 ? Math.round(count) : count };
}

/** By how much a counter went up, or why that cannot be told. */
function increase({ id, first, values }: Moving, ticks: readonly number[]): number | string {
  const [begin = 0] = ticks;
  const seen = ticks.map((tick) => values.get(tick)).filter((value) => value !== undefined);
  if (seen.length === 0) return 0;
  if (!values.has(begin) && first < begin) return `the counter ${id} was away for a time`;
  const all = values.has(begin) ? seen : [0, ...seen];
  if (all.some((value, index) => index > 0 && value < (all[index - 1] ?? 0))) return `the counter ${id} was set back`;
  return (all.at(-1) ?? 0) - (all[0] ?? 0);
}
