import type { DesiredTargetGroup, TargetState } from "./desired";
import type { Health } from "./health-check";
import { NodeTarget, type Target } from "./node-target";

/** A target group with what is registered in it. */
export interface Group {
  settings: DesiredTargetGroup;
  targets: readonly Target[];
}

/** A target group as one node sees it. */
export class NodeGroup {
  private settings: DesiredTargetGroup;
  private readonly targets = new Map<string, NodeTarget>();
  private readonly draining = new Map<string, { target: NodeTarget; over: Promise<void> }>();
  private turn = 0;

  constructor(
    group: Group,
    private readonly zone: string,
    private readonly idleTimeout: () => number,
  ) {
    this.settings = group.settings;
  }

  adopt(group: Group, inUse: boolean) {
    this.settings = group.settings;
    const registered = new Set(group.targets.map((target) => target.id));
    for (const [id, target] of this.targets) if (!registered.has(id)) this.drain(id, target);
    for (const target of group.targets) {
      if (!this.targets.has(target.id)) {
        this.targets.set(target.id, new NodeTarget(target, () => this.settings, this.idleTimeout));
      }
    }
    for (const target of this.targets.values()) target.use(inUse);
  }

  /**
   * Round robin over the healthy targets; over the unhealthy ones if none is healthy (fail-open). Targets in their first checks get
   * nothing even then: where all are "in »Initial« or »Draining« state; this results in service outage" (AWS Load Balancer Controller,
   * "Pod readiness gate"). With cross-zone off a node knows the targets of its own zone only, so a zone without any has nobody
   * to send to.
   */
  pick(): NodeTarget | undefined {
    const all = [...this.targets.values()].filter((target) => this.settings.crossZone || target.zone === this.zone);
    const inState = (state: TargetState) => all.filter((target) => target.health.state === state);
    const healthy = inState("healthy");
    const pool = healthy.length > 0 ? healthy : inState("unhealthy");
    return pool[this.turn++ % pool.length];
  }

  /** Nothing if this node has not adopted the target. */
  health(id: string): Health | undefined {
    return this.targets.get(id)?.health;
  }

  async drained(id: string): Promise<void> {
    await this.draining.get(id)?.over;
  }

  /** Deleting a group does not wait for the deregistration delay. */
  cut() {
    for (const target of this.targets.values()) target.cut();
    for (const { target } of this.draining.values()) target.cut();
  }

  private drain(id: string, target: NodeTarget) {
    this.targets.delete(id);
    const over = target.drain().then(() => void this.draining.delete(id));
    this.draining.set(id, { target, over });
  }
}
