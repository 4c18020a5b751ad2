import { Balancing } from "./balancing";
import type { Context } from "./context";
import { isForeignKind } from "./dns";
import { Fleet } from "./fleet";
import { type Behaviors, behaviorOf, planOfScalingGroup, planOfService } from "./fleet-plans";
import { refusesCreation, refusesDeletion, refusesForward } from "./refusals";
import { type Kind, Live, type Resource } from "./resources";
import { Route53 } from "./route53";
import { Target } from "./targets";
import { zoneOfSubnet } from "./zones";

/** The order in which a cloud that is there already is put together: what is referred to comes first. */
const ORDER: readonly Kind[] = [
  "subnet",
  "zone",
  "healthCheck",
  "balancer",
  "group",
  "instance",
  "listener",
  "rule",
  "attachment",
  "scalingAttachment",
  "service",
  "scalingGroup",
  "record",
];

/** The simulated cloud: what each resource's creation, update and deletion does to it. */
export class World {
  readonly balancing: Balancing;
  readonly dns: Route53;
  private readonly fleets = new Map<Live, Fleet>();
  private readonly fleetNames = new Map<string, number>();
  /** What attachments registered: one process for each target id. */
  private readonly attached = new Map<string, Target>();
  /** When the servers on instances that were created meanwhile start. */
  private readonly starts = new Map<string, number>();

  constructor(
    private readonly context: Context,
    private readonly behaviors: Behaviors,
    resolvers: number,
  ) {
    this.balancing = new Balancing(context);
    this.dns = new Route53(context, this.balancing, resolvers);
  }

  /** Puts together a steady cloud. */
  load(resources: readonly Resource[]): void {
    const { inventory } = this.context;
    for (const resource of resources) inventory.add(resource);
    for (const kind of ORDER) for (const item of inventory.all(kind)) this.apply(item, true);
  }

  /** Each gives AWS's refusal, if AWS refuses. */
  create(resource: Resource): string | undefined {
    const refusal = refusesCreation(resource, this.context.inventory);
    if (refusal) return refusal;
    const item = this.context.inventory.add(resource);
    if (item) this.apply(item, false);
    return undefined;
  }

  update(resource: Resource): string | undefined {
    const { inventory } = this.context;
    const item = inventory.current(resource);
    if (!item) return undefined;
    const wanted = new Live(item.kind, item.resource);
    wanted.update(resource);
    const refusal = refusesForward(wanted, inventory);
    if (refusal) return refusal;
    const attachedBefore = this.attachmentOf(item);
    inventory.update(item, resource);
    if (attachedBefore && !sameAttachment(attachedBefore, this.attachmentOf(item))) this.detach(attachedBefore);
    this.apply(item, false);
    return undefined;
  }

  delete(resource: Resource): string | undefined {
    const { inventory } = this.context;
    const item = inventory.current(resource);
    if (!item) return undefined;
    const refusal = refusesDeletion(item, inventory);
    if (refusal) return refusal;
    const attachment = this.attachmentOf(item);
    inventory.remove(item);
    this.takeAway(item, attachment);
    return undefined;
  }

  /** Makes the cloud what a resource says, after its creation or update. */
  private apply(item: Live, atOnce: boolean): void {
    const { balancing, dns } = this;
    const effects: Partial<Record<Kind, () => void>> = {
      balancer: () => {
        if (!isForeignKind(item)) balancing.setBalancer(item);
        dns.addBalancer(item);
      },
      listener: () => balancing.setListener(item, atOnce),
      rule: () => balancing.setRule(item, atOnce),
      group: () => balancing.addGroup(item),
      instance: () => this.startInstance(item, atOnce),
      attachment: () => this.attach(item, atOnce),
      service: () => this.setFleet(item, planOfService(item, this.context, balancing, this.behaviors), atOnce),
      scalingGroup: () =>
        this.setFleet(item, planOfScalingGroup(item, this.context, balancing, this.behaviors), atOnce),
      scalingAttachment: () => this.refreshScalingGroups(atOnce),
      record: () => dns.set(item, true, atOnce),
      healthCheck: () => dns.addHealthCheck(item),
    };
    effects[item.kind]?.();
  }

  private takeAway(item: Live, attachment: Attachment | undefined): void {
    const { balancing, dns } = this;
    const effects: Partial<Record<Kind, () => void>> = {
      balancer: () => balancing.removeBalancer(item),
      listener: () => balancing.removeListener(item),
      rule: () => balancing.removeRule(item),
      group: () => balancing.removeGroup(item),
      attachment: () => attachment && this.detach(attachment),
      instance: () => this.attached.get(item.key)?.stop(this.context.clock.now),
      service: () => this.removeFleet(item),
      scalingGroup: () => this.removeFleet(item),
      scalingAttachment: () => this.refreshScalingGroups(false),
      record: () => dns.set(item, false, false),
      zone: () => dns.removeZone(item),
      healthCheck: () => dns.removeHealthCheck(item),
    };
    effects[item.kind]?.();
  }

  private setFleet(item: Live, plan: Parameters<Fleet["change"]>[0], atOnce: boolean): void {
    const present = this.fleets.get(item);
    const fleet = present ?? new Fleet(this.fleetName(item), plan, this.context, this.balancing);
    this.fleets.set(item, fleet);
    if (atOnce) fleet.startSteady();
    else fleet.change(plan);
  }

  /** A replacement may have the name of what it replaces: their members must not be taken for each other. */
  private fleetName(item: Live): string {
    const name = item.text("name") ?? item.key;
    const before = this.fleetNames.get(name) ?? 0;
    this.fleetNames.set(name, before + 1);
    return before === 0 ? name : `${name}#${before + 1}`;
  }

  private removeFleet(item: Live): void {
    this.fleets.get(item)?.remove();
    this.fleets.delete(item);
  }

  private startInstance({ key }: Live, atOnce: boolean): void {
    const { clock, random, timing } = this.context;
    if (!atOnce && !this.starts.has(key)) this.starts.set(key, clock.now + random.between(timing.instanceStart));
  }

  private refreshScalingGroups(atOnce: boolean): void {
    // In a cloud that is put together, the groups come after their attachments.
    if (!atOnce) for (const group of this.context.inventory.all("scalingGroup")) this.apply(group, false);
  }

  private attach(item: Live, atOnce: boolean): void {
    const attachment = this.attachmentOf(item);
    if (attachment) this.balancing.register(attachment.group, this.targetOf(item, attachment.id), atOnce);
  }

  private detach({ group, id }: Attachment): void {
    this.balancing.deregister(group, id);
  }

  private attachmentOf(item: Live): Attachment | undefined {
    if (item.kind !== "attachment") return undefined;
    const group = this.balancing.groupKey(item.text("targetGroupArn") ?? "");
    const target = item.text("targetId") ?? "";
    const instance = this.context.inventory.find("instance", target)?.key;
    return group === undefined ? undefined : { group, id: instance ?? target };
  }

  /** The process behind an attached target. One that nothing here creates has always been running. */
  private targetOf(item: Live, id: string): Target {
    const present = this.attached.get(id);
    if (present) return present;
    const { inventory } = this.context;
    const instance = inventory.find("instance", id);
    const subnet = instance?.text("subnetId");
    const zone =
      item.text("availabilityZone") ??
      instance?.text("availabilityZone") ??
      (subnet && zoneOfSubnet(subnet, inventory));
    const behavior = behaviorOf(this.behaviors, [id, instance?.resource.urn, item.text("targetId")]);
    const target = new Target(id, zone ?? this.nextZone(), behavior, this.starts.get(id) ?? Number.NEGATIVE_INFINITY);
    this.attached.set(id, target);
    return target;
  }

  /** Targets whose zones nothing tells are taken to be spread over those of the balancers. */
  private nextZone(): string {
    const zones = [...new Set([...this.balancing.nodes].map(({ zone }) => zone))];
    return zones[this.attached.size % Math.max(1, zones.length)] ?? "";
  }
}

interface Attachment {
  readonly group: string;
  readonly id: string;
}

function sameAttachment(one: Attachment, other: Attachment | undefined): boolean {
  return one.group === other?.group && one.id === other.id;
}
