import type { DesiredRefresh, RefreshProgress } from "./desired";

/**
 * The way of an instance refresh: up to a checkpoint, a stop, and on to the next one. A checkpoint is reached when at least its
 * percentage of the instances is new ("Add checkpoints to an instance refresh"). Whether AWS waits at the last one as well its guide
 * does not say: here it does not.
 */
export class Refresh {
  private reached = 0;
  private waitsUntil = 0;
  private progress: RefreshProgress;

  constructor(readonly asked: DesiredRefresh) {
    this.progress = { id: asked.id, isDone: false, percent: 0, left: Number.NaN };
  }

  get status(): RefreshProgress {
    return this.progress;
  }

  /** How many instances may be new now. */
  mayBeNew(size: number): number {
    const { checkpoints } = this.asked;
    const next = Date.now() < this.waitsUntil ? this.reached - 1 : this.reached;
    return Math.ceil((size * (checkpoints[next] ?? 100)) / 100);
  }

  /** Takes note of how many are new and warm, and how many are still to go. */
  note(size: number, isNew: number, left: number): void {
    const { checkpoints, checkpointDelay, id } = this.asked;
    const goal = Math.ceil((size * (checkpoints[this.reached] ?? 100)) / 100);
    if (isNew >= goal && left <= size - goal && this.reached < checkpoints.length) {
      this.reached++;
      if (this.reached < checkpoints.length) this.waitsUntil = Date.now() + checkpointDelay * 1000;
    }
    const isDone = this.reached >= checkpoints.length && left === 0;
    this.progress = { id, isDone, percent: size === 0 ? 100 : Math.floor((100 * Math.min(isNew, size)) / size), left };
  }
}
