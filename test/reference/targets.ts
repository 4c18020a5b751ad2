import type { LossReason } from "./losses";

/** How the software behind a target behaves: what AWS's resources do not tell. */
export interface Behavior {
  /** From the start of the process until it listens, in seconds. */
  readonly startSeconds: number;
  /** Whether it passes its health checks. */
  readonly healthy: boolean;
  /** The share of the requests that it answers with an error of its own. */
  readonly errors: number;
  /** Whether it ends its open requests after SIGTERM; else SIGTERM ends them. */
  readonly finishes: boolean;
}

export const GOOD: Behavior = { startSeconds: 1, healthy: true, errors: 0, finishes: true };

/** A request that a target is handling; it counts as answered unless something cuts it before its end. */
export interface InFlight {
  readonly end: number;
  /** The listener and the group that it came through. */
  readonly listener: string;
  readonly group: string;
  readonly lose: (reason: LossReason) => void;
}

/** A process that answers requests: a task's container, an instance's server. */
export class Target {
  /** From SIGTERM on it takes no new connection. */
  private stopsAt = Number.POSITIVE_INFINITY;
  private inFlight: InFlight[] = [];

  constructor(
    readonly id: string,
    readonly zone: string,
    readonly behavior: Behavior,
    private readonly listensFrom: number,
  ) {}

  listens(now: number): boolean {
    return now >= this.listensFrom && now < this.stopsAt;
  }

  passesCheck(now: number): boolean {
    return this.behavior.healthy && this.listens(now);
  }

  take(request: InFlight, now: number): void {
    // Ended requests are dropped now and then, not one by one.
    if (this.inFlight.length >= 64) this.inFlight = this.inFlight.filter(({ end }) => end > now);
    this.inFlight.push(request);
  }

  /** SIGTERM. What is open then ends by itself, if the process lets it. */
  stop(now: number): void {
    this.stopsAt = Math.min(this.stopsAt, now);
    if (!this.behavior.finishes) this.cut("cut-by-stop", now);
  }

  /** Ends open requests: all, or some. */
  cut(reason: LossReason, now: number, which: (request: InFlight) => boolean = () => true): void {
    this.inFlight = this.inFlight.filter((request) => {
      if (request.end <= now) return false;
      if (!which(request)) return true;
      request.lose(reason);
      return false;
    });
  }
}
