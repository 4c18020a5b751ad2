import type { DesiredDns, DesiredHealthCheck, DesiredRecord } from "../dataplane";
import { plainName } from "../dataplane/dns/names";
import type { LocalRecord, Properties, Records } from "./record";
import { apparentZone, HEALTH_CHECK, RECORD, recordName, ZONE, zoneName } from "./types/route53-names";

/** What the records ask Route 53 to be. A zone that only records refer to is another stack's, and there too. */
export function toDns(records: Records): DesiredDns {
  const inZones = records.ofType(RECORD);
  const ids = new Set([
    ...records.ofType(ZONE).map(({ id }) => id),
    ...inZones.map(({ inputs }) => String(inputs.zoneId)),
  ]);
  return {
    zones: [...ids].map((id) => {
      const own = inZones.filter(({ inputs }) => inputs.zoneId === id).map((record) => toRecord(record, records));
      return { id, name: zoneName(id, records) ?? apparentZone(own.map(({ name }) => name)), records: own };
    }),
    healthChecks: records.ofType(HEALTH_CHECK).map(toHealthCheck),
  };
}

function toRecord({ inputs }: LocalRecord, records: Records): DesiredRecord {
  const [alias] = (inputs.aliases ?? []) as Properties[];
  const [weighted] = (inputs.weightedRoutingPolicies ?? []) as Properties[];
  return {
    name: recordName(inputs, records),
    type: String(inputs.type),
    values: ((inputs.records ?? []) as unknown[]).map(String),
    ...(inputs.ttl !== undefined && { ttl: Number(inputs.ttl) }),
    ...(alias && {
      alias: { name: plainName(String(alias.name)), evaluateTargetHealth: alias.evaluateTargetHealth === true },
    }),
    ...(weighted && { weight: Number(weighted.weight) }),
    ...(inputs.setIdentifier !== undefined && { setIdentifier: String(inputs.setIdentifier) }),
    ...(inputs.healthCheckId !== undefined && { healthCheckId: String(inputs.healthCheckId) }),
  };
}

/** Listeners of the local cloud speak HTTP, also on 443, and so do the checks of type HTTPS. */
function toHealthCheck({ id, inputs }: LocalRecord): DesiredHealthCheck {
  const path = String(inputs.resourcePath ?? "/");
  return {
    id,
    fqdn: String(inputs.fqdn),
    port: Number(inputs.port ?? (inputs.type === "HTTPS" ? 443 : 80)),
    path: path.startsWith("/") ? path : `/${path}`,
    interval: Number(inputs.requestInterval),
    failureThreshold: Number(inputs.failureThreshold ?? 3),
  };
}
