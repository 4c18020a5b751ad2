import type { NamedBalancer } from "../balancers";
import type { DesiredRecord, DesiredZone } from "../desired";
import { chooseRecord } from "./choose-record";
import { isUnder, plainName } from "./names";
import type { Zones } from "./zones";

/** What a name leads to, by the records, the balancers and their health now. */
export interface World {
  zones: Zones;
  balancer(name: string): NamedBalancer | undefined;
  /** Of a health check; one that is not there is not healthy. */
  isHealthy(healthCheckId: string): boolean;
  random: () => number;
}

/** Data of one type at one name. TTLs are in seconds, as on AWS. */
export interface Found {
  name: string;
  type: string;
  ttl: number;
  values: string[];
}

export interface LookUp {
  /** `refused`: nothing of ours. `no-name`: nothing has that name. `no-data`: it has nothing of the type. */
  result: "found" | "no-data" | "no-name" | "refused";
  /** In order: CNAMEs, if any, and what is asked for. */
  found: Found[];
  /** The zone that says so, unless it is refused. */
  zone: string;
}

/** The zone of the balancers' names. */
export const BALANCERS_ZONE = "eu-local-1.elb.amazonaws.com";

/** Seconds: "the TTL for load balancers" (Route 53 guide, "Values specific for weighted records"). */
const BALANCER_TTL = 60;

/** A chain of this length leads nowhere. */
const MOST_HOPS = 8;

/** Answers one question. A CNAME is followed where it leads to a name of ours, as clients' resolvers would do. */
export function lookUp(world: World, name: string, type: string, hops = 0): LookUp {
  const asked = plainName(name);
  const balancer = world.balancer(asked);
  if (balancer) return toLookUp(ofBalancer(world, balancer, asked, type), BALANCERS_ZONE);
  const zone = world.zones.zoneOf(asked);
  if (!zone) {
    const ours = isUnder(asked, BALANCERS_ZONE);
    return { result: ours ? "no-name" : "refused", found: [], zone: BALANCERS_ZONE };
  }
  const records = world.zones.recordsAt(zone, asked);
  if (!records) return { result: "no-name", found: [], zone: zone.name };
  const found = ofRecords(world, zone, asked, records, type, hops);
  const [first] = found;
  if (first?.type !== "CNAME" || type === "CNAME" || hops >= MOST_HOPS) return toLookUp(found, zone.name);
  const next = lookUp(world, first.values[0] ?? "", type, hops + 1);
  // A name outside is for the client's resolver to go on with.
  if (next.result === "refused") return toLookUp(found, zone.name);
  return { ...next, found: [...found, ...next.found] };
}

function toLookUp(found: Found[], zone: string): LookUp {
  return { result: found.length > 0 ? "found" : "no-data", found, zone };
}

function ofRecords(
  world: World,
  zone: DesiredZone,
  name: string,
  records: readonly DesiredRecord[],
  type: string,
  hops: number,
): Found[] {
  const own = records.filter((record) => record.type === type);
  const chosen = chooseRecord(
    own.length > 0 ? own : records.filter((record) => record.type === "CNAME"),
    (record) => isHealthy(world, zone, record),
    world.random,
  );
  if (!chosen) return [];
  const { alias, values, ttl = BALANCER_TTL } = chosen;
  if (!alias) return [{ name, type: chosen.type, ttl, values: shuffled(values, world.random) }];
  const target = aliasTarget(world, alias.name);
  if (target) return ofBalancer(world, target, name, type);
  if (hops >= MOST_HOPS) return [];
  // An alias to another record answers in its own name, with that record's data and TTL.
  const others = world.zones.recordsAt(zone, alias.name) ?? [];
  return ofRecords(world, zone, name, others, type, hops + 1);
}

function ofBalancer({ random }: World, { ipv4, dualstack }: NamedBalancer, name: string, type: string): Found[] {
  const values = shuffled(ipv4, random);
  if (type === "A") return [{ name, type, ttl: BALANCER_TTL, values }];
  // Loopback has one IPv6 address. The IPv4-mapped one stands in: a client connects to the same node by its IPv6 socket.
  const mapped = values.map((address) => `::ffff:${address}`);
  return type === "AAAA" && dualstack ? [{ name, type, ttl: BALANCER_TTL, values: mapped }] : [];
}

function isHealthy(world: World, zone: DesiredZone, record: DesiredRecord, hops = 0): boolean {
  const { healthCheckId, alias, type } = record;
  if (healthCheckId !== undefined && !world.isHealthy(healthCheckId)) return false;
  if (!alias?.evaluateTargetHealth) return true;
  const target = aliasTarget(world, alias.name);
  if (target) return target.healthy();
  // "As long as at least one of the weighted records is healthy, Route 53 considers the alias record to be healthy."
  const others = (world.zones.recordsAt(zone, alias.name) ?? []).filter((other) => other.type === type);
  return hops < MOST_HOPS && others.some((other) => isHealthy(world, zone, other, hops + 1));
}

/** `dualstack.NAME` is what the console writes for an alias to NAME. */
function aliasTarget(world: World, name: string): NamedBalancer | undefined {
  return world.balancer(name.replace(/^dualstack\./, ""));
}

/** In random order, so that clients that take the first one go to all alike. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
