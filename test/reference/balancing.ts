import { actionOf, defaultActionOf, groupsOf } from "./actions";
import { conditionOf } from "./conditions";
import type { Context } from "./context";
import { startChecks, stopChecks } from "./health";
import type { LossReason } from "./losses";
import { Node, type NodeListener, type NodeRule, type Surroundings, type View } from "./node";
import type { Random } from "./random";
import type { Live } from "./resources";
import type { SwitchableRule } from "./rules";
import { Sequences } from "./sequences";
import type { InFlight, Target } from "./targets";
import { zonesOf } from "./zones";

/** A balancer's port, where the listener or the balancer is another stack's. */
const UNNAMED_PORT = 80;

/** The load balancers: the control plane's calls, and the nodes that learn of them. */
export class Balancing implements Surroundings {
  readonly nodes = new Set<Node>();
  readonly random: Random;
  /** What is registered in each group now, for the control plane. */
  private readonly registered = new Map<string, Map<string, Target>>();
  private readonly groups = new Map<string, Live>();
  private readonly targets = new Set<Target>();
  private readonly used = new Map<Node, Set<string>>();
  private readonly adoptions: Sequences;

  constructor(private readonly context: Context) {
    this.random = context.random;
    this.adoptions = new Sequences(context.clock);
  }

  holds(rule: SwitchableRule): boolean {
    return this.context.holds(rule);
  }

  groupKey(reference: string): string | undefined {
    if (this.groups.has(reference)) return reference;
    const { inventory } = this.context;
    const key = inventory.find("group", reference)?.key;
    return key ?? (inventory.isForeign("group", reference) ? undefined : reference);
  }

  exists(group: string): boolean {
    return this.groups.has(group);
  }

  crossZone(group: string): boolean {
    return this.groups.get(group)?.text("loadBalancingCrossZoneEnabled") !== "false";
  }

  nodesOf(balancer: string): Node[] {
    return [...this.nodes].filter((node) => node.balancer === balancer);
  }

  /** The groups that a node's rules forward to. */
  uses(node: Node, group: string): boolean {
    return this.used.get(node)?.has(group) ?? false;
  }

  /** Creates the nodes of a balancer, and takes away those in zones that it has no longer. */
  setBalancer(balancer: Live): void {
    const zones = zonesOf(balancer, this.context.inventory);
    const present = this.nodesOf(balancer.key);
    for (const node of present) if (!zones.includes(node.zone)) this.nodes.delete(node);
    for (const zone of zones)
      if (!present.some((node) => node.zone === zone)) this.addNode(balancer.key, zone, present[0]);
  }

  /** Deletes the balancer with its listeners, at once (rules `balancer-takes-listeners`, `deletion-cuts`). */
  removeBalancer(balancer: Live): void {
    const gone = this.nodesOf(balancer.key);
    const listeners = new Set(gone.flatMap((node) => [...node.listeners.keys()]));
    for (const node of gone) this.nodes.delete(node);
    this.cut("connection-cut", ({ listener }) => listeners.has(listener));
  }

  setListener(listener: Live, atOnce: boolean): void {
    const { inventory } = this.context;
    const reference = listener.text("loadBalancerArn") ?? "";
    const balancer = inventory.find("balancer", reference)?.key ?? reference;
    const nodes = this.nodesAt(balancer);
    const known: NodeListener = {
      key: listener.key,
      port: listener.number("port", UNNAMED_PORT),
      action: defaultActionOf(listener),
    };
    for (const node of nodes) this.adopt(node, known.key, atOnce, () => node.listeners.set(known.key, known));
  }

  removeListener(listener: Live): void {
    for (const node of this.nodes) node.listeners.delete(listener.key);
    this.cut("connection-cut", ({ listener: through }) => through === listener.key);
  }

  setRule(rule: Live, atOnce: boolean): void {
    const reference = rule.text("listenerArn") ?? "";
    const listener = this.context.inventory.find("listener", reference);
    const known: NodeRule = {
      key: rule.key,
      listener: listener?.key ?? reference,
      priority: rule.number("priority", 50_000),
      conditions: rule.objects("conditions").map(conditionOf),
      action: actionOf(rule.objects("actions")),
    };
    if (!listener) this.standInFor(reference);
    for (const node of this.nodes) this.adopt(node, known.key, atOnce, () => node.setRule(known));
  }

  removeRule(rule: Live): void {
    for (const node of this.nodes) this.adopt(node, rule.key, false, () => node.deleteRule(rule.key));
  }

  addGroup(group: Live): void {
    this.groups.set(group.key, group);
  }

  /** Deletes a group at once (rule `deletion-cuts`). */
  removeGroup(group: Live): void {
    this.groups.delete(group.key);
    this.registered.delete(group.key);
    for (const node of this.nodes) {
      for (const view of node.groups.get(group.key)?.values() ?? []) stopChecks(view);
      node.groups.delete(group.key);
    }
    this.cut("connection-cut", (request) => request.group === group.key);
  }

  register(group: string, target: Target, atOnce: boolean): void {
    this.targets.add(target);
    const registered = this.registered.get(group) ?? new Map<string, Target>();
    this.registered.set(group, registered.set(target.id, target));
    for (const node of this.nodes) {
      this.adopt(node, `${group} ${target.id}`, atOnce, () => this.addView(node, group, target, atOnce));
    }
  }

  /** Takes a target out of a group; gives the seconds until AWS calls that done. */
  deregister(group: string, id: string): number {
    const { clock } = this.context;
    const delay = this.groups.get(group)?.number("deregistrationDelay", 300) ?? 0;
    const target = this.registered.get(group)?.get(id);
    if (!target) return delay;
    this.registered.get(group)?.delete(id);
    for (const node of this.nodes) {
      this.adopt(
        node,
        `${group} ${id}`,
        false,
        () => this.removeView(node, group, id),
        this.holds("draining") ? 0 : delay,
      );
    }
    clock.after(delay, () => {
      if (this.registered.get(group)?.has(id)) return;
      target.cut("cut-by-delay", clock.now, (request) => request.group === group);
    });
    return delay;
  }

  registeredIn(group: string): Target[] {
    return [...(this.registered.get(group)?.values() ?? [])];
  }

  /** A target's state as the API reports it: the worst of the nodes that use its group. */
  reported(group: string, id: string): View["state"] {
    const users = [...this.nodes].filter((node) => this.uses(node, group));
    const states = users.map((node) => node.groups.get(group)?.get(id)?.state ?? "initial");
    return (
      (["unhealthy", "initial", "unused"] as const).find((state) => states.includes(state)) ??
      (states.length > 0 ? "healthy" : "unused")
    );
  }

  /** The addresses that a balancer's name resolves to. */
  addressesOf(balancer: string): string[] {
    const nodes = this.nodesOf(balancer);
    const healthy = nodes.filter((node) => this.zoneIsInDns(node));
    return (healthy.length > 0 ? healthy : nodes).map(({ address }) => address);
  }

  /** Whether every group that a node uses has a healthy target. */
  allGroupsHealthy(node: Node): boolean {
    return [...(this.used.get(node) ?? [])].every((group) => {
      const views = [...(node.groups.get(group)?.values() ?? [])];
      return views.some(({ state }) => state === "healthy");
    });
  }

  nodeAt(address: string): Node | undefined {
    for (const node of this.nodes) if (node.address === address) return node;
    return undefined;
  }

  /** Rule `unhealthy-zone-leaves-dns`: for groups without cross-zone balancing; with it, all zones are alike. */
  private zoneIsInDns(node: Node): boolean {
    return [...node.groups].every(([group, views]) => {
      if (this.crossZone(group) || !this.uses(node, group)) return true;
      const own = [...views.values()].filter(({ target }) => target.zone === node.zone);
      return own.length === 0 || own.some(({ state }) => state !== "unhealthy");
    });
  }

  private addNode(balancer: string, zone: string, like: Node | undefined): Node {
    const node = new Node(balancer, zone, this);
    this.nodes.add(node);
    if (like) {
      for (const listener of like.listeners.values()) node.listeners.set(listener.key, listener);
      for (const rule of like.allRules()) node.setRule(rule);
    }
    this.useGroups(node, false);
    for (const [group, targets] of this.registered) {
      for (const target of targets.values()) this.addView(node, group, target, false);
    }
    return node;
  }

  /** The nodes of a balancer; of one that is another stack's, stand-ins. */
  private nodesAt(balancer: string): Node[] {
    const present = this.nodesOf(balancer);
    const { inventory } = this.context;
    if (present.length > 0 || !inventory.isForeign("balancer", balancer)) return present;
    return ["zone-a", "zone-b"].map((zone) => this.addNode(balancer, zone, undefined));
  }

  /** A rule may be on a listener of another stack: one that answers 404 by default stands in for it, on port 80. */
  private standInFor(listener: string): void {
    if (!this.context.inventory.isForeign("listener", listener)) return;
    for (const node of this.nodesAt(listener)) {
      node.listeners.set(listener, { key: listener, port: UNNAMED_PORT, action: { kind: "fixed", status: 404 } });
    }
  }

  /** Rule `late-adoption`: in order for one resource, each resource and each node by itself. */
  private adopt(node: Node, resource: string, atOnce: boolean, change: () => void, extra = 0): void {
    const { random, timing } = this.context;
    const apply = () => {
      if (!this.nodes.has(node)) return;
      change();
      this.useGroups(node, atOnce);
    };
    if (atOnce) {
      apply();
      return;
    }
    const late = this.holds("late-adoption") ? random.between(timing.adoption) : 0;
    this.adoptions.after(`${node.address} ${resource}`, late + extra, apply);
  }

  /** Rule `unused-without-a-rule`: only a group in one of the node's rules is health-checked. */
  private useGroups(node: Node, atOnce: boolean): void {
    const references = node.actions().flatMap(groupsOf);
    const keys = references.map((reference) => this.groupKey(reference));
    const used = new Set(keys.filter((key): key is string => key !== undefined));
    this.used.set(node, used);
    for (const [group, views] of node.groups) {
      for (const view of views.values()) {
        if (used.has(group) && view.state === "unused") this.check(group, view, atOnce);
        else if (!used.has(group) && view.state !== "unused") stopChecks(view);
      }
    }
  }

  private addView(node: Node, group: string, target: Target, atOnce: boolean): void {
    if (!this.groups.has(group)) return;
    const views = node.groups.get(group) ?? new Map<string, View>();
    const view: View = { target, state: "unused", streak: 0, checks: 0 };
    const former = views.get(target.id);
    if (former) stopChecks(former);
    node.groups.set(group, views.set(target.id, view));
    if (this.uses(node, group)) this.check(group, view, atOnce);
  }

  private removeView(node: Node, group: string, id: string): void {
    const view = node.groups.get(group)?.get(id);
    if (view) stopChecks(view);
    node.groups.get(group)?.delete(id);
  }

  private check(group: string, view: View, atOnce: boolean): void {
    const live = this.groups.get(group);
    if (live) startChecks(this.context, live, view, atOnce);
  }

  private cut(reason: LossReason, which: (request: InFlight) => boolean): void {
    for (const target of this.targets) target.cut(reason, this.context.clock.now, which);
  }
}
