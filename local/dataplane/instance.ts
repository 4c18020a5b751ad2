import type { ProcessFile } from "../process-file";
import type { DesiredTask } from "./desired";
import type { Target } from "./node-target";
import type { Member } from "./rolling";
import { Task } from "./task";
import type { TaskEvent } from "./traffic";

/** Who is told what becomes of instances. */
export interface Tell {
  log?: (line: string) => void;
  onTask?: (event: TaskEvent) => void;
}

/** A task of ECS or a pod of Kubernetes: a process, and what balancers know it by. */
export class Instance implements Member {
  current = true;
  healthy = false;
  wasHealthy = false;
  readonly startedAt = Date.now();
  /** Resolves when it runs, or never will. */
  readonly launched: Promise<void>;
  process?: Task;
  target?: Target;
  private fault?: string;

  /** @param targetGroupArn the group that its events are told of */
  constructor(
    private readonly task: DesiredTask,
    private readonly zone: string,
    private readonly targetGroupArn: () => string | undefined,
    file: ProcessFile,
    private readonly tell: Tell,
  ) {
    this.launched = this.launch(file).catch((error) => {
      this.fault = `could not be started: ${error.message}`;
    });
  }

  /** The zone that has the fewest of them. */
  static zoneFor(zones: readonly string[], instances: readonly Instance[]): string {
    const load = (zone: string) => instances.filter((instance) => instance.zone === zone).length;
    return zones.reduce((least, other) => (load(other) < load(least) ? other : least));
  }

  /** Why it does not run any more, or never did. */
  get ended(): string | undefined {
    return this.fault ?? this.process?.ended;
  }

  /** SIGTERM, and SIGKILL when the task's stop time-out is over. */
  async signal(why: string): Promise<void> {
    await this.launched;
    if (this.process?.ended === undefined) this.report("stopping", why);
    await this.process?.stop(this.task.stopTimeout);
  }

  private async launch(file: ProcessFile): Promise<void> {
    this.process = await Task.start(this.task, file, this.tell.log);
    const { port } = this.process;
    this.target = { id: `127.0.0.1:${port}`, port, zone: this.zone };
    void this.process.gone.then((how) => this.report("ended", how));
  }

  private report(what: TaskEvent["what"], why: string) {
    if (!this.target) return;
    const targetGroupArn = this.targetGroupArn();
    this.tell.onTask?.({ time: Date.now(), target: this.target.id, targetGroupArn, what, why });
  }
}

/**
 * How long the next one waits after so many failures, in milliseconds. ECS and Kubernetes slow down the restarts of what
 * never ran, up to minutes, and there any start takes a while. Here one starts at once, so the pause is for all that fail.
 */
export function pauseAfter(failures: number): number {
  return Math.min(60_000, 100 * 2 ** failures);
}
