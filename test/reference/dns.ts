import type { Balancing } from "./balancing";
import type { Context } from "./context";
import type { Inventory } from "./inventory";
import { type Live, listOf } from "./resources";

/** The TTL of a load balancer's name, and so of an alias to it (ALB guide, target-group-health: "60 seconds"). */
const BALANCER_TTL = 60;
/** Rule `negative-cache`. */
const NEGATIVE_TTL = 900;

/** An answer: addresses, none if the name does not exist. `outside` stands for an address that is no balancer of this cloud. */
export interface Answer {
  readonly addresses: readonly string[];
  readonly ttl: number;
  /** The name to ask for next: the answer is a CNAME record. */
  readonly next?: string;
}

/** Follows CNAME records to addresses. */
export function follow(name: string, ask: (name: string, referred: boolean) => Answer): Answer {
  let answer = ask(name, false);
  for (let hops = 0; answer.next !== undefined && hops < 8; hops++) answer = ask(answer.next, true);
  return answer;
}

export const OUTSIDE = "outside";

export function fullName(record: Live, zones: readonly Live[]): string {
  const given = record.text("fqdn") ?? record.text("name") ?? "";
  const zone = zones.find((one) => isIn(record, one))?.text("name");
  const name = bare(given);
  return zone === undefined || name === bare(zone) || name.endsWith(`.${bare(zone)}`) ? name : bare(`${name}.${zone}`);
}

function isIn(record: Live, zone: Live): boolean {
  return [zone.text("zoneId"), zone.resource.id, zone.key].includes(record.text("zoneId"));
}

/** The record sets of a hosted zone. */
export function recordsOf(zone: Live, inventory: Inventory): Live[] {
  return inventory.all("record").filter((record) => isIn(record, zone));
}

/** Names are compared without case and without the dot at the end. */
export function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** A version of a record set, as name servers have it. */
export interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly values: readonly string[];
  readonly aliases: readonly { readonly name: string; readonly evaluate: boolean }[];
  readonly weight: number | undefined;
  readonly secondary: boolean;
  readonly setIdentifier: string | undefined;
  readonly healthCheck: string | undefined;
  readonly zone: string | undefined;
}

export function recordSetOf(record: Live, zones: readonly Live[]): RecordSet {
  const [weighted] = record.objects("weightedRoutingPolicies");
  const [failover] = record.objects("failoverRoutingPolicies");
  const other = ["latencyRoutingPolicies", "geolocationRoutingPolicies"].some(
    (name) => listOf(record.props[name]).length > 0,
  );
  return {
    name: fullName(record, zones),
    type: record.text("type") ?? "A",
    ttl: record.number("ttl", BALANCER_TTL),
    values: record.texts("records"),
    aliases: record.objects("aliases").map(({ name, evaluateTargetHealth }) => ({
      name: bare(String(name)),
      evaluate: evaluateTargetHealth === true || evaluateTargetHealth === "true",
    })),
    // By place or latency, every client gets one of the records: as good as by equal weights, for what is lost.
    weight: weighted ? Number(weighted.weight) : other || failover ? 1 : undefined,
    secondary: failover?.type === "SECONDARY",
    setIdentifier: record.text("setIdentifier"),
    healthCheck: record.text("healthCheckId"),
    zone: record.text("zoneId"),
  };
}

/** Route 53 as one resolver's name server has it. */
export class NameServer {
  readonly records = new Map<Live, RecordSet>();

  constructor(
    private readonly context: Context,
    private readonly balancing: Balancing,
    /** Whether a health check passes; one of another stack is taken to. */
    private readonly passes: (healthCheck: string) => boolean,
    /** The names that existed once: a deleted balancer's name is no foreign one. */
    private readonly everKnown: ReadonlySet<string>,
  ) {}

  /** One answer; `referred` if a record of this cloud led to the name. */
  resolve(name: string, referred: boolean, aliases = 0): Answer {
    const asked = bare(name);
    const balancer = this.context.inventory
      .all("balancer")
      .find((one) => bare(one.text("dnsName") ?? one.key) === asked);
    if (balancer) return this.balancerAnswer(balancer);
    const sets = this.setsOf(asked);
    if (sets.length === 0 || aliases > 8) return this.unknown(asked, referred);
    const chosen = this.choose(sets);
    if (!chosen) return { addresses: [], ttl: NEGATIVE_TTL };
    const [to] = chosen.aliases;
    // An alias is resolved by Route 53 itself, and has the TTL of what it stands for.
    if (to) return this.resolve(to.name, true, aliases + 1);
    if (chosen.type === "CNAME") return { addresses: [], ttl: chosen.ttl, next: chosen.values[0] };
    return { addresses: chosen.values.map((value) => this.addressOf(value)), ttl: chosen.ttl };
  }

  /** A name that Route 53 has no record of. In a zone of this cloud it does not exist; elsewhere nothing is known of it. */
  private unknown(name: string, referred: boolean): Answer {
    const { inventory } = this.context;
    const standIn = this.balancing.addressesOf(name);
    if (standIn.length > 0) return { addresses: standIn, ttl: BALANCER_TTL };
    const known =
      this.everKnown.has(name) || inventory.all("zone").some((zone) => inZone(name, bare(zone.text("name") ?? "")));
    return known || !referred ? { addresses: [], ttl: NEGATIVE_TTL } : { addresses: [OUTSIDE], ttl: BALANCER_TTL };
  }

  private balancerAnswer(balancer: Live): Answer {
    // Network balancers pass every connection on: what is behind them is not simulated.
    if (isForeignKind(balancer)) return { addresses: [OUTSIDE], ttl: BALANCER_TTL };
    return { addresses: this.balancing.addressesOf(balancer.key), ttl: BALANCER_TTL };
  }

  private addressOf(value: string): string {
    return this.balancing.nodeAt(value) ? value : OUTSIDE;
  }

  private setsOf(name: string): RecordSet[] {
    const exact = [...this.records.values()].filter((set) => set.name === name && ["A", "CNAME"].includes(set.type));
    if (exact.length > 0) return exact;
    return [...this.records.values()].filter(
      (set) => set.name.startsWith("*.") && name.endsWith(set.name.slice(1)) && ["A", "CNAME"].includes(set.type),
    );
  }

  /** Route 53's choice (rules `weighted-records` to `no-healthy-record`). */
  private choose(sets: readonly RecordSet[]): RecordSet | undefined {
    const { random, holds } = this.context;
    const weighted = sets.map((set) => ({ set, weight: set.weight ?? 1 }));
    const healthy = holds("healthy-record") ? weighted.filter(({ set }) => this.healthy(set)) : weighted;
    const candidates = healthy.length > 0 ? healthy : weighted;
    const primary = candidates.filter(({ set }) => !set.secondary);
    const preferred = primary.length > 0 ? primary : candidates;
    // Nothing has weight: the healthy zero-weighted ones, or all of them, with equal probability.
    return (random.weighted(preferred) ?? random.of(preferred))?.set;
  }

  private healthy(set: RecordSet): boolean {
    if (set.healthCheck !== undefined && !this.passes(set.healthCheck)) return false;
    return set.aliases.every(({ name, evaluate }) => !evaluate || this.aliasHealthy(name));
  }

  /** Rule `alias-target-health`. */
  private aliasHealthy(name: string): boolean {
    const balancer = this.context.inventory.all("balancer").find((one) => bare(one.text("dnsName") ?? "") === name);
    if (!balancer) {
      const sets = this.setsOf(name);
      return sets.length === 0 ? !this.everKnown.has(name) : sets.some((set) => this.healthy(set));
    }
    if (isForeignKind(balancer)) return true;
    return this.balancing.nodesOf(balancer.key).some((node) => this.balancing.allGroupsHealthy(node));
  }
}

export function isForeignKind(balancer: Live): boolean {
  return (balancer.text("loadBalancerType") ?? "application") !== "application";
}

function inZone(name: string, zone: string): boolean {
  return zone !== "" && (name === zone || name.endsWith(`.${zone}`));
}
