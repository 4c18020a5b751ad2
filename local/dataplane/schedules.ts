import type { DesiredTask } from "./desired";
import type { Running } from "./fleet";
import type { Jobs } from "./jobs";

/** What EventBridge Scheduler starts. */
export interface DesiredSchedule {
  arn: string;
  /** Seconds from one start to the next. */
  every: number;
  revision: string;
  /** Or why it cannot be started. */
  task: DesiredTask | string;
}

/** Starts a task by the clock, from one interval after it was made on: a change of what it starts moves no start. */
export class Schedule implements Running<DesiredSchedule> {
  private timer: NodeJS.Timeout;
  private starts = 0;

  constructor(
    private desired: DesiredSchedule,
    private readonly jobs: Jobs,
  ) {
    this.timer = this.tick();
  }

  update(desired: DesiredSchedule): void {
    const isOther = desired.every !== this.desired.every;
    this.desired = desired;
    if (!isOther) return;
    clearInterval(this.timer);
    this.timer = this.tick();
  }

  /** What it has started goes on. */
  async remove(): Promise<void> {
    clearInterval(this.timer);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
  }

  private tick(): NodeJS.Timeout {
    return setInterval(() => {
      const { arn, revision, task } = this.desired;
      this.jobs.start(`${arn}/${this.starts++}`, revision, task, arn);
    }, this.desired.every * 1000);
  }
}
