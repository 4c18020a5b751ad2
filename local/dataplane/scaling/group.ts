import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessFile } from "../../process-file";
import type { Balancers } from "../balancers";
import type { DesiredTask } from "../desired";
import type { Running } from "../fleet";
import type { Health } from "../health-check";
import { Instance, pauseAfter, type Tell } from "../instance";
import type { DesiredScalingGroup, RefreshProgress } from "./desired";
import { Refresh } from "./refresh";

/** An instance: a process stands for the machine with its service. */
class Machine extends Instance {
  /** Since when it has been healthy in every target group. */
  inServiceSince: number | undefined;
  /** Why it is to be replaced for its health. */
  unfit: string | undefined;
  /** Ends the wait of its lifecycle hook, where the whole cloud stops. */
  readonly hurry = new AbortController();

  constructor(
    readonly template: DesiredTask,
    readonly targetGroupArns: readonly string[],
    ...[zone, file, tell]: [zone: string, file: ProcessFile, tell: Tell]
  ) {
    super(template, zone, () => targetGroupArns[0], file, tell);
  }
}

/** An instance as `DescribeAutoScalingGroups` tells of it. */
export interface MachineStatus {
  id: string;
  zone: string;
  /** The version that it was launched with. */
  revision: string;
  inService: boolean;
}

/** Keeps an Auto Scaling group's instances: launches, replacement of dead ones, instance refreshes. */
export class ScalingGroup implements Running<DesiredScalingGroup> {
  private active: Machine[] = [];
  private readonly ending = new Set<Machine>();
  private refresh: Refresh | undefined;
  private failures = 0;
  private notBefore = 0;
  private readonly timer = setInterval(() => this.step(), 50);

  constructor(
    private desired: DesiredScalingGroup,
    private readonly balancers: Balancers,
    private readonly file: ProcessFile,
    private readonly tell: Tell,
    /** Is told once that a refresh has replaced all. */
    private readonly refreshed: (progress: RefreshProgress) => void,
  ) {
    this.follow();
  }

  update(desired: DesiredScalingGroup) {
    this.desired = desired;
    this.follow();
    this.step();
  }

  /** All that are wanted are there and in service. */
  get isFull(): boolean {
    return this.active.filter(({ inServiceSince }) => inServiceSince !== undefined).length >= this.desired.size;
  }

  get progress(): RefreshProgress | undefined {
    return this.refresh?.status;
  }

  get machines(): MachineStatus[] {
    return this.active.flatMap(({ target, template, inServiceSince }) =>
      target
        ? [{ id: target.id, zone: target.zone, revision: template.revision, inService: inServiceSince !== undefined }]
        : [],
    );
  }

  async remove(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.active].map((machine) => this.end(machine)));
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const { hurry } of this.ending) hurry.abort();
    await Promise.all([...this.active, ...this.ending].map((machine) => machine.signal("the local cloud stops")));
  }

  /** A refresh that was asked for anew, or is asked for no more. */
  private follow() {
    const asked = this.desired.refresh;
    if (asked?.id === this.refresh?.asked.id && asked?.isRollback === this.refresh?.asked.isRollback) return;
    this.refresh = asked && new Refresh(asked);
    this.failures = 0;
    this.notBefore = 0;
  }

  private step() {
    const { size, bounds } = this.desired;
    const wanted = this.refresh?.asked.template ?? this.desired.template;
    for (const machine of [...this.active]) this.look(machine, wanted);

    const { minHealthy, maxHealthy } = this.refresh?.asked.bounds ?? bounds;
    const least = Math.ceil((size * minHealthy) / 100);
    const most = Math.max(size, Math.floor((size * maxHealthy) / 100));
    const isWarm = ({ current, inServiceSince = Number.NaN }: Machine) =>
      Date.now() >= inServiceSince + 1000 * (current ? (this.refresh?.asked.warmup ?? 0) : 0);
    const unfit = this.active.filter((machine) => machine.unfit !== undefined);
    const fresh = this.active.filter(({ current, unfit }) => current && unfit === undefined);
    const old = this.active.filter(({ current, unfit }) => !current && unfit === undefined);
    const mayBeNew = this.refresh?.mayBeNew(size) ?? size;

    // Those that take the place of old ones; and those that are missing, whatever the refresh allows.
    const asked = Math.max(mayBeNew - fresh.length, size - fresh.length - old.length);
    if (Date.now() >= this.notBefore) {
      for (let i = Math.min(asked, most - this.active.length); i > 0; i--) this.launch(wanted);
    }
    const warm = this.active.filter(isWarm).length;
    // Where all must stay in service another one is there before one that was goes for its health.
    const mayGo = (machine: Machine) => minHealthy < 100 || warm >= least || !machine.wasHealthy;
    for (const machine of unfit.filter(mayGo)) void this.end(machine, machine.unfit);
    const spare = warm - least;
    const due = old.length - (size - mayBeNew);
    for (const machine of old.slice(0, Math.max(0, Math.min(spare, due)))) void this.end(machine, "it is replaced");
    for (const machine of fresh.slice(size)) void this.end(machine);
    this.note(size, fresh.filter(isWarm).length);
  }

  private note(size: number, warm: number) {
    if (!this.refresh || this.refresh.status.isDone) return;
    this.refresh.note(size, warm, this.active.filter(({ current }) => !current).length);
    if (this.refresh.status.isDone) this.refreshed(this.refresh.status);
  }

  private look(machine: Machine, wanted: DesiredTask) {
    machine.current = this.refresh === undefined || machine.template.revision === wanted.revision;
    // By EC2's own checks alone a machine that runs is in service (ec2-auto-scaling-health-checks).
    const isFit = !this.desired.asksBalancer || this.healths(machine).every((health) => isGood(health));
    const isUp = machine.process !== undefined && isFit;
    if (!isUp) machine.inServiceSince = undefined;
    else machine.inServiceSince ??= Date.now();
    machine.wasHealthy ||= isUp;
    if (isUp && machine.current) this.failures = 0;
    const fault = machine.ended ?? machine.unfit ?? this.unhealthy(machine);
    if (fault !== undefined && fault !== machine.unfit) {
      this.tell.log?.(`an instance ${fault}`);
      this.failures++;
      this.notBefore = Date.now() + pauseAfter(this.failures);
    }
    if (machine.ended !== undefined) void this.end(machine, machine.ended);
    else machine.unfit = fault;
  }

  private unhealthy(machine: Machine): string | undefined {
    const { asksBalancer, gracePeriod } = this.desired;
    const inGrace = Date.now() < machine.startedAt + gracePeriod * 1000;
    const bad = this.healths(machine).find((health) => health?.state === "unhealthy");
    return asksBalancer && !inGrace && bad ? `failed its health checks (${bad.reason})` : undefined;
  }

  private healths({ target, targetGroupArns }: Machine): (Health | undefined)[] {
    return targetGroupArns.map((arn) => (target ? this.balancers.health(arn, target.id) : undefined));
  }

  private launch(template: DesiredTask) {
    const zone = Instance.zoneFor(this.balancers.zones, this.active);
    const machine = new Machine(template, this.desired.targetGroupArns, zone, this.file, this.tell);
    void machine.launched.then(() => {
      for (const arn of machine.targetGroupArns) if (machine.target) this.balancers.register(arn, machine.target);
    });
    this.active.push(machine);
  }

  /**
   * "The terminating instance is first deregistered from the load balancer", and drained; then "the lifecycle hook puts the instance
   * into a wait state", and it is terminated ("How lifecycle hooks work in Amazon EC2 Auto Scaling groups").
   */
  private async end(machine: Machine, why = "it is no longer asked for"): Promise<void> {
    this.active = this.active.filter((other) => other !== machine);
    this.ending.add(machine);
    await machine.launched;
    const { target, targetGroupArns, hurry } = machine;
    if (target) await Promise.all(targetGroupArns.map((arn) => this.balancers.deregister(arn, target)));
    if (machine.ended === undefined) {
      await sleep(this.desired.terminatingWait * 1000, undefined, { signal: hurry.signal }).catch(() => {});
    }
    await machine.signal(why);
    this.ending.delete(machine);
  }
}

/** An instance that no balancer checks is healthy when it runs. */
function isGood(health: Health | undefined): boolean {
  const state = health?.state ?? "unused";
  return state === "healthy" || state === "unused";
}
