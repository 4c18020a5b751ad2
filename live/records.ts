import type {
  ListResourceRecordSetsCommandInput,
  ListResourceRecordSetsCommandOutput,
  ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import { dnsNameOf, type LiveRecord } from "../traffic";
import { asked } from "./asked";
import type { AwsClients } from "./aws-clients";

/** The records of one host in a hosted zone. */
export interface RecordPlace {
  zoneId: string;
  host: string;
}

/** All record sets of a host as Route 53's API has them. @throws AwsCallError */
export async function readRecords(clients: AwsClients, place: RecordPlace): Promise<LiveRecord[]> {
  return (await list(clients, place)).map(liveRecord);
}

/**
 * Writes the weights of a host's weighted records, by set identifier and in one change batch: either all of them move or none.
 * All else of the records stays as it is.
 *
 * @returns the id of the change, by which `GetChange` tells when all name servers have it
 * @throws AwsCallError; Error where a set identifier has no weighted record
 */
export async function writeRecords(
  clients: AwsClients,
  place: RecordPlace,
  weights: Readonly<Record<string, number>>,
): Promise<string | undefined> {
  const records = (await list(clients, place)).filter(({ Weight }) => Weight !== undefined);
  const missing = Object.keys(weights).find((id) => !records.some(({ SetIdentifier }) => SetIdentifier === id));
  if (missing !== undefined) {
    const there = records.map(({ SetIdentifier }) => SetIdentifier).join(", ") || "none";
    throw new Error(
      `${place.host} has no weighted record "${missing}" in zone ${place.zoneId}; there are ${there}. Nothing was written. Somebody has changed them; \`pulumi refresh\` and look at them`,
    );
  }
  const changed = records.filter(({ SetIdentifier = "", Weight }) => (weights[SetIdentifier] ?? Weight) !== Weight);
  if (changed.length === 0) return undefined;
  const Changes = changed.map((record) => ({
    Action: "UPSERT" as const,
    ResourceRecordSet: { ...record, Weight: weights[record.SetIdentifier ?? ""] },
  }));
  const route53 = await clients.route53();
  const call = { action: "route53:ChangeResourceRecordSets", of: placeName(place) };
  const input = { HostedZoneId: place.zoneId, ChangeBatch: { Changes, Comment: "crossfade" } };
  const { ChangeInfo } = await asked(call, () => route53.changeResourceRecordSets(input));
  return ChangeInfo?.Id;
}

async function list(clients: AwsClients, place: RecordPlace): Promise<ResourceRecordSet[]> {
  const route53 = await clients.route53();
  const host = dnsNameOf(place.host);
  const found: ResourceRecordSet[] = [];
  const call = { action: "route53:ListResourceRecordSets", of: placeName(place) };
  let from: ListResourceRecordSetsCommandInput | undefined = { HostedZoneId: place.zoneId, StartRecordName: host };
  while (from) {
    const input: ListResourceRecordSetsCommandInput = from;
    const page: ListResourceRecordSetsCommandOutput = await asked(call, () => route53.listResourceRecordSets(input));
    const sets = page.ResourceRecordSets ?? [];
    const own = sets.filter(({ Name }) => dnsNameOf(unescaped(Name ?? "")) === host);
    found.push(...own);
    // They come in the order of their names: after the first of another host there is none of this one.
    const goesOn = page.IsTruncated === true && own.length === sets.length;
    from = goesOn
      ? {
          HostedZoneId: place.zoneId,
          StartRecordName: page.NextRecordName,
          StartRecordType: page.NextRecordType,
          StartRecordIdentifier: page.NextRecordIdentifier,
        }
      : undefined;
  }
  return found;
}

function liveRecord(record: ResourceRecordSet): LiveRecord {
  const { Type: type = "A", SetIdentifier, Weight, AliasTarget, ResourceRecords = [] } = record;
  const values = AliasTarget ? [AliasTarget.DNSName ?? ""] : ResourceRecords.map(({ Value = "" }) => Value);
  return { type, setIdentifier: SetIdentifier, weight: Weight, leadsTo: values.map(dnsNameOf) };
}

/** Route 53 answers with `\052` for `*` (Route 53 guide, "DNS domain name format"). */
function unescaped(name: string): string {
  return name.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function placeName({ host, zoneId }: RecordPlace): string {
  return `${host} in zone ${zoneId}`;
}
