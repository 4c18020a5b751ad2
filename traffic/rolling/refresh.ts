/** An instance refresh of an Auto Scaling group, as AWS tells of it. */
export interface LiveRefresh {
  id: string;
  /** Such as `InProgress`: `DescribeInstanceRefreshes`, `Status`. */
  status: string;
  reason?: string;
  /** The launch template's version that the instances are to have. */
  version: string;
  /** Of the instances that have it, 0 to 100. */
  percent: number;
}

/** An Auto Scaling group, as AWS tells of it. */
export interface LiveScalingGroup {
  /** The launch template's version that is saved on it: the one that a rollback returns to. */
  saved: string;
  /** The versions that its instances were launched with. */
  instances: readonly string[];
  /** The latest refresh; none where there never was one. */
  refresh?: LiveRefresh;
}

const RUNNING: ReadonlySet<string> = new Set(["Pending", "InProgress", "Baking"]);
const ENDING: ReadonlySet<string> = new Set(["Cancelling", "RollbackInProgress"]);

/** Whether it still replaces instances, or takes some back. */
export function isRunning({ status }: LiveRefresh): boolean {
  return RUNNING.has(status) || ENDING.has(status);
}

/** What is to be done next, so that all instances have a version. */
export type RefreshMove =
  | { move: "done" }
  | { move: "start" }
  | { move: "watch"; refresh: LiveRefresh }
  | { move: "take back"; refresh: LiveRefresh }
  | { move: "let end"; refresh: LiveRefresh }
  | { move: "refuse"; refresh: LiveRefresh };

/**
 * A refresh that a killed update has left running is gone on with where it brings what is wanted, and taken back where the wanted one
 * is what the group had before. To a third version there is no way from the middle: StartInstanceRefresh refuses one beside another,
 * and a cancelled one would leave three versions serving.
 *
 * @param alike the launch template's versions that are the wanted one: going back makes a new one of the same content
 */
export function refreshMove({ saved, instances, refresh }: LiveScalingGroup, alike: readonly string[]): RefreshMove {
  if (refresh && ENDING.has(refresh.status)) return { move: "let end", refresh };
  if (refresh && RUNNING.has(refresh.status)) {
    if (alike.includes(refresh.version)) return { move: "watch", refresh };
    return { move: alike.includes(saved) ? "take back" : "refuse", refresh };
  }
  return { move: instances.every((version) => alike.includes(version)) ? "done" : "start" };
}

/**
 * Seconds that a refresh may stand still before it is given up. AWS itself goes on for an hour without an instance that gets healthy
 * ("Troubleshoot an instance refresh").
 *
 * @param patience what one instance may take from its launch until the one that it replaces is gone
 */
export function longestStandstill(
  { percent }: LiveRefresh,
  { batches: [first = 100], pause, patience }: { batches: readonly number[]; pause: number; patience: number },
): number {
  const mayPause = percent >= first && percent < 100;
  return patience + (mayPause ? pause : 0);
}
