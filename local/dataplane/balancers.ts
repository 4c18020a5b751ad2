import type { DesiredBalancer, DesiredTargetGroup, TargetHealth } from "./desired";
import type { Health } from "./health-check";
import { BalancerNode, type NodeOptions, usedGroups, type View } from "./node";
import type { Group } from "./node-group";
import type { Target } from "./node-target";

export interface BalancerOptions extends NodeOptions {
  nodes: number;
  /** The least and the most milliseconds that a node takes to adopt a change. */
  adoptionDelay: [number, number];
  /** The loopback port of listener 80 on the first balancer's first node. */
  basePort: number;
}

interface Balancer {
  desired: DesiredBalancer;
  slot: number;
  nodes: BalancerNode[];
}

const draining: Health = { state: "draining", reason: "Target.DeregistrationInProgress" };

/** The control plane's side of balancers and target groups: what is asked for, handed to every node with its delay. */
export class Balancers {
  readonly zones: readonly string[];
  private readonly balancers = new Map<string, Balancer>();
  private groups = new Map<string, Group>();
  private readonly leaving = new Set<{ targetGroupArn: string; target: Target }>();

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

  addresses(balancerArn: string, listenerPort: number): string[] {
    const balancer = this.balancers.get(balancerArn);
    return balancer?.nodes.map((_, i) => `127.0.0.1:${this.loopbackPort(balancer, i, listenerPort)}`) ?? [];
  }

  async settled(): Promise<void> {
    await Promise.all(this.nodes().map((node) => node.settled()));
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.nodes().map((node) => node.stop(graceMs)));
  }

  private create(desired: DesiredBalancer): Balancer {
    const taken = [...this.balancers.values()].map(({ slot }) => slot);
    let free = 0;
    while (taken.includes(free)) free++;
    const nodes = this.zones.map((zone) => new BalancerNode(zone, this.viewOf(desired), this.options));
    return { desired, slot: free, nodes };
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
        const loopbackPort = this.loopbackPort(balancer, i, port);
        await node.listen(port, loopbackPort).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "EADDRINUSE") throw error;
          throw new Error(
            `Port ${loopbackPort} of 127.0.0.1, for listener ${port} of ${balancer.desired.arn}, is in use: ` +
              `stop the program that has it (\`lsof -i :${loopbackPort}\` names it) or choose another base port.`,
          );
        });
      }
    }
  }

  /** Worked out and not handed out, so that it is the same after a restart: listener 80 of the first is 4080 and 5080. */
  private loopbackPort({ slot }: Balancer, node: number, listenerPort: number): number {
    return this.options.basePort + (listenerPort - 80) + 100 * slot + 1000 * node;
  }

  private nodes(): BalancerNode[] {
    return [...this.balancers.values()].flatMap(({ nodes }) => nodes);
  }
}
