import type { DesiredTask } from "../desired";

/** An Auto Scaling group. */
export interface DesiredScalingGroup {
  arn: string;
  /** How many instances there are to be. */
  size: number;
  targetGroupArns: string[];
  /** What new instances are. Another one replaces none: that takes a refresh. */
  template: DesiredTask;
  /** Whether an instance that a balancer finds unhealthy is replaced, and not only one that has ended. */
  asksBalancer: boolean;
  /** Seconds after an instance's start in which it is not replaced for its health. */
  gracePeriod: number;
  /** How many may be out of service and how many there may be at all when instances are replaced, in percent of the size. */
  bounds: Bounds;
  /** Seconds that an instance lives on when it is out of the balancer and drained, by a lifecycle hook. */
  terminatingWait: number;
  refresh?: DesiredRefresh;
}

export interface Bounds {
  minHealthy: number;
  maxHealthy: number;
}

/** An instance refresh that was asked for. */
export interface DesiredRefresh {
  id: string;
  /** What the instances are to be; of a rollback what they were. */
  template: DesiredTask;
  isRollback: boolean;
  bounds: Bounds;
  /** Percent of the instances that are new at each stop, the last one 100. */
  checkpoints: number[];
  /** Seconds at each stop, save the last one. */
  checkpointDelay: number;
  /** Seconds that an instance is in service before it counts. */
  warmup: number;
}

/** How a refresh stands. */
export interface RefreshProgress {
  id: string;
  isDone: boolean;
  /** Of the instances that are new and warm, rounded down. */
  percent: number;
  /** Instances that are still to be replaced. */
  left: number;
}
