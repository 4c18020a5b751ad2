import { Histogram } from "./histogram";
import type { Outcome } from "./load-client";
import type { Planned } from "./load-mix";

/** What became of the load, second by second. */
export interface Timeline {
  /** Those of the load's first hour, without gaps. The last one may be a part of a second. */
  seconds: Second[];
  marks: Mark[];
}

/** A request belongs to the second in which it was sent. */
export interface Second {
  /** Whole seconds since the load began. */
  second: number;
  /** Whole answers, by what answered: `v1`. What cannot be told is `unknown`, what is one too many `other`. */
  environments: Record<string, Answers>;
  /** Requests without a whole answer; they are in no environment. */
  lost: number;
}

export interface Answers {
  /** Whole answers, 5xx of the service's own among them. */
  requests: number;
  /** From sending to the last byte. Long requests and streams are slow by design and left out. */
  p99Ms: number | null;
  /** 5xx of the service's own. */
  serverErrors: number;
}

/** Something that happened once, such as a refusal. */
export interface Mark {
  /** Milliseconds since the load began. */
  atMs: number;
  label: string;
}

const mostSeconds = 3600;
const mostEnvironments = 8;

export class TimelineMeter {
  private readonly seconds: SecondMeter[] = [];
  private readonly names = new Set<string>();

  /** Counts a request as sent; what it returns is to be called with the outcome. */
  sent({ what }: Planned, atMs: number): (outcome: Outcome) => void {
    const second = Math.floor(atMs / 1000);
    if (second >= mostSeconds) return () => {};
    while (this.seconds.length <= second) {
      this.seconds.at(-1)?.over();
      this.seconds.push(new SecondMeter());
    }
    const meter = this.seconds[second] as SecondMeter;
    meter.pending += 1;
    return (outcome) => meter.ended(outcome, this.name(outcome), what !== "long" && what !== "stream");
  }

  result(): Second[] {
    return this.seconds.map((meter, second) => ({ second, ...meter.result() }));
  }

  /** A service may name itself anew in each answer: what is kept is bounded. */
  private name({ environment }: Outcome): string {
    const name = environment?.slice(0, 100) || "unknown";
    if (this.names.size < mostEnvironments) this.names.add(name);
    return this.names.has(name) ? name : "other";
  }
}

class SecondMeter {
  /** Requests that have no outcome yet. */
  pending = 0;
  private lost = 0;
  private isOver = false;
  private readonly environments = new Map<string, Answers & { latency?: Histogram }>();

  ended({ verdict, ms }: Outcome, environment: string, timed: boolean): void {
    if (typeof verdict === "object") this.lost += 1;
    else {
      const answers = this.environments.get(environment) ?? { requests: 0, p99Ms: null, serverErrors: 0 };
      this.environments.set(environment, answers);
      answers.requests += 1;
      if (verdict === "serverError") answers.serverErrors += 1;
      if (timed) {
        answers.latency ??= new Histogram();
        answers.latency.add(ms);
      }
    }
    this.pending -= 1;
    this.drop();
  }

  /** Nothing more will be sent in it. */
  over(): void {
    this.isOver = true;
    this.drop();
  }

  result(): Omit<Second, "second"> {
    const environments = [...this.environments].map(([name, { latency, ...answers }]) => [
      name,
      { ...answers, p99Ms: latency?.percentile(0.99) ?? answers.p99Ms },
    ]);
    return { environments: Object.fromEntries(environments), lost: this.lost };
  }

  /** A histogram is 6 kB, and an hour has thousands: each goes when its second can have no more outcomes. */
  private drop(): void {
    if (!this.isOver || this.pending > 0) return;
    for (const answers of this.environments.values()) {
      answers.p99Ms = answers.latency?.percentile(0.99) ?? answers.p99Ms;
      answers.latency = undefined;
    }
  }
}
