import type { Balancing } from "./balancing";
import type { Context } from "./context";
import { type Behavior, Target } from "./targets";

/** What a service or an Auto Scaling group shall be. */
export interface FleetPlan {
  readonly desired: number;
  /** Of a deployment: so many healthy members at least, so many members at most. */
  readonly minimum: number;
  readonly maximum: number;
  /** What makes members of one version: others are replaced. */
  readonly revision: string;
  readonly groups: readonly string[];
  readonly zones: readonly string[];
  readonly start: readonly [number, number];
  /** Seconds after its start in which an unhealthy member is left alone. */
  readonly grace: number;
  readonly behavior: Behavior;
}

interface Member {
  readonly revision: string;
  readonly target: Target;
  readonly runsFrom: number;
  groups: readonly string[];
  /** When it has drained from the groups that it left. */
  drainedAt: number;
  state: "starting" | "running" | "stopping";
}

/** Tasks of an ECS service, or instances of an Auto Scaling group: started, registered, replaced, drained and stopped. */
export class Fleet {
  private members: Member[] = [];
  private made = 0;
  private scheduled = false;

  constructor(
    private readonly name: string,
    private plan: FleetPlan,
    private readonly context: Context,
    private readonly balancing: Balancing,
  ) {}

  /** Members that run and are registered already: the cloud before the change. */
  startSteady(): void {
    for (let count = 0; count < this.plan.desired; count++) {
      const member = this.makeMember(Number.NEGATIVE_INFINITY);
      member.state = "running";
      for (const group of member.groups) this.balancing.register(group, member.target, true);
    }
    this.schedule(1);
  }

  change(plan: FleetPlan): void {
    this.plan = plan;
    this.moveToGroups();
    this.schedule(0);
  }

  /** The deletion of a service or of an Auto Scaling group: its members drain and stop. */
  remove(): void {
    this.change({ ...this.plan, desired: 0, minimum: 0 });
  }

  /** Members of this revision change groups while they run, as an Auto Scaling group's do (rule `detached-keeps-running`). */
  private moveToGroups(): void {
    const { groups, revision } = this.plan;
    for (const member of this.members) {
      if (member.revision !== revision || member.state === "stopping") continue;
      if (member.state === "running") {
        const { target } = member;
        for (const group of member.groups) {
          if (groups.includes(group)) continue;
          const delay = this.balancing.deregister(group, target.id);
          member.drainedAt = Math.max(member.drainedAt, this.context.clock.now + delay);
        }
        for (const group of groups) if (!member.groups.includes(group)) this.balancing.register(group, target, false);
      }
      member.groups = groups;
    }
  }

  private schedule(seconds: number): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.context.clock.after(seconds, () => {
      this.scheduled = false;
      this.reconcile();
      this.schedule(1);
    });
  }

  /** The scheduler's round, each second: start what lacks, stop what is too much or old, within the limits. */
  private reconcile(): void {
    const { desired, maximum, revision } = this.plan;
    const present = this.members.filter(({ state }) => state !== "stopping");
    const failing = new Set(present.filter((member) => this.failsChecks(member)));
    const current = present.filter((member) => member.revision === revision && !failing.has(member));
    const old = present.filter((member) => !current.includes(member));
    const surplus = current.toSorted((one, other) => Number(this.healthy(one)) - Number(this.healthy(other)));
    for (const member of surplus.slice(0, Math.max(0, current.length - desired))) this.stop(member);
    // Rule `maximum-percent`: while anything is being replaced, what still runs or stops counts too.
    const replacing = old.length > 0 || this.members.some((member) => member.revision !== revision);
    const room = replacing ? maximum - this.members.length : desired;
    const missing = Math.min(desired - current.length, room);
    for (let count = 0; count < missing; count++) this.start();
    this.stopOld(old, missing < desired - current.length);
  }

  /** Rule `minimum-healthy-percent`: an old member stops when enough healthy ones are left without it. */
  private stopOld(old: readonly Member[], needsRoom: boolean): void {
    const minimum = this.context.holds("minimum-healthy-percent") ? this.plan.minimum : 0;
    let healthy = this.members.filter((member) => this.healthy(member)).length;
    for (const member of old.toSorted((one, other) => Number(this.healthy(one)) - Number(this.healthy(other)))) {
      const left = healthy - Number(this.healthy(member));
      if (left < minimum && !(needsRoom && !this.healthy(member))) continue;
      this.stop(member);
      healthy = left;
    }
  }

  private start(): void {
    const { clock, random } = this.context;
    const member = this.makeMember(clock.now + random.between(this.plan.start));
    clock.at(member.runsFrom, () => {
      if (member.state !== "starting") return;
      member.state = "running";
      for (const group of member.groups) this.balancing.register(group, member.target, false);
    });
  }

  /**
   * Takes a member out of its groups, waits for the deregistration delay, also of those that it has just left, and only then
   * sends SIGTERM (rules `drain-before-stop`, `scaling-group-drains`).
   * How long SIGKILL waits does not matter to a balancer's requests: the end of the delay has cut what was still open.
   */
  private stop(member: Member): void {
    const { clock, holds } = this.context;
    const started = member.state === "running";
    member.state = "stopping";
    const delays = started ? member.groups.map((group) => this.balancing.deregister(group, member.target.id)) : [];
    const drained = holds("drain-before-stop") ? Math.max(0, member.drainedAt - clock.now, ...delays) : 0;
    clock.after(drained, () => {
      member.target.stop(clock.now);
      this.members = this.members.filter((one) => one !== member);
    });
  }

  private makeMember(runsFrom: number): Member {
    const { zones, behavior, revision, groups } = this.plan;
    const count = (zone: string) =>
      this.members.filter(({ target, state }) => target.zone === zone && state !== "stopping").length;
    const zone = zones.toSorted((one, other) => count(one) - count(other))[0] ?? "";
    const target = new Target(`${this.name}/${this.made++}`, zone, behavior, runsFrom + behavior.startSeconds);
    const member: Member = { revision, target, runsFrom, groups, drainedAt: 0, state: "starting" };
    this.members.push(member);
    return member;
  }

  /** Rule `healthy-before-counted`. */
  private healthy({ state, groups, target }: Member): boolean {
    return state === "running" && groups.every((group) => this.balancing.reported(group, target.id) === "healthy");
  }

  /** Rules `unhealthy-task-replaced` and `grace-period`. */
  private failsChecks({ state, groups, target, runsFrom }: Member): boolean {
    if (state !== "running" || this.context.clock.now < runsFrom + this.plan.grace) return false;
    return groups.some((group) => this.balancing.reported(group, target.id) === "unhealthy");
  }
}
