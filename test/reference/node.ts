import type { Action } from "./actions";
import type { Condition, RequestLine } from "./conditions";
import type { LossReason } from "./losses";
import type { Random } from "./random";
import type { SwitchableRule } from "./rules";
import type { Target } from "./targets";

export interface NodeListener {
  readonly key: string;
  readonly port: number;
  readonly action: Action;
}

export interface NodeRule {
  readonly key: string;
  readonly listener: string;
  readonly priority: number;
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

/** What one node knows of one registered target. */
export interface View {
  readonly target: Target;
  state: "unused" | "initial" | "healthy" | "unhealthy";
  /** Equal health check results in a row: passes above zero, failures below. */
  streak: number;
  /** Counts the check sequences: a check of an ended sequence does nothing. */
  checks: number;
}

/** A stickiness cookie, AWSALBTG. */
export interface Cookie {
  readonly group: string;
  readonly expires: number;
}

export interface Routed {
  readonly action: Action;
  readonly listener: string;
  readonly group?: string;
  readonly target?: Target;
  readonly loss?: LossReason;
  readonly cookie?: Cookie;
}

/** What the nodes share: the settings that are taken to reach them at once. */
export interface Surroundings {
  holds(rule: SwitchableRule): boolean;
  /** The key of a group from an action's reference; nothing for a group of another stack. */
  groupKey(reference: string): string | undefined;
  /** Whether a group exists. */
  exists(group: string): boolean;
  crossZone(group: string): boolean;
  readonly random: Random;
}

/** A load balancer node: one address in one zone, with its own late view of the control plane. */
export class Node {
  readonly address: string;
  readonly listeners = new Map<string, NodeListener>();
  readonly groups = new Map<string, Map<string, View>>();
  private readonly rules = new Map<string, NodeRule>();
  private ordered: NodeRule[] | undefined;

  constructor(
    readonly balancer: string,
    readonly zone: string,
    private readonly around: Surroundings,
  ) {
    this.address = `${balancer}/${zone}`;
  }

  setRule(rule: NodeRule): void {
    this.rules.set(rule.key, rule);
    this.ordered = undefined;
  }

  deleteRule(key: string): void {
    this.rules.delete(key);
    this.ordered = undefined;
  }

  allRules(): NodeRule[] {
    return [...this.rules.values()];
  }

  /** Every action of this node's listeners and rules. */
  actions(): Action[] {
    const rules = [...this.rules.values()].filter(({ listener }) => this.listeners.has(listener));
    return [...this.listeners.values(), ...rules].map(({ action }) => action);
  }

  /** Where a request goes; nothing if nobody listens on the port. */
  route(port: number, request: RequestLine, cookie: Cookie | undefined, now: number): Routed | undefined {
    let listener: NodeListener | undefined;
    for (const one of this.listeners.values()) if (one.port === port) listener = one;
    if (!listener) return undefined;
    const action = this.actionFor(listener, request);
    const found = { action, listener: listener.key };
    if (action.kind !== "forward") return found;
    const chosen = this.chooseGroup(action, cookie, now);
    if (!chosen) return { ...found, loss: "no-weight" };
    return { ...found, ...chosen, ...this.chooseTarget(chosen.group) };
  }

  /** The first rule by priority whose conditions are all met (rule `rule-priority`); else the default action. */
  private actionFor(listener: NodeListener, request: RequestLine): Action {
    this.ordered ??= [...this.rules.values()].sort((one, other) => one.priority - other.priority);
    for (const rule of this.ordered) {
      if (rule.listener === listener.key && rule.conditions.every((condition) => condition(request)))
        return rule.action;
    }
    return listener.action;
  }

  private chooseGroup(
    { groups, stickySeconds }: Extract<Action, { kind: "forward" }>,
    cookie: Cookie | undefined,
    now: number,
  ): { group: string; cookie?: Cookie } | undefined {
    const { around } = this;
    const obeyed =
      stickySeconds !== undefined &&
      cookie !== undefined &&
      now < cookie.expires &&
      around.holds("cookie-outranks-weight") &&
      groups.some(({ group }) => group === cookie.group);
    // The group's own state plays no part (rule `no-fall-over`).
    let candidates = groups;
    if (!around.holds("no-fall-over")) candidates = groups.filter(({ group }) => !this.chooseTarget(group).loss);
    const group = obeyed ? cookie.group : around.random.weighted(candidates)?.group;
    if (group === undefined) return undefined;
    return { group, ...(stickySeconds !== undefined && { cookie: { group, expires: now + stickySeconds } }) };
  }

  /** A target of a group, for this node. A group of another stack is taken to answer: nothing is known of it. */
  private chooseTarget(reference: string): { target?: Target; loss?: LossReason } {
    const { around } = this;
    const group = around.groupKey(reference);
    if (group === undefined) return {};
    if (!around.exists(group)) return { loss: "group-deleted" };
    const views = [...(this.groups.get(group)?.values() ?? [])];
    const isolated = around.holds("zone-isolation") && !around.crossZone(group);
    const reachable = isolated ? views.filter(({ target }) => target.zone === this.zone) : views;
    if (reachable.length === 0) return { loss: views.length > 0 ? "no-targets-in-zone" : "no-registered-targets" };
    const healthy = reachable.filter(({ state }) => state === "healthy" || !around.holds("healthy-only"));
    const target = around.random.of(healthy)?.target;
    if (target) return { target };
    return this.failOpen(reachable);
  }

  private failOpen(views: readonly View[]): { target?: Target; loss?: LossReason } {
    const { around } = this;
    const open = views.filter(
      ({ state }) =>
        (state === "unhealthy" && around.holds("fail-open")) ||
        (state === "initial" && !around.holds("initial-health-checks")),
    );
    const target = around.random.of(open)?.target;
    return target ? { target } : { loss: "initial-health-checks" };
  }
}
