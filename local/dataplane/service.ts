import type { ProcessFile } from "../process-file";
import type { Balancers } from "./balancers";
import type { DesiredService, DesiredTask } from "./desired";
import type { Health } from "./health-check";
import type { Target } from "./node-target";
import { type Member, rollingStep } from "./rolling";
import { Task } from "./task";
import type { TaskEvent } from "./traffic";

export type Outcome = { ok: true } | { ok: false; reason: string; revision?: string };

/** What a deployment brings: another one of these is another deployment. */
interface Deployment {
  key: string;
  task: DesiredTask;
  targetGroupArn: string | undefined;
}

interface ServiceTask extends Member {
  readonly deployment: Deployment;
  readonly zone: string;
  readonly startedAt: number;
  wasHealthy: boolean;
  launched: Promise<void>;
  /** Why it could not be started. */
  fault?: string;
  process?: Task;
  target?: Target;
}

/** Keeps a service's tasks as ECS's scheduler does: rolling deployments, replacement of dead tasks, the circuit breaker. */
export class Service {
  private active: ServiceTask[] = [];
  private readonly ending = new Set<ServiceTask>();
  private completed: Deployment | undefined;
  /** The deployment that the circuit breaker has ended, and what its last task failed of. */
  private givenUp: { key: string; cause: string } | undefined;
  private failures = 0;
  private notBefore = 0;
  private readonly timer = setInterval(() => this.step(), 50);

  constructor(
    private desired: DesiredService,
    private readonly balancers: Balancers,
    private readonly file: ProcessFile,
    private readonly tell: { log?: (line: string) => void; onTask?: (event: TaskEvent) => void } = {},
  ) {}

  update(desired: DesiredService) {
    if (deploymentOf(desired).key !== deploymentOf(this.desired).key) {
      this.givenUp = undefined;
      this.failures = 0;
      this.notBefore = 0;
    }
    this.desired = desired;
    this.step();
  }

  /** How the deployment that is asked for has ended; nothing while it goes on. */
  get outcome(): Outcome | undefined {
    if (!this.givenUp) return this.complete ? { ok: true } : undefined;
    const reason = `(service ${this.desired.arn}) ECS deployment circuit breaker: tasks failed to start: ${this.givenUp.cause}.`;
    if (!this.stuck && !this.complete) return undefined;
    return { ok: false, reason, ...(this.stuck ? {} : { revision: this.deployment.task.revision }) };
  }

  /** Takes all tasks out of the balancer and ends them, as the deletion of a service does. */
  async remove(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.active].map((task) => this.end(task)));
  }

  /** Ends all tasks without a drain: the whole data plane stops. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    const all = [...this.active, ...this.ending];
    await Promise.all(all.map((task) => task.launched.then(() => this.stopProcess(task, "the local cloud stops"))));
  }

  /** What is to run: what is asked for or, after a rollback, what was completed last. */
  private get deployment(): Deployment {
    const back = this.givenUp && this.desired.circuitBreaker.rollback && this.completed;
    return back || deploymentOf(this.desired);
  }

  /** Given up, with nothing to put back. */
  private get stuck(): boolean {
    return this.givenUp?.key === this.deployment.key;
  }

  /** The wanted tasks are there and healthy, and those of other deployments are stopped, drain and all. */
  private get complete(): boolean {
    const { key } = this.deployment;
    const old = [...this.active, ...this.ending].some((task) => task.deployment.key !== key);
    return !old && this.active.length === this.desired.desiredCount && this.active.every((task) => task.healthy);
  }

  private step() {
    const { key } = this.deployment;
    for (const task of [...this.active]) {
      task.current = task.deployment.key === key;
      const fault = this.faultOf(task);
      task.healthy = !fault && this.isHealthy(task);
      if (task.healthy && !task.wasHealthy && task.current) this.failures = 0;
      task.wasHealthy ||= task.healthy;
      if (!fault) continue;
      this.tell.log?.(`a task ${fault}`);
      if (task.current) this.noteFailure(task, fault);
      void this.end(task, fault);
    }
    // Given up just now: which tasks are the wanted ones was asked of the other deployment.
    if (this.stuck || this.deployment.key !== key) return;

    const { start, stop } = rollingStep(this.desired, this.active);
    for (const task of stop) void this.end(task);
    if (Date.now() >= this.notBefore) for (let i = 0; i < start; i++) this.start();
    if (this.complete) this.completed = this.deployment;
  }

  private faultOf(task: ServiceTask): string | undefined {
    const ended = task.fault ?? task.process?.ended;
    if (ended !== undefined) return ended;
    const inGrace = Date.now() < task.startedAt + this.desired.healthCheckGracePeriod * 1000;
    const health = this.healthOf(task);
    return health?.state === "unhealthy" && !inGrace ? `failed its health checks (${health.reason})` : undefined;
  }

  /** A task that no balancer checks is healthy when it runs. */
  private isHealthy(task: ServiceTask): boolean {
    const state = this.healthOf(task)?.state ?? "unused";
    return task.process !== undefined && (state === "healthy" || state === "unused");
  }

  private healthOf({ deployment: { targetGroupArn }, target }: ServiceTask): Health | undefined {
    return targetGroupArn && target ? this.balancers.health(targetGroupArn, target.id) : undefined;
  }

  private noteFailure(task: ServiceTask, cause: string) {
    if (task.wasHealthy && task.process?.ended !== undefined) return;
    this.failures++;
    // ECS slows down the restarts of tasks that never ran, up to minutes, and any task takes it a while to start. Here a task
    // starts at once, so the pause is for all that fail.
    this.notBefore = Date.now() + Math.min(60_000, 100 * 2 ** this.failures);
    const { circuitBreaker, desiredCount } = this.desired;
    const threshold = Math.min(200, Math.max(3, Math.ceil(0.5 * desiredCount)));
    const deploying = this.completed?.key !== task.deployment.key;
    if (!circuitBreaker.enable || !deploying || this.givenUp || this.failures < threshold) return;
    this.givenUp = { key: task.deployment.key, cause: `the last one ${cause}` };
    this.failures = 0;
    this.notBefore = 0;
  }

  private start() {
    const { zones } = this.balancers;
    const load = (zone: string) => this.active.filter((task) => task.zone === zone).length;
    const zone = zones.reduce((least, other) => (load(other) < load(least) ? other : least));
    const task: ServiceTask = {
      deployment: this.deployment,
      zone,
      startedAt: Date.now(),
      current: true,
      healthy: false,
      wasHealthy: false,
      launched: Promise.resolve(),
    };
    task.launched = this.launch(task).catch((error) => {
      task.fault = `could not be started: ${error.message}`;
    });
    this.active.push(task);
  }

  private async launch(task: ServiceTask): Promise<void> {
    const { deployment, zone } = task;
    task.process = await Task.start(deployment.task, this.file, this.tell.log);
    const { port } = task.process;
    task.target = { id: `127.0.0.1:${port}`, port, zone };
    void task.process.gone.then((how) => this.report(task, "ended", how));
    if (deployment.targetGroupArn) this.balancers.register(deployment.targetGroupArn, task.target);
  }

  /** Out of the balancer first, and only after the drain the signal: ECS scales in and rolls in this order. */
  private async end(task: ServiceTask, why = "it is no longer asked for"): Promise<void> {
    this.active = this.active.filter((other) => other !== task);
    this.ending.add(task);
    await task.launched;
    const { deployment, target } = task;
    if (deployment.targetGroupArn && target) await this.balancers.deregister(deployment.targetGroupArn, target);
    await this.stopProcess(task, why);
    this.ending.delete(task);
  }

  private async stopProcess(task: ServiceTask, why: string): Promise<void> {
    if (task.process?.ended === undefined) this.report(task, "stopping", why);
    await task.process?.stop(task.deployment.task.stopTimeout);
  }

  private report({ target, deployment: { targetGroupArn } }: ServiceTask, what: TaskEvent["what"], why: string) {
    if (target) this.tell.onTask?.({ time: Date.now(), target: target.id, targetGroupArn, what, why });
  }
}

function deploymentOf({ task, targetGroupArn }: DesiredService): Deployment {
  return { key: JSON.stringify([task.revision, targetGroupArn]), task, targetGroupArn };
}
