import type { Running } from "../fleet";
import { pauseAfter } from "../instance";
import { rollingStep } from "../rolling";
import type { DesiredDeployment, DesiredPods } from "./desired";
import type { Pod } from "./pod";

/** What a Deployment needs of its cluster. */
export interface Nodes {
  make(template: DesiredPods, others: readonly Pod[]): Pod;
  /** Whether all that gates it finds it healthy. */
  isOpen(pod: Pod): boolean;
  log?: (line: string) => void;
}

/** Keeps a Deployment's pods as its controller and the kubelet do: rolling updates, and restarts of what dies. */
export class Deployment implements Running<DesiredDeployment> {
  /** Those that are not being ended. */
  pods: Pod[] = [];
  private readonly ending = new Map<Pod, Promise<unknown>>();
  private failures = 0;
  private notBefore = 0;
  private lastFault: string | undefined;
  private progress = { at: Date.now(), state: "" };

  constructor(
    private desired: DesiredDeployment,
    private readonly nodes: Nodes,
  ) {}

  update(desired: DesiredDeployment) {
    if (desired.pods.task.revision !== this.desired.pods.task.revision) {
      this.failures = 0;
      this.notBefore = 0;
      this.lastFault = undefined;
      this.progress = { at: Date.now(), state: "" };
    }
    this.desired = desired;
    this.step();
  }

  /** "Foreground" deletion: it is gone when its pods are. */
  async remove(): Promise<void> {
    for (const pod of this.pods) this.end(pod);
    await Promise.all(this.ending.values());
  }

  async stop(): Promise<void> {
    await Promise.all([...this.pods, ...this.ending.keys()].map((pod) => pod.stop("the local cloud stops")));
  }

  /** The new pods are Ready and no other is left but such as are being ended (`DeploymentComplete` of its controller). */
  get complete(): boolean {
    const { replicas } = this.desired;
    return this.pods.length === replicas && this.pods.every(({ current, healthy }) => current && healthy);
  }

  /** What keeps it from that, as pulumi-kubernetes lists it (provider/pkg/await/deployment.go, `errorMessages`). */
  get errors(): string[] {
    const { progressDeadline, pods, arn } = this.desired;
    const late = Date.now() >= this.progress.at + progressDeadline * 1000;
    const name = arn.split("/").at(-1);
    const reason = pods.fault ?? (this.lastFault && `container "${pods.container}" ${this.lastFault}`);
    return [
      ...(late ? [`[ProgressDeadlineExceeded] ReplicaSet "${name}" has timed out progressing.`] : []),
      "Minimum number of Pods to consider the application live was not attained",
      `[Pod ${arn}]: containers with unready status: [${pods.container}]${reason ?? ""}`,
    ];
  }

  step() {
    const { replicas, maxSurge, maxUnavailable, recreate, pods: template } = this.desired;
    for (const pod of [...this.pods]) {
      pod.current = pod.template.task.revision === template.task.revision;
      const fault = pod.probe();
      pod.healthy = !fault && pod.containersReady && this.nodes.isOpen(pod);
      if (pod.healthy && !pod.wasHealthy && pod.current) this.failures = 0;
      pod.wasHealthy ||= pod.healthy;
      if (fault) this.fail(pod, fault);
    }
    const limits = { count: replicas, least: replicas - maxUnavailable, most: replicas + maxSurge };
    const { start, stop } = rollingStep(limits, this.pods);
    for (const pod of stop) this.end(pod);
    const waits = Date.now() < this.notBefore || (recreate && [...this.ending.keys()].some(({ current }) => !current));
    if (!waits && template.fault === undefined) {
      for (let i = 0; i < start; i++) this.pods.push(this.nodes.make(template, this.pods));
    }
    this.noteProgress();
  }

  /** Kubernetes restarts the container in its pod; here another pod comes for it, with another port. */
  private fail(pod: Pod, fault: string) {
    this.nodes.log?.(`a pod ${fault}`);
    if (pod.current) {
      this.failures++;
      this.notBefore = Date.now() + pauseAfter(this.failures);
      this.lastFault = fault;
    }
    this.end(pod, fault);
  }

  /** Progress: pods come, become Ready, or old ones go (Kubernetes docs, "Deployments", "Progressing Deployment"). */
  private noteProgress() {
    const of = (current: boolean) => this.pods.filter((pod) => pod.current === current);
    const state = [of(true).filter(({ healthy }) => healthy).length, of(false).length].join();
    if (state !== this.progress.state) this.progress = { at: Date.now(), state };
  }

  private end(pod: Pod, why = "it is no longer asked for") {
    this.pods = this.pods.filter((other) => other !== pod);
    const over = pod.end(why).then(() => this.ending.delete(pod));
    this.ending.set(pod, over);
  }
}
