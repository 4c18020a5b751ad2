/**
 * The counts of a metric cannot be had, or are none: the message says what, where, and what to do. The stage is inconclusive by
 * it, and never passes.
 */
export class MetricProblem extends Error {}
