import type { MetricConfig } from "../../components/analysis";
import type { Block } from "../analysis/counts";

/** What is counted, and what it is judged by: `crossfade:analysis.metrics`. */
export type Metric = MetricConfig;

/** Who counts the events of both versions. */
export interface MetricSource {
  /** As a person is told it: `CloudWatch`, `Prometheus`. A source that is there for trying things says so in it. */
  readonly name: string;
  /** Seconds of a block. */
  readonly blockSeconds: number;
  /** Seconds after its end from which on a block's counts stay as they are. */
  readonly settleSeconds: number;
  /** The candidate is compared with a same-age baseline: `stable` of a block is its counts. */
  readonly hasBaseline?: boolean;
  /**
   * The blocks that begin at `from` or later and had settled by `to`: each once, in order of time, whole ones only. One in which
   * a version had no event has an `all` of 0 there, or is left out.
   * @throws MetricProblem where that cannot be had, or is nothing that can have been counted
   */
  blocks(metric: Metric, from: Date, to: Date, signal?: AbortSignal): Promise<SourceBlock[]>;
}

/** A block, and what its source knows that it does not know. */
export interface SourceBlock extends Block {
  /** Bad events that may be of either version: the balancer's own 503s have no target group. */
  unattributed?: number;
  /** Why it could not be counted, such as `a counter of the candidate was set back`; its counts are then 0. */
  uncounted?: string;
}

/** Where the events of one version are counted. */
export interface CountedVersion {
  color: string;
  /** The name of the environment, such as `shop-green`; undefined where the state does not tell it. */
  environment?: string;
  targetGroupArn?: string;
  /** Of the balancer that its users come by, or of a listener or rule of it, whose ARN has the balancer's in it. */
  balancerArn?: string;
}

export interface CountedVersions {
  candidate: CountedVersion;
  stable: CountedVersion;
  /** Of these is `stable` a same-age baseline. */
  hasBaseline?: boolean;
}

export const VERSIONS = ["candidate", "stable"] as const;

/** When the blocks of a source begin which lie in the time from one moment to another and had settled by then: milliseconds. */
export function settledStarts(
  source: Pick<MetricSource, "blockSeconds" | "settleSeconds">,
  from: Date,
  to: Date,
): number[] {
  const block = source.blockSeconds * 1000;
  const first = Math.ceil(from.getTime() / block) * block;
  const end = settledUntil(source, to);
  return Array.from({ length: Math.max(0, (end - first) / block) }, (_, index) => first + index * block);
}

/** The end of the last block that had settled by then: milliseconds. */
export function settledUntil(
  { blockSeconds, settleSeconds }: Pick<MetricSource, "blockSeconds" | "settleSeconds">,
  to: Date,
): number {
  const block = blockSeconds * 1000;
  return Math.floor((to.getTime() - settleSeconds * 1000) / block) * block;
}
