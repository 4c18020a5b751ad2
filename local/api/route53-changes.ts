import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { plainName } from "../dataplane/dns/names";
import { AwsError, type Records } from "../providers";
import { TYPES } from "../providers/aws-types";
import type { LocalRecord, Properties } from "../providers/record";
import { canonical } from "../providers/same-properties";
import { checkRecord, sameRecord } from "../providers/types/change-batch";
import { RECORD } from "../providers/types/route53-names";
import { toInputs } from "./route53-shapes";

/** Makes one change of a batch. @throws AwsError where Route 53 would refuse the batch for it */
export function changeRecord({ Action, ResourceRecordSet: set }: Change, zoneId: string, records: Records): void {
  if (!set?.Name || !set.Type) refuse("InvalidInput", "a record needs a name and a type");
  const asked = { zoneId, ...toInputs(set, {}) };
  const there = records.ofType(RECORD).find(({ inputs }) => sameRecord(inputs, asked, records));
  if (Action === "DELETE") remove(there, set, records);
  else if (Action === "CREATE" || !there) create(asked, records);
  else replace(there, toInputs(set, there.inputs), records);
}

function replace(there: LocalRecord, inputs: Properties, records: Records): void {
  checkRecord(inputs, records, there.id);
  const outputs = {
    ...Object.fromEntries(Object.entries(there.outputs).filter(([key]) => !(key in there.inputs))),
    ...inputs,
  };
  records.put({ ...there, inputs, outputs });
}

function create(inputs: Properties, records: Records): void {
  checkRecord(inputs, records);
  const outputs = TYPES[RECORD]?.outputs(inputs, String(Date.now()), records);
  if (outputs) records.put({ type: RECORD, id: outputs.id, inputs, outputs: { ...inputs, ...outputs } });
}

/** "you must specify all the values" (Route 53 API, ChangeResourceRecordSets, DELETE): what is there must be what is told. */
function remove(there: LocalRecord | undefined, set: ResourceRecordSet, records: Records): void {
  const told = `[Tried to delete resource record set [name='${plainName(set.Name ?? "")}.', type='${set.Type}']`;
  if (!there) refuse("InvalidChangeBatch", `${told} but it was not found]`);
  if (canonical(toInputs(set, there.inputs)) !== canonical(there.inputs)) {
    refuse("InvalidChangeBatch", `${told} but the values provided do not match the current values]`);
  }
  records.delete(RECORD, there.id);
}

function refuse(code: string, reason: string): never {
  throw new AwsError("ChangeResourceRecordSets", code, reason);
}
