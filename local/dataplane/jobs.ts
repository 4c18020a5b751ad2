import type { ProcessFile } from "../process-file";
import type { DesiredTask } from "./desired";
import { Task } from "./task";

/** A task that belongs to no service. */
export interface Job {
  /** `PENDING`, `RUNNING` or `STOPPED`. */
  status: string;
  startedBy: string | undefined;
  revision: string;
  createdAt: number;
  /** Once it has ended by itself, or by a signal that it took. */
  exitCode: number | undefined;
  /** Why it was stopped, or never ran. */
  reason: string | undefined;
}

/** Seconds, as of a container that says none. */
const STOP_TIMEOUT = 30;

/** The tasks that are started one by one, by their ARN; those that have ended are told until the cloud ends. */
export class Jobs {
  private readonly jobs = new Map<string, Job>();
  private readonly running = new Map<string, Task>();

  constructor(
    private readonly file: ProcessFile,
    private readonly logOf: (arn: string) => ((line: string) => void) | undefined,
  ) {}

  /** @param task or why it cannot be started */
  start(arn: string, revision: string, task: DesiredTask | string, startedBy?: string): Job {
    const created = { status: "PENDING", startedBy, revision, createdAt: Date.now() };
    const job: Job = { ...created, exitCode: undefined, reason: undefined };
    this.jobs.set(arn, job);
    if (typeof task === "string") return Object.assign(job, { status: "STOPPED", reason: task });
    void this.run(arn, job, task);
    return job;
  }

  get(arn: string): Job | undefined {
    return this.jobs.get(arn);
  }

  /** Those that have not ended. */
  alive(startedBy: string | undefined): string[] {
    const alive = [...this.jobs].filter(([, job]) => job.status !== "STOPPED");
    return alive.filter(([, job]) => startedBy === undefined || job.startedBy === startedBy).map(([arn]) => arn);
  }

  /** SIGTERM, and SIGKILL after the task's stop time-out; to one that is about to start, when it has. */
  stop(arn: string, reason: string): void {
    const job = this.jobs.get(arn);
    if (job && job.status !== "STOPPED") job.reason = reason;
    void this.running.get(arn)?.stop(STOP_TIMEOUT);
  }

  /** All of them, as the cloud ends. */
  async end(): Promise<void> {
    await Promise.all([...this.running.values()].map((task) => task.stop(1)));
  }

  private async run(arn: string, job: Job, desired: DesiredTask): Promise<void> {
    try {
      const task = await Task.start(desired, this.file, this.logOf(arn));
      this.running.set(arn, task);
      job.status = "RUNNING";
      if (job.reason !== undefined) void task.stop(STOP_TIMEOUT);
      const how = await task.gone;
      job.exitCode = task.exitCode;
      job.reason ??= task.exitCode === undefined ? how : "Essential container in task exited";
    } catch (error) {
      job.reason = (error as Error).message;
    } finally {
      this.running.delete(arn);
      job.status = "STOPPED";
    }
  }
}
