/**
 * The counts of a metric cannot be had, or are none: the message says what, where, and what to do. The stage is inconclusive by
 * it, and never passes.
 */
export class MetricProblem extends Error {
  constructor(
    message: string,
    /** Whether the same question may be answered a moment later: it is asked again some times before it is a problem. */
    readonly passes = false,
  ) {
    super(message);
  }
}
