import { randomBytes } from "node:crypto";
import {
  type ChangeInfo,
  ChangeResourceRecordSets$,
  type ChangeResourceRecordSetsRequest,
  type ChangeResourceRecordSetsResponse,
  GetChange$,
  type GetChangeRequest,
  type GetChangeResponse,
  ListResourceRecordSets$,
  type ListResourceRecordSetsRequest,
  type ListResourceRecordSetsResponse,
} from "@aws-sdk/client-route-53";
import { AwsError, type Records } from "../providers";
import { RECORD, ZONE } from "../providers/types/route53-names";
import type { Cloud } from "./cloud";
import { operation, type Service } from "./operation";
import { changeRecord } from "./route53-changes";
import { inOrder, placeOf, recordSets } from "./route53-shapes";
import { restXmlWire } from "./wire/rest-xml";

/** "By default, Amazon Route 53 returns … up to 300" (Route 53 API, ListResourceRecordSets, `maxitems`). */
const PAGE = 300;
/** So many changes are remembered. */
const KEPT = 1000;

/** Route 53: records, their changes, and whether all name servers have these. */
export function route53(cloud: Cloud): Service {
  const changes = new Map<string, ChangeInfo>();
  const operations = [
    operation<ListResourceRecordSetsRequest, ListResourceRecordSetsResponse>(ListResourceRecordSets$, (input) =>
      listResourceRecordSets(input, cloud.records),
    ),
    operation<ChangeResourceRecordSetsRequest, ChangeResourceRecordSetsResponse>(ChangeResourceRecordSets$, (input) =>
      changeResourceRecordSets(input, cloud, changes),
    ),
    operation<GetChangeRequest, GetChangeResponse>(GetChange$, ({ Id }) => {
      const found = changes.get(`/change/${Id}`);
      if (!found) throw new AwsError("GetChange", "NoSuchChange", `Could not find resource with ID: ${Id}`, 404);
      return { ChangeInfo: found };
    }),
  ];
  const wire = restXmlWire(operations, "/2013-04-01/", "https://route53.amazonaws.com/doc/2013-04-01/");
  return { name: "route53", wire, throttled: "Throttling", operations };
}

/** From the name on, and not only of the name: in the order of the names, with their labels reversed. */
function listResourceRecordSets(
  input: ListResourceRecordSetsRequest,
  records: Records,
): ListResourceRecordSetsResponse {
  const { HostedZoneId = "", StartRecordName, StartRecordType, StartRecordIdentifier, MaxItems = PAGE } = input;
  needZone("ListResourceRecordSets", HostedZoneId, records);
  if (StartRecordType !== undefined && StartRecordName === undefined) {
    throw new AwsError("ListResourceRecordSets", "InvalidInput", "The type must not be specified without a name");
  }
  const start = placeOf(StartRecordName ?? "", StartRecordType, StartRecordIdentifier);
  const all = recordSets(HostedZoneId, records).filter(
    ({ Name = "", Type, SetIdentifier }) => inOrder(start, placeOf(Name, Type, SetIdentifier)) <= 0,
  );
  const next = all[MaxItems];
  return {
    ResourceRecordSets: all.slice(0, MaxItems),
    IsTruncated: next !== undefined,
    MaxItems,
    NextRecordName: next?.Name,
    NextRecordType: next?.Type,
    NextRecordIdentifier: next?.SetIdentifier,
  };
}

/** All of a batch or nothing. It is pending until the name servers have it. */
async function changeResourceRecordSets(
  input: ChangeResourceRecordSetsRequest,
  { records, dataPlane, apply }: Cloud,
  changes: Map<string, ChangeInfo>,
): Promise<ChangeResourceRecordSetsResponse> {
  const { HostedZoneId = "", ChangeBatch } = input;
  needZone("ChangeResourceRecordSets", HostedZoneId, records);
  records.change(() => {
    for (const change of ChangeBatch?.Changes ?? []) changeRecord(change, HostedZoneId, records);
  });
  const applied = apply();
  const inSync = dataPlane.inSync();
  await applied;
  const Id = `/change/C${randomBytes(10).toString("hex").toUpperCase()}`;
  const info: ChangeInfo = { Id, Status: "PENDING", SubmittedAt: new Date(), Comment: ChangeBatch?.Comment };
  changes.set(Id, info);
  const [oldest = ""] = changes.keys();
  if (changes.size > KEPT) changes.delete(oldest);
  void inSync.then(() => changes.has(Id) && changes.set(Id, { ...info, Status: "INSYNC" }));
  return { ChangeInfo: info };
}

/** A zone that only records refer to is another stack's. */
function needZone(operation: string, id: string, records: Records): void {
  if (records.get(ZONE, id) || records.ofType(RECORD).some(({ inputs }) => inputs.zoneId === id)) return;
  throw new AwsError(operation, "NoSuchHostedZone", `No hosted zone found with ID: ${id}`, 404);
}
