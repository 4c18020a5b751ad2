import type { LiveSubnet } from "../../live/subnets";
import type { Finding } from "../../policies/policy";
import { nameOf } from "../../traffic";
import { type Place, type Placed, placesOf } from "./places";

/** Subnets that something is added to. */
export interface AddressRoom {
  subnets: string[];
  /** How many addresses the update takes in them, at the most at once. */
  added: number;
  /** How many are free; none where they do not run out, as of IPv6. */
  free: number | undefined;
}

/** What each set of subnets has and is to have. */
export function addressRooms(additions: readonly Placed[], live: readonly LiveSubnet[]): AddressRoom[] {
  return placesOf(additions).map((place) => roomOf(place, live));
}

/** Where there is no room, and, as advice, where there is for the sum and not for an even share of it. */
export function addressProblems(additions: readonly Placed[], live: readonly LiveSubnet[]): Finding[] {
  const full = placesOf(additions).flatMap((place) => {
    const room = roomOf(place, live);
    return room.free !== undefined && room.added > room.free ? [noRoom(place, room.added, room.free)] : [];
  });
  return full.length > 0 ? full : unevenSubnets(additions, live);
}

function roomOf({ subnets, additions }: Place, live: readonly LiveSubnet[]): AddressRoom {
  const free = subnets.map((id) => live.find((subnet) => subnet.id === id)?.free);
  const isCounted = free.every((count) => count !== undefined);
  return { subnets, added: sum(additions), free: isCounted ? free.reduce((all, count) => all + count, 0) : undefined };
}

function noRoom({ subnets, additions }: Place, added: number, free: number): Finding {
  return {
    urn: urnOf(additions),
    what: `${named(additions)} would take ${addresses(added)} more in ${subnets.join(", ")}, and ${free} ${free === 1 ? "is" : "are"} free there.`,
    why: "Two versions run side by side in a release. A task or an instance without an address does not start: the update stops half way, tasks stay in PROVISIONING, and a deployment circuit breaker ends their deployment (ECS API, DeploymentCircuitBreaker).",
    instead: `Give it a subnet more, or its VPC a CIDR block more; free ${added - free}; or release when less runs there.`,
  };
}

/**
 * By an even share over zones and over the subnets of each. Tasks are spread so as well as can be ("Fargate will try its best to
 * spread tasks across accessible Availability Zones", ECS developer guide, task placement); whether another subnet is tried when one
 * is full is documented nowhere.
 */
function unevenSubnets(additions: readonly Placed[], live: readonly LiveSubnet[]): Finding[] {
  return live.flatMap(({ id, free }) => {
    const here = additions.filter(({ subnets }) => subnets.includes(id));
    const share = here.reduce((all, addition) => all + evenShare(addition, id, live), 0);
    if (free === undefined || share <= free) return [];
    return {
      urn: urnOf(here),
      what: `${id} has ${addresses(free)} free, and an even share of what ${named(here)} would take is ${share}.`,
      why: "ECS and Auto Scaling spread over the zones as well as they can. Whether they take another subnet when one is full is not documented: the update may stop half way, although the others have room.",
      instead: `Make room in ${id}, or leave it out of the subnets while it is full.`,
      advisory: true,
    };
  });
}

function evenShare({ count, subnets }: Placed, id: string, live: readonly LiveSubnet[]): number {
  const own = live.filter((subnet) => subnets.includes(subnet.id));
  const zones = new Set(own.map(({ zone }) => zone));
  const zone = own.find((subnet) => subnet.id === id)?.zone;
  const beside = own.filter((subnet) => subnet.zone === zone).length;
  return Math.ceil(Math.ceil(count / zones.size) / beside);
}

function sum(additions: readonly Placed[]): number {
  return additions.reduce((all, { count }) => all + count, 0);
}

/** The one that adds most stands for all. */
function urnOf(additions: readonly Placed[]): string {
  const [most] = [...additions].sort((one, other) => other.count - one.count);
  return most?.resource.urn ?? "";
}

function named(additions: readonly Placed[]): string {
  return additions.map(({ resource }) => `"${nameOf(resource.urn)}"`).join(" and ");
}

function addresses(count: number): string {
  return count === 1 ? "1 address" : `${count} addresses`;
}
