import type { EntryPoint } from "./load";
import { explain, LOSSES, type LossReason } from "./losses";

export interface Loss {
  readonly reason: LossReason;
  /** The HTTP status; none where the client got no answer. */
  readonly status?: number;
  count: number;
  /** When the first and the last of these requests were sent, in seconds. */
  first: number;
  last: number;
  /** AWS's sentence, or what is assumed. */
  readonly because: string;
}

export interface EntryOutcome {
  sent: number;
  answered: number;
  lost: number;
  readonly losses: Loss[];
  /** Requests by the target group that they were forwarded to. */
  readonly byGroup: Record<string, number>;
  /** Requests by the target that took them. */
  readonly byTarget: Record<string, number>;
  /** Requests by the second in which they were sent. */
  readonly sentBySecond: number[];
  readonly lostBySecond: number[];
}

export interface Outcome {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly entries: Record<string, EntryOutcome>;
  /** An operation that AWS refuses; the engine starts none after it. */
  readonly refused?: { readonly at: number; readonly urn: string; readonly because: string };
}

export class Tally {
  readonly entries: Record<string, EntryOutcome> = {};

  entry({ name }: EntryPoint): EntryOutcome {
    this.entries[name] ??= {
      sent: 0,
      answered: 0,
      lost: 0,
      losses: [],
      byGroup: {},
      byTarget: {},
      sentBySecond: [],
      lostBySecond: [],
    };
    return this.entries[name];
  }

  /** The request counts as answered until it is lost. */
  send(entry: EntryOutcome, at: number): void {
    entry.sent++;
    entry.answered++;
    count(entry.sentBySecond, at);
  }

  lose(entry: EntryOutcome, sentAt: number, reason: LossReason): void {
    entry.answered--;
    entry.lost++;
    count(entry.lostBySecond, sentAt);
    const { status } = LOSSES[reason] as { status?: number };
    let loss = entry.losses.find((one) => one.reason === reason);
    if (!loss) {
      loss = { reason, ...(status && { status }), count: 0, first: sentAt, last: sentAt, because: explain(reason) };
      entry.losses.push(loss);
    }
    loss.count++;
    loss.first = Math.min(loss.first, sentAt);
    loss.last = Math.max(loss.last, sentAt);
  }
}

function count(bySecond: number[], at: number): void {
  const second = Math.floor(at);
  while (bySecond.length <= second) bySecond.push(0);
  bySecond[second] = (bySecond[second] ?? 0) + 1;
}
