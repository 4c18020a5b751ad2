import { above, isUnder, plainName } from "../../dataplane/dns/names";
import type { Properties, Records } from "../record";

export const ZONE = "aws:route53/zone:Zone";
export const RECORD = "aws:route53/record:Record";
export const HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck";

/** The name of a zone of this cloud; of another stack's zone nothing is known. */
export function zoneName(zoneId: unknown, records: Records): string | undefined {
  const zone = records.ofType(ZONE).find(({ id }) => id === zoneId);
  return zone && plainName(String(zone.inputs.name));
}

/**
 * A record's whole name, as the provider makes it: what does not end in the zone's name gets it appended. So a host of another
 * zone is not refused: it becomes a name in this one.
 */
export function recordName({ name, zoneId }: Properties, records: Records): string {
  const given = plainName(String(name));
  const zone = zoneName(zoneId, records);
  if (zone === undefined || given.endsWith(zone)) return given;
  return given === "" ? zone : `${given}.${zone}`;
}

/** What another stack's zone is called, as far as its records show: they are all in it, and one alone is not at its apex. */
export function apparentZone(names: readonly string[]): string {
  const [first = "", ...others] = [...new Set(names)];
  if (others.length === 0) return above(first).length > 1 ? (above(first)[0] ?? first) : first;
  return [first, ...above(first)].find((end) => others.every((name) => isUnder(name, end))) ?? "";
}
