import type { ResourceRecordSet, RRType } from "@aws-sdk/client-route-53";
import { plainName } from "../dataplane/dns/names";
import type { Records } from "../providers";
import type { Properties } from "../providers/record";
import { RECORD, recordName, ZONE, zoneName } from "../providers/types/route53-names";

/** How Route 53 writes the `*` of a name: "as \\052" (Route 53 guide, "DNS domain name format"). */
const STAR = "\\052";

/** A zone's records in the order of Route 53, those that every zone has among them. */
export function recordSets(zoneId: string, records: Records): ResourceRecordSet[] {
  const own = records.ofType(RECORD).filter(({ inputs }) => inputs.zoneId === zoneId);
  const sets = own.map(({ inputs }) => toRecordSet(inputs, recordName(inputs, records)));
  if (records.get(ZONE, zoneId)) sets.push(...itsOwn(zoneName(zoneId, records) ?? ""));
  const place = ({ Name = "", Type, SetIdentifier }: ResourceRecordSet) => placeOf(Name, Type, SetIdentifier);
  return sets.sort((a, b) => inOrder(place(a), place(b)));
}

/** "sorts results first by DNS name with the labels reversed. For example: com.example.www." (ListResourceRecordSets), then by type. */
export function placeOf(name: string, type = "", setIdentifier = ""): string[] {
  return [`${plainName(name).split(".").reverse().join(".")}.`, type, setIdentifier];
}

export function inOrder(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  if (at === -1) return 0;
  return (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}

/** As the program would have written it; of what was there before the spelling stays. */
export function toInputs(set: ResourceRecordSet, before: Properties): Properties {
  const { AliasTarget: alias, ResourceRecords, TTL, Weight, SetIdentifier, HealthCheckId } = set;
  const [was] = (before.aliases ?? []) as Properties[];
  const isSame = alias && was && plainName(String(was.name)) === plainName(alias.DNSName ?? "");
  const given: Properties = {
    type: set.Type,
    ttl: TTL,
    records: ResourceRecords?.map(({ Value }) => Value),
    aliases: alias && [
      {
        name: isSame ? was.name : plainName(alias.DNSName ?? ""),
        zoneId: alias.HostedZoneId,
        evaluateTargetHealth: alias.EvaluateTargetHealth ?? false,
      },
    ],
    weightedRoutingPolicies: Weight === undefined ? undefined : [{ weight: Weight }],
    setIdentifier: SetIdentifier,
    healthCheckId: HealthCheckId,
  };
  const all = { name: plainName((set.Name ?? "").replace(STAR, "*")), ...before, ...given };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function toRecordSet(inputs: Properties, name: string): ResourceRecordSet {
  const [alias] = (inputs.aliases ?? []) as Properties[];
  const [weighted] = (inputs.weightedRoutingPolicies ?? []) as Properties[];
  return {
    // "the asterisk … as \052" (Route 53 guide, "DNS domain name format").
    Name: `${name.replace("*", "\\052")}.`,
    Type: inputs.type as RRType,
    SetIdentifier: inputs.setIdentifier as string | undefined,
    Weight: weighted && Number(weighted.weight),
    TTL: inputs.ttl === undefined ? undefined : Number(inputs.ttl),
    ResourceRecords: (inputs.records as string[] | undefined)?.map((Value) => ({ Value })),
    AliasTarget: alias && {
      HostedZoneId: String(alias.zoneId),
      DNSName: `${plainName(String(alias.name))}.`,
      EvaluateTargetHealth: alias.evaluateTargetHealth === true,
    },
    HealthCheckId: inputs.healthCheckId as string | undefined,
  };
}

/** The records that Route 53 makes with a zone. */
function itsOwn(zone: string): ResourceRecordSet[] {
  const soa = "ns.local. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400";
  return [
    { Name: `${zone}.`, Type: "NS", TTL: 172_800, ResourceRecords: [{ Value: "ns.local." }] },
    { Name: `${zone}.`, Type: "SOA", TTL: 900, ResourceRecords: [{ Value: soa }] },
  ];
}
