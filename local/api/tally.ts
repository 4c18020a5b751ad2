import type { AccessLine } from "../dataplane";

/** What became of requests in some time. */
export class Tally {
  requests = 0;
  /** Those for which there was a target. */
  chosen = 0;
  /** What targets answered, by the first digit of the status. */
  readonly answers = { 2: 0, 3: 0, 4: 0, 5: 0 };
  /** Answers that broke off in the middle, and are among these. */
  readonly broken = { 2: 0, 3: 0, 4: 0, 5: 0 };
  /** Connections that no target took. */
  refused = 0;
  /** The balancer's own answers, by status. */
  readonly own = new Map<number, number>();
  readonly times = new Times();

  note({ target, targetStatusCode = 0, targetSeconds, elbStatusCode, incident }: AccessLine): void {
    this.requests++;
    if (target !== undefined) this.chosen++;
    if (incident?.kind === "refused") this.refused++;
    const digit = Math.floor(targetStatusCode / 100);
    if (incident?.kind === "malformed" || !isDigit(digit)) {
      this.own.set(elbStatusCode, (this.own.get(elbStatusCode) ?? 0) + 1);
      return;
    }
    this.answers[digit]++;
    if (incident) this.broken[digit]++;
    if (targetSeconds !== undefined) this.times.note(targetSeconds);
  }

  add(other: Tally): void {
    this.requests += other.requests;
    this.chosen += other.chosen;
    this.refused += other.refused;
    for (const digit of DIGITS) {
      this.answers[digit] += other.answers[digit];
      this.broken[digit] += other.broken[digit];
    }
    for (const [status, count] of other.own) this.own.set(status, (this.own.get(status) ?? 0) + count);
    this.times.add(other.times);
  }
}

/** The first digits of a status. An answer with another one, such as `101`, is none of a target's here. */
export const DIGITS = [2, 3, 4, 5] as const;
type Digit = (typeof DIGITS)[number];

function isDigit(digit: number): digit is Digit {
  return DIGITS.some((one) => one === digit);
}

/** A class of times ends 1 % above the one before: so exact is what is said of a bound. */
const STEP = Math.log(1.01);
/** The end of the first class, in seconds. */
const SHORTEST = 1e-4;

/** How long targets took until they answered, in seconds: as many classes as there are, however many times. */
export class Times {
  count = 0;
  sum = 0;
  least = Number.POSITIVE_INFINITY;
  most = 0;
  private readonly classes = new Map<number, number>();

  note(seconds: number): void {
    this.put(classOf(seconds), 1);
    this.count++;
    this.sum += seconds;
    this.least = Math.min(this.least, seconds);
    this.most = Math.max(this.most, seconds);
  }

  add(other: Times): void {
    for (const [one, count] of other.classes) this.put(one, count);
    this.count += other.count;
    this.sum += other.sum;
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
  }

  /** How many took longer than the one, and not longer than the other. */
  between(over: number, upTo: number): number {
    const [first, last] = [over <= 0 ? Number.NEGATIVE_INFINITY : classOf(over), classOf(upTo)];
    return [...this.classes].reduce((sum, [one, count]) => (one > first && one <= last ? sum + count : sum), 0);
  }

  /** The time that so much of them, 0 to 1, did not exceed. */
  quantile(share: number): number {
    let left = share * this.count;
    for (const [one, count] of [...this.classes].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.most, SHORTEST * Math.exp(STEP * one));
    }
    return this.most;
  }

  private put(one: number, count: number): void {
    this.classes.set(one, (this.classes.get(one) ?? 0) + count);
  }
}

function classOf(seconds: number): number {
  return Math.ceil(Math.log(Math.max(seconds, SHORTEST) / SHORTEST) / STEP);
}
