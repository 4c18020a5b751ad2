import { z } from "zod";

/**
 * - `throttle`: refused with the service's own code for too many calls.
 * - `denied`: the credentials may not, 403.
 * - `error`, `unavailable`: 500 and 503.
 * - `time-out`: never answered.
 * - `reset`: the connection is reset before anything is done.
 * - `lost-answer`: it is done, and the connection is reset before the answer.
 */
const WHATS = ["throttle", "denied", "error", "unavailable", "time-out", "reset", "lost-answer"] as const;
export type FaultKind = (typeof WHATS)[number];

const FAULTS = z.array(
  z.strictObject({
    /** Such as `ModifyRule`. */
    operation: z.string(),
    what: z.enum(WHATS),
    /** Which calls of the operation, counted from 1 since the faults were asked for; all where it is not given. */
    calls: z.array(z.int().min(1)).optional(),
  }),
);
export type Fault = z.infer<typeof FAULTS>[number];

/** An operation that was asked for. */
export interface Called {
  /** In milliseconds since 1970. */
  time: number;
  operation: string;
  /** AWS's code where it was refused, or the fault. */
  failed?: string;
}

const KEPT = 1000;

/** For tests: which calls go wrong, and which there were. */
export class Faults {
  /** The latest calls, at most 1000. */
  readonly called: Called[] = [];
  private faults: readonly Fault[] = [];
  private readonly counts = new Map<string, number>();

  /** @throws ZodError where it is no list of faults; those of before stay. */
  ask(faults: unknown): void {
    this.faults = FAULTS.parse(faults);
    this.counts.clear();
  }

  /** Notes a call, and says what is to go wrong with it. */
  next(operation: string): { call: Called; fault?: FaultKind } {
    const call: Called = { time: Date.now(), operation };
    this.called.push(call);
    if (this.called.length > KEPT) this.called.shift();
    const count = (this.counts.get(operation) ?? 0) + 1;
    this.counts.set(operation, count);
    const fault = this.faults.find((one) => one.operation === operation && (one.calls?.includes(count) ?? true))?.what;
    if (fault) call.failed = fault;
    return { call, fault };
  }
}
