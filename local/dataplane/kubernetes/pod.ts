import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessFile } from "../../process-file";
import { HealthCheck } from "../health-check";
import { Instance, type Tell } from "../instance";
import type { DesiredPods, Probe } from "./desired";

const KUBELET = "kube-probe/1.34";

/** A pod: a process, its probes, and its end as the kubelet brings it about. */
export class Pod extends Instance {
  private startup?: HealthCheck;
  private readiness?: HealthCheck;
  private liveness?: HealthCheck;
  /** No probe and no `preStop` of it is waited for any more. */
  private readonly over = new AbortController();

  /** @param gates the target groups that must find it healthy before it is Ready; they are set when it is made, and stay */
  constructor(
    readonly template: DesiredPods,
    readonly gates: readonly string[],
    ...[zone, group, file, tell]: [string, () => string | undefined, ProcessFile, Tell]
  ) {
    super(template.task, zone, group, file, tell);
  }

  /** Begins the probes that are due, and says for what the kubelet would restart the container. */
  probe(): string | undefined {
    if (this.ended !== undefined) return this.ended;
    const { startup, readiness, liveness } = this.template;
    this.startup ??= this.begin(startup);
    if (this.startup?.health.state === "unhealthy") return "failed its startup probe";
    if (!this.started) return undefined;
    this.readiness ??= this.begin(readiness);
    this.liveness ??= this.begin(liveness);
    return this.liveness?.health.state === "unhealthy" ? "failed its liveness probe" : undefined;
  }

  /**
   * "The kubelet uses readiness probes to know when a container is ready to start accepting traffic." Without one it is ready when it
   * runs: "the default state is Success" (Kubernetes docs, "Pod Lifecycle").
   */
  get containersReady(): boolean {
    if (!this.target || this.ended !== undefined || !this.started) return false;
    return !this.template.readiness || this.readiness?.health.state === "healthy";
  }

  /**
   * The kubelet runs `preStop` and then sends SIGTERM; "at the same time", and not before it, the control plane takes the pod out of
   * the endpoints (Kubernetes docs, "Pod Lifecycle", "Termination of Pods").
   */
  async end(why: string): Promise<void> {
    await this.launched;
    const { signal } = this.over;
    const stopped = sleep(this.template.preStop * 1000, undefined, { signal }).catch(() => {});
    await Promise.race([stopped, this.process?.gone]);
    await this.stop(why);
  }

  /** SIGTERM without `preStop`. */
  async stop(why: string): Promise<void> {
    this.over.abort();
    await this.signal(why);
  }

  /** "All other probes are disabled if a startup probe is provided, until it succeeds." */
  private get started(): boolean {
    return !this.template.startup || this.startup?.health.state === "healthy";
  }

  private begin(probe: Probe | undefined): HealthCheck | undefined {
    if (!probe || !this.target || Date.now() < this.startedAt + probe.initialDelay * 1000) return undefined;
    return new HealthCheck(this.target.port, () => probe, this.over.signal, KUBELET);
  }
}
