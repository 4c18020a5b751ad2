import type { Outcome } from "./load-client";
import { type Planned, stickyClients } from "./load-mix";

/** What one version did to the users, from its first answer to its last. Times are in milliseconds since the load began. */
export interface CandidateResult {
  /** All requests that were sent from the first that it answered to the last. */
  requests: number;
  /** How many of them it answered, its errors among them. */
  answers: number;
  /** 5xx of its own. */
  errors: number;
  /** When the first of them came back; null without any. */
  firstErrorAtMs: number | null;
  sticky: { clients: number; sawError: number; lastAtMs: number | null };
  /** A plain client is a new one with each request. */
  plain: { sawError: number; lastAtMs: number | null };
}

/** The requests that one second had an outcome of, by who answered: the version, or another, which is then the stable one. */
export interface Compared {
  startMs: number;
  candidate: { bad: number; all: number };
  stable: { bad: number; all: number };
}

/** Counts what one version answers, by what the load calls its environment. */
export class CandidateMeter {
  private first = Number.POSITIVE_INFINITY;
  private last = Number.NEGATIVE_INFINITY;
  private readonly all = { answers: 0, errors: 0 };
  private compared: Compared[] = [];
  private firstErrorAtMs: number | null = null;
  private readonly stickyWithError = new Set<number>();
  private plainWithError = 0;
  private readonly lastAtMs: { sticky: number | null; plain: number | null } = { sticky: null, plain: null };

  constructor(
    readonly version: string,
    private readonly nowMs: () => number,
  ) {}

  /** Counts a request as sent; what it returns is to be called with the outcome. */
  sent({ index, sticky }: Planned, atMs: number): (outcome: Outcome) => void {
    return ({ verdict, environment }) => {
      this.compare(verdict, environment);
      if (environment !== this.version) return;
      const error = verdict === "serverError" ? 1 : 0;
      const kind = sticky === undefined ? "plain" : "sticky";
      this.first = Math.min(this.first, index);
      this.last = Math.max(this.last, index);
      this.lastAtMs[kind] = Math.max(this.lastAtMs[kind] ?? 0, atMs);
      this.all.answers += 1;
      this.all.errors += error;
      if (!error) return;
      this.firstErrorAtMs ??= this.nowMs();
      if (sticky === undefined) this.plainWithError += 1;
      else this.stickyWithError.add(sticky);
    };
  }

  /** Forgets what `bySecond` has counted: a version may be well at one weight and sick at the next, and is compared at one. */
  judgeAnew(): void {
    this.compared = [];
  }

  /** The version beside the stable one since `judgeAnew`, in the seconds that are over. Bad is all that was not served. */
  bySecond(): Compared[] {
    const now = this.secondMs();
    return this.compared.filter(({ startMs }) => startMs < now);
  }

  result(): CandidateResult {
    return {
      requests: this.all.answers === 0 ? 0 : this.last - this.first + 1,
      ...this.all,
      firstErrorAtMs: this.firstErrorAtMs,
      sticky: { clients: stickyClients, sawError: this.stickyWithError.size, lastAtMs: this.lastAtMs.sticky },
      plain: { sawError: this.plainWithError, lastAtMs: this.lastAtMs.plain },
    };
  }

  /** Of a request that nobody is known to have answered, it is not known against whom it would count. */
  private compare(verdict: Outcome["verdict"], environment: string | undefined): void {
    if (environment === undefined) return;
    const startMs = this.secondMs();
    let second = this.compared.at(-1);
    if (second?.startMs !== startMs) {
      second = { startMs, candidate: { bad: 0, all: 0 }, stable: { bad: 0, all: 0 } };
      this.compared.push(second);
    }
    const counts = second[environment === this.version ? "candidate" : "stable"];
    counts.all += 1;
    if (verdict !== "served") counts.bad += 1;
  }

  private secondMs(): number {
    return Math.floor(this.nowMs() / 1000) * 1000;
  }
}
