import { setTimeout as sleep } from "node:timers/promises";
import { ProcessFile } from "../process-file";
import { type BalancerOptions, Balancers } from "./balancers";
import type { Desired, DesiredService, TargetHealth } from "./desired";
import { Dns, type DnsOptions } from "./dns/dns";
import { Fleet } from "./fleet";
import type { Tell } from "./instance";
import { Jobs } from "./jobs";
import { Cluster, type ClusterOptions } from "./kubernetes/cluster";
import { BASE_PORT } from "./loopback";
import type { DesiredScalingGroup, RefreshProgress } from "./scaling/desired";
import { ScalingGroup } from "./scaling/group";
import { type DesiredSchedule, Schedule } from "./schedules";
import { type Outcome, Service } from "./service";
import type { ServiceStatus } from "./service-status";
import type { TaskEvent } from "./traffic";

export interface DataPlaneOptions extends Partial<BalancerOptions>, Partial<DnsOptions>, Partial<ClusterOptions> {
  /** Where the running tasks are recorded, so that the next start ends those that a kill -9 left behind. */
  tasksFile?: string;
  /** Each task's SIGTERM and end. */
  onTask?: (event: TaskEvent) => void;
  /** Each instance refresh of an Auto Scaling group that has replaced all it was to replace. */
  onRefreshed?: (groupArn: string, progress: RefreshProgress) => void;
}

/** How long requests in flight may take to end when the data plane stops. */
const stopGraceMs = 1000;

/** Balancers that proxy, names that lead to them and services that run: what is behind the control plane of the local cloud. */
export class DataPlane {
  private readonly balancers: Balancers;
  private readonly dns: Dns;
  private asked = false;
  private latestInSync: Promise<void> = Promise.resolve();
  private readonly services: Fleet<DesiredService, Service>;
  private readonly scalingGroups: Fleet<DesiredScalingGroup, ScalingGroup>;
  private readonly schedules: Fleet<DesiredSchedule, Schedule>;
  private readonly cluster: Cluster;
  /** Tasks that belong to no service. */
  readonly jobs: Jobs;

  constructor(private readonly options: DataPlaneOptions = {}) {
    const { dnsSpeed = 1 } = options;
    const defaults: BalancerOptions & DnsOptions & ClusterOptions = {
      nodes: 2,
      adoptionDelay: [0, 5000],
      controllerDelay: [100, 500],
      basePort: BASE_PORT,
      random: Math.random,
      dnsSpeed,
      dnsAddresses: [],
      insyncDelay: [0, 60_000 / dnsSpeed],
    };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const all = { ...defaults, ...given };
    this.balancers = new Balancers(all);
    this.dns = new Dns(all, (name) => this.balancers.named(name));
    const file = new ProcessFile(options.tasksFile);
    const toldOf = (arn: string) => this.toldOf(arn);
    this.services = new Fleet((wanted) => new Service(wanted, this.balancers, file, toldOf(wanted.arn)));
    const { onRefreshed } = options;
    this.scalingGroups = new Fleet(
      (wanted) =>
        new ScalingGroup(wanted, this.balancers, file, toldOf(wanted.arn), (done) => onRefreshed?.(wanted.arn, done)),
    );
    this.cluster = new Cluster(this.balancers, file, toldOf, all);
    this.jobs = new Jobs(file, (arn) => toldOf(arn).log);
    this.schedules = new Fleet((wanted) => new Schedule(wanted, this.jobs));
  }

  /** Asks for all of this. The ports of balancers and name server are open when it resolves; all else comes later. */
  async apply(desired: Desired): Promise<void> {
    this.latestInSync = this.dns.ask(desired.dns, !this.asked);
    this.asked = true;
    const listening = this.balancers.apply(desired.balancers, desired.targetGroups);
    this.services.apply(desired.services);
    this.scalingGroups.apply(desired.scalingGroups);
    this.schedules.apply(desired.schedules);
    this.cluster.apply(desired.cluster);
    await listening;
    await this.dns.listen();
  }

  /** Resolves when name servers have adopted what the last call of `apply` has changed; to be called with it. */
  inSync(): Promise<void> {
    return this.latestInSync;
  }

  /** Where the name server answers, over UDP and TCP: `127.0.0.1:4133`. */
  dnsAddresses(): string[] {
    return [...this.dns.addresses];
  }

  /** Resolves when a service, group or Deployment that is no longer asked for has no task, instance or pod left. */
  async gone(arn: string): Promise<void> {
    await Promise.all([this.services.gone(arn), this.scalingGroups.gone(arn), this.cluster.gone(arn)]);
  }

  /** An Auto Scaling group; undefined where none of the name is asked for. */
  scalingGroup(arn: string): Pick<ScalingGroup, "isFull" | "progress" | "machines"> | undefined {
    return this.scalingGroups.get(arn);
  }

  /** Waits for the end of the service's deployment: completed, or failed by the circuit breaker. */
  async steady(serviceArn: string, signal?: AbortSignal): Promise<Outcome> {
    for (;;) {
      const service = this.services.get(serviceArn);
      if (!service) return { ok: false, reason: `(service ${serviceArn}) is not there` };
      if (service.outcome) return service.outcome;
      await sleep(50, undefined, signal && { signal });
    }
  }

  /** Waits until a Deployment is rolled out, for at most so many milliseconds: then the reasons why it is not. */
  async rolledOut(deploymentArn: string, timeoutMs: number): Promise<string[] | undefined> {
    for (const end = Date.now() + timeoutMs; ; await sleep(50)) {
      const deployment = this.cluster.deployment(deploymentArn);
      if (!deployment) return [`${deploymentArn} is not there`];
      if (deployment.complete) return undefined;
      if (Date.now() >= end) return deployment.errors;
    }
  }

  /** Undefined where no such service is asked for. */
  serviceStatus(serviceArn: string): ServiceStatus | undefined {
    return this.services.get(serviceArn)?.status;
  }

  /** Where balancers have a node and tasks run. */
  get zones(): readonly string[] {
    return this.balancers.zones;
  }

  targetHealth(targetGroupArn: string): TargetHealth[] {
    return this.balancers.targetHealth(targetGroupArn);
  }

  /** The nodes' addresses for a listener. */
  addresses(balancerArn: string, listenerPort: number): string[] {
    return this.balancers.addresses(balancerArn, listenerPort);
  }

  /** Resolves when every node has adopted all that was asked for until now. */
  async settled(): Promise<void> {
    await this.balancers.settled();
  }

  /** Ends every connection and every task, at the latest when the longest stop time-out is over. */
  async stop(): Promise<void> {
    await this.dns.stop();
    await this.balancers.stop(stopGraceMs);
    await this.schedules.stop();
    await Promise.all([this.services.stop(), this.scalingGroups.stop(), this.cluster.stop(), this.jobs.end()]);
  }

  private toldOf(serviceArn: string): Tell {
    const { onLog, onTask } = this.options;
    return { log: onLog && ((line) => onLog(`[${serviceArn.split("/").at(-1)}] ${line}`)), onTask };
  }
}
