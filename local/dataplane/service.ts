import type { ProcessFile } from "../process-file";
import type { Balancers } from "./balancers";
import type { DesiredService, DesiredTask } from "./desired";
import type { Running } from "./fleet";
import type { Health } from "./health-check";
import { Instance, pauseAfter, type Tell } from "./instance";
import { percentLimits, rollingStep } from "./rolling";
import { ServiceHistory } from "./service-history";
import type { ServiceStatus } from "./service-status";

export type Outcome = { ok: true } | { ok: false; reason: string; revision?: string };

/** What a deployment brings: another one of these is another deployment. */
interface Deployment {
  key: string;
  task: DesiredTask;
  targetGroupArn: string | undefined;
}

class ServiceTask extends Instance {
  constructor(
    readonly deployment: Deployment,
    ...[zone, file, tell]: [zone: string, file: ProcessFile, tell: Tell]
  ) {
    super(deployment.task, zone, () => deployment.targetGroupArn, file, tell);
  }
}

/** Keeps a service's tasks as ECS's scheduler does: rolling deployments, replacement of dead tasks, the circuit breaker. */
export class Service implements Running<DesiredService> {
  private active: ServiceTask[] = [];
  private readonly ending = new Set<ServiceTask>();
  private completed: Deployment | undefined;
  /** The deployment that the circuit breaker has ended, and what its last task failed of. */
  private givenUp: { key: string; cause: string } | undefined;
  private failures = 0;
  private notBefore = 0;
  private readonly history: ServiceHistory;
  private readonly timer = setInterval(() => this.step(), 50);

  constructor(
    private desired: DesiredService,
    private readonly balancers: Balancers,
    private readonly file: ProcessFile,
    private readonly tell: Tell = {},
  ) {
    this.history = new ServiceHistory(desired.arn.split("/").at(-1) ?? "");
    this.history.begin(deploymentOf(desired).key);
  }

  update(desired: DesiredService) {
    if (deploymentOf(desired).key !== deploymentOf(this.desired).key) {
      this.givenUp = undefined;
      this.failures = 0;
      this.notBefore = 0;
      this.history.begin(deploymentOf(desired).key);
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

  get status(): ServiceStatus {
    const wanted = this.deployment;
    const present = [...this.active, ...this.ending].map((task) => task.deployment);
    const deployments = new Map([wanted, ...present].map((deployment) => [deployment.key, deployment]));
    return {
      deployments: [...deployments.values()].map(({ key, task: { revision } }) => {
        const own = this.active.filter((task) => task.deployment.key === key);
        const running = own.filter((task) => task.process && task.ended === undefined).length;
        const isWanted = key === wanted.key;
        return {
          ...this.history.deployment(key),
          revision,
          desired: isWanted ? this.desired.desiredCount : 0,
          running,
          pending: own.length - running,
          failed: isWanted ? this.failures : 0,
        };
      }),
      events: this.history.events,
    };
  }

  /** Takes all tasks out of the balancer and ends them, as the deletion of a service does. */
  async remove(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.active].map((task) => this.end(task)));
  }

  /** Ends all tasks without a drain: the whole data plane stops. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.active, ...this.ending].map((task) => task.signal("the local cloud stops")));
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

    const { start, stop } = rollingStep(percentLimits(this.desired), this.active);
    for (const task of stop) void this.end(task);
    if (Date.now() >= this.notBefore) for (let i = 0; i < start; i++) this.start();
    this.history.note(key, this.complete);
    if (this.complete) this.completed = this.deployment;
  }

  private faultOf(task: ServiceTask): string | undefined {
    if (task.ended !== undefined) return task.ended;
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
    this.notBefore = Date.now() + pauseAfter(this.failures);
    const { circuitBreaker, desiredCount } = this.desired;
    const threshold = Math.min(200, Math.max(3, Math.ceil(0.5 * desiredCount)));
    const deploying = this.completed?.key !== task.deployment.key;
    if (!circuitBreaker.enable || !deploying || this.givenUp || this.failures < threshold) return;
    this.givenUp = { key: task.deployment.key, cause: `the last one ${cause}` };
    this.failures = 0;
    this.notBefore = 0;
    this.history.fail(task.deployment.key);
    if (!this.stuck) this.history.begin(this.deployment.key, true);
  }

  private start() {
    const zone = Instance.zoneFor(this.balancers.zones, this.active);
    const task = new ServiceTask(this.deployment, zone, this.file, this.tell);
    const { targetGroupArn } = task.deployment;
    void task.launched.then(() => {
      this.history.tell(`has started 1 tasks: (task ${task.target?.id}).`);
      if (!targetGroupArn || !task.target) return;
      this.balancers.register(targetGroupArn, task.target);
      this.history.tell(`registered 1 targets in (target-group ${targetGroupArn})`);
    });
    this.active.push(task);
  }

  /** Out of the balancer first, and only after the drain the signal: ECS scales in and rolls in this order. */
  private async end(task: ServiceTask, why = "it is no longer asked for"): Promise<void> {
    this.active = this.active.filter((other) => other !== task);
    this.ending.add(task);
    await task.launched;
    const { deployment, target } = task;
    if (deployment.targetGroupArn && target) await this.balancers.deregister(deployment.targetGroupArn, target);
    this.history.tell(`has stopped 1 running tasks: (task ${target?.id}): ${why}.`);
    await task.signal(why);
    this.ending.delete(task);
  }
}

function deploymentOf({ task, targetGroupArn }: DesiredService): Deployment {
  return { key: JSON.stringify([task.revision, targetGroupArn]), task, targetGroupArn };
}
