import { randomInt } from "node:crypto";
import type { DeploymentState, ServiceEvent } from "./service-status";

/** "A maximum of 100 of the latest events are displayed" (ECS API, Service, `events`); and so many deployments are remembered. */
const KEPT = 100;

/** What ECS remembers of a service: its deployments, and what became of its tasks. It is forgotten when the cloud stops. */
export class ServiceHistory {
  /** The latest comes first. */
  readonly events: ServiceEvent[] = [];
  private readonly deployments = new Map<string, DeploymentState>();
  private steady = false;

  /** @param name of the service, as ECS says it in events */
  constructor(private readonly name: string) {}

  /** Of a deployment that has begun, or has still tasks. */
  deployment(key: string): DeploymentState {
    return this.deployments.get(key) ?? this.begin(key);
  }

  /** A deployment begins; an earlier one of the same is another one. */
  begin(key: string, rollsBack = false): DeploymentState {
    const id = `ecs-svc/${randomInt(2 ** 47)}`;
    const now = Date.now();
    const reason = rollsBack
      ? `ECS deployment circuit breaker: rolling back to deploymentId ${id}.`
      : `ECS deployment ${id} in progress.`;
    if (rollsBack) this.tell(`rolling back to deployment ${id}.`);
    const begun: DeploymentState = { id, rollout: "IN_PROGRESS", reason, createdAt: now, updatedAt: now };
    this.deployments.delete(key); // so that it comes last
    this.deployments.set(key, begun);
    const [oldest] = this.deployments.keys();
    if (this.deployments.size > KEPT && oldest !== undefined) this.deployments.delete(oldest);
    this.steady = false;
    return begun;
  }

  /** The circuit breaker has given a deployment up. */
  fail(key: string): void {
    this.end(key, "FAILED", "ECS deployment circuit breaker: tasks failed to start.");
    this.tell(`(deployment ${this.deployment(key).id}) deployment failed: tasks failed to start.`);
  }

  /** Whether all of a deployment is as it was asked for, at this moment. */
  note(key: string, isComplete: boolean): void {
    const { id, rollout } = this.deployment(key);
    if (isComplete && rollout === "IN_PROGRESS") {
      this.end(key, "COMPLETED", `ECS deployment ${id} completed.`);
      this.tell(`(deployment ${id}) deployment completed.`);
    }
    if (isComplete && !this.steady) this.tell("has reached a steady state.");
    this.steady = isComplete;
  }

  tell(what: string): void {
    this.events.unshift({ time: Date.now(), message: `(service ${this.name}) ${what}` });
    this.events.splice(KEPT);
  }

  private end(key: string, rollout: DeploymentState["rollout"], reason: string): void {
    this.deployments.set(key, { ...this.deployment(key), rollout, reason, updatedAt: Date.now() });
  }
}
