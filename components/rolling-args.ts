/** How a new version comes to an environment that serves and is the only one of its route. */
export interface RollingArgs {
  /**
   * Percent of the targets that have the new version after each batch: whole numbers from 1 on, rising, the last one 100. Of so many
   * targets each batch must have one at least.
   */
  batches: number[];
  /** Seconds between a batch that is healthy and the next one, 0 to 172,800 (EC2 Auto Scaling, `CheckpointDelay`). */
  pause: number;
  /**
   * Names of CloudWatch alarms, ten at most: one that goes off ends the release and takes the batches back that are done.
   * @default none
   */
  alarms?: string[];
}
