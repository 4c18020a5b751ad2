import type { DesiredBalancer, DesiredTargetGroup, TargetHealth } from "./desired";
import type { Health } from "./health-check";
import { inUse, nodeAddress, SLOTS, socketOf } from "./loopback";
import { BalancerNode, type NodeOptions, usedGroups, type View } from "./node";
import type { Group } from "./node-group";
import type { Target } from "./node-target";

export interface BalancerOptions extends NodeOptions {
  nodes: number;
  /** The least and the most milliseconds that a node takes to adopt a change. */
  adoptionDelay: [number, number];
  /** The loopback port of listener 80. */
  basePort: number;
}

interface Balancer {
  desired: DesiredBalancer;
  slot: number;
  nodes: BalancerNode[];
}

/** What a DNS name of a balancer leads to. */
export interface NamedBalancer {
  /** Of its nodes. */
  ipv4: string[];
  dualstack: boolean;
  /**
   * Whether Route 53 takes it for healthy: every target group in use has a healthy target, and one without registered targets
   * is unhealthy (Route 53 API, AliasTarget, EvaluateTargetHealth).
   */
  healthy(): boolean;
}

const draining: Health = { state: "draining", reason: "Target.DeregistrationInProgress" };

/** The control plane's side of balancers and target groups: what is asked for, handed to every node with its delay. */
export class Balancers {
  readonly zones: readonly string[];
  private readonly balancers = new Map<string, Balancer>();
  private groups = new Map<string, Group>();
  private readonly leaving = new Set<{ targetGroupArn: string; target: Target }>();
  private lastSlot = -1;

  constructor(private readonly options: BalancerOptions) {
    this.zones = Array.from({ length: options.nodes }, (_, i) => `local-${String.fromCharCode(97 + i)}`);
  }

  async apply(balancers: readonly DesiredBalancer[], targetGroups: readonly DesiredTargetGroup[]): Promise<void> {
    const targets = (arn: string) => this.groups.get(arn)?.targets ?? [];
    this.groups = new Map(targetGroups.map((settings) => [settings.arn, { settings, targets: targets(settings.arn) }]));

    const wanted = new Map(balancers.map((desired) => [desired.arn, desired]));
    for (const [arn, { nodes }] of this.balancers) {
      if (wanted.has(arn)) continue;
      this.balancers.delete(arn);
      for (const node of nodes) void node.stop(0);
    }
    for (const desired of balancers) {
      const known = this.balancers.get(desired.arn);
      if (known) known.desired = desired;
      else this.balancers.set(desired.arn, this.create(desired));
    }
    void this.publish();
    for (const balancer of this.balancers.values()) await this.listen(balancer);
  }

  register(targetGroupArn: string, target: Target) {
    const group = this.groups.get(targetGroupArn);
    if (!group) return;
    this.groups.set(targetGroupArn, { ...group, targets: [...group.targets, target] });
    void this.publish();
  }

  /** Resolves when every node has let the target go. */
  async deregister(targetGroupArn: string, target: Target): Promise<void> {
    const group = this.groups.get(targetGroupArn);
    if (!group?.targets.includes(target)) return;
    this.groups.set(targetGroupArn, { ...group, targets: group.targets.filter((other) => other !== target) });
    const entry = { targetGroupArn, target };
    this.leaving.add(entry);
    await this.publish();
    await Promise.all(this.nodes().map((node) => node.drained(targetGroupArn, target.id)));
    this.leaving.delete(entry);
  }

  targetHealth(targetGroupArn: string): TargetHealth[] {
    const registered = this.groups.get(targetGroupArn)?.targets ?? [];
    const leaving = [...this.leaving].filter((entry) => entry.targetGroupArn === targetGroupArn);
    return [
      ...registered.map(({ id, zone }) => ({ id, zone, ...this.health(targetGroupArn, id) })),
      ...leaving.map(({ target: { id, zone } }) => ({ id, zone, ...draining })),
    ];
  }

  /** The view over the nodes: healthy only where all of them say so. */
  health(targetGroupArn: string, targetId: string): Health {
    const using = [...this.balancers.values()].filter(({ desired }) => usedGroups(desired).has(targetGroupArn));
    if (using.length === 0) return { state: "unused", reason: "Target.NotInUse" };
    const seen = using.flatMap(({ nodes }) => nodes.map((node) => node.health(targetGroupArn, targetId)));
    return seen.find(({ state }) => state !== "healthy") ?? { state: "healthy" };
  }

  /** Where the nodes answer for a listener: `127.0.0.1:4080`. */
  addresses(balancerArn: string, listenerPort: number): string[] {
    const balancer = this.balancers.get(balancerArn);
    if (!balancer) return [];
    const sockets = balancer.nodes.map((_, i) => this.socket(balancer, i, listenerPort));
    return sockets.map(({ host, port }) => `${host}:${port}`);
  }

  /** The balancer of a DNS name, as Route 53 sees it. */
  named(dnsName: string): NamedBalancer | undefined {
    const balancer = [...this.balancers.values()].find(({ desired }) => desired.dnsName.toLowerCase() === dnsName);
    if (!balancer) return undefined;
    const { slot, nodes, desired } = balancer;
    return {
      ipv4: nodes.map((_, i) => nodeAddress(slot, i)),
      dualstack: desired.dualstack,
      healthy: () => [...usedGroups(desired)].every((arn) => this.hasHealthyTarget(arn)),
    };
  }

  async settled(): Promise<void> {
    await Promise.all(this.nodes().map((node) => node.settled()));
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.nodes().map((node) => node.stop(graceMs)));
  }

  private create(desired: DesiredBalancer): Balancer {
    const nodes = this.zones.map((zone) => new BalancerNode(zone, this.viewOf(desired), this.options));
    return { desired, slot: this.freeSlot(desired), nodes };
  }

  /** The next one: a client that still has a deleted balancer's address must not find another balancer there. */
  private freeSlot(desired: DesiredBalancer): number {
    const taken = new Set([...this.balancers.values()].map(({ slot }) => slot));
    if (taken.size === SLOTS) throw new Error(`${desired.arn}: the local cloud has room for ${SLOTS} balancers`);
    do this.lastSlot = (this.lastSlot + 1) % SLOTS;
    while (taken.has(this.lastSlot));
    return this.lastSlot;
  }

  private hasHealthyTarget(targetGroupArn: string): boolean {
    return this.targetHealth(targetGroupArn).some(({ state }) => state === "healthy");
  }

  private async publish(): Promise<void> {
    const adopted = [...this.balancers.values()].flatMap(({ desired, nodes }) => {
      const view = this.viewOf(desired);
      return nodes.map((node) => node.adopt(view, this.delay()));
    });
    await Promise.all(adopted);
  }

  private viewOf(balancer: DesiredBalancer): View {
    return { balancer, groups: new Map(this.groups) };
  }

  private delay(): number {
    const [least, most] = this.options.adoptionDelay;
    return least + this.options.random() * (most - least);
  }

  private async listen(balancer: Balancer): Promise<void> {
    const wanted = balancer.desired.listeners.map((listener) => listener.port);
    for (const [i, node] of balancer.nodes.entries()) {
      for (const port of node.listenerPorts) if (!wanted.includes(port)) node.close(port);
      for (const port of wanted) {
        const socket = this.socket(balancer, i, port);
        await node.listen(port, socket).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "EADDRINUSE") throw error;
          throw inUse(socket, `listener ${port} of ${balancer.desired.arn}`);
        });
      }
    }
  }

  private socket({ slot }: Balancer, node: number, listenerPort: number) {
    return socketOf(nodeAddress(slot, node), listenerPort, this.options.basePort);
  }

  private nodes(): BalancerNode[] {
    return [...this.balancers.values()].flatMap(({ nodes }) => nodes);
  }
}
