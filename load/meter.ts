import { Histogram } from "./histogram";
import type { Cause, Outcome } from "./load-client";
import type { Planned } from "./load-mix";

/** What the rollout is at while requests are sent. */
export interface Stage {
  name: string;
  /** The candidate's, 0 to 100. */
  weight: number;
  /** What `environmentOf` says of the candidate's answers; without it there is no `candidateShare`. */
  candidate?: string;
}

export interface StageResult extends Stage {
  /** When it began, in milliseconds since the load began. */
  atMs: number;
  /** Requests sent in this stage. */
  total: number;
  lost: number;
  lostBy: Partial<Record<Cause, number>>;
  /** 5xx of the service's own: not lost, and not served. */
  serverErrors: number;
  /** Of whole answers, from sending to the last byte. Long requests and streams are slow by design and left out. */
  p50Ms: number | null;
  p99Ms: number | null;
  /** The candidate's part of `settledAnswers`, 0 to 1. */
  candidateShare: number | null;
  /** Answers to plain clients' requests, sent after the stage had settled, of which is known who gave them. */
  settledAnswers: number;
  orders: { sent: number; once: number; twice: number; never: number };
}

/** Counts the requests that were sent in one stage. */
export class StageMeter {
  private settled = false;
  private byCandidate = 0;
  private readonly latency = new Histogram();
  private readonly counts = { total: 0, lost: 0, serverErrors: 0, settledAnswers: 0 };
  private readonly lostBy: Partial<Record<Cause, number>> = {};
  private readonly orders = { sent: 0, once: 0, twice: 0, never: 0 };

  constructor(
    readonly stage: Stage,
    private readonly atMs: number,
  ) {}

  /** From the next request on, the candidate's share is counted. */
  settle(): void {
    this.settled = true;
  }

  /** Counts a request as sent; what it returns is to be called with the outcome. */
  sent({ what, sticky }: Planned): (outcome: Outcome) => void {
    const countsForShare = this.settled && sticky === undefined;
    this.counts.total += 1;
    if (what === "order") this.orders.sent += 1;
    return ({ verdict, ms, environment }) => {
      const lost = typeof verdict === "object" ? verdict.lost : undefined;
      if (lost) {
        this.counts.lost += 1;
        this.lostBy[lost] = (this.lostBy[lost] ?? 0) + 1;
      }
      if (verdict === "serverError") this.counts.serverErrors += 1;
      if (what === "order") this.orders[verdict === "served" ? "once" : lost === "duplicate" ? "twice" : "never"] += 1;
      if (!lost && what !== "long" && what !== "stream") this.latency.add(ms);
      if (countsForShare) this.answeredBy(environment);
    };
  }

  result(): StageResult {
    const known = this.stage.candidate !== undefined && this.counts.settledAnswers > 0;
    return {
      ...this.stage,
      atMs: this.atMs,
      ...this.counts,
      lostBy: { ...this.lostBy },
      p50Ms: this.latency.percentile(0.5),
      p99Ms: this.latency.percentile(0.99),
      candidateShare: known ? this.byCandidate / this.counts.settledAnswers : null,
      orders: { ...this.orders },
    };
  }

  private answeredBy(environment: string | undefined): void {
    if (environment === undefined) return;
    this.counts.settledAnswers += 1;
    if (environment === this.stage.candidate) this.byCandidate += 1;
  }
}
