import { isIPv4, isIPv6 } from "node:net";
import { BALANCERS_ZONE } from "../../dataplane/dns/look-up";
import { isUnder, plainName } from "../../dataplane/dns/names";
import { AwsError } from "../errors";
import type { LocalRecord, Properties, Records } from "../record";
import { BALANCERS_ZONE_ID } from "./elb";
import { apparentZone, RECORD, recordName, zoneName } from "./route53-names";

/**
 * What Route 53 answers to a change batch with one record in it: with the record put in place of the one of this id, if there is
 * one, the zone must hold to its rules. So an update that deletes and creates in one batch is judged by what it leaves.
 */
export function checkRecord(inputs: Properties, records: Records, id?: string): void {
  const others = records.ofType(RECORD).filter((r) => r.inputs.zoneId === inputs.zoneId && r.id !== id);
  const name = recordName(inputs, records);
  const zone = zoneName(inputs.zoneId, records);
  const ofName = others.filter((other) => recordName(other.inputs, records) === name);
  checkItself(inputs, name, zone);
  checkAlias(inputs, name, ofName, others, records);
  checkBeside(inputs, name, zone ?? apparentZone([name]), ofName);
}

/** Which record of a zone it is: another of the same is the same one. */
export function sameRecord(a: Properties, b: Properties, records: Records): boolean {
  const identity = (inputs: Properties) =>
    [inputs.zoneId, recordName(inputs, records), inputs.type, inputs.setIdentifier ?? ""].join(" ");
  return identity(a) === identity(b);
}

function checkItself({ type, records, weightedRoutingPolicies }: Properties, name: string, zone: string | undefined) {
  if (zone !== undefined && !isUnder(name, zone))
    refuse(`RRSet with DNS name ${name}. is not permitted in zone ${zone}.`);
  if (type === "CNAME" && name === zone) {
    refuse(`RRSet of type CNAME with DNS name ${name}. is not permitted at apex in zone ${zone}.`);
  }
  const [policy] = (weightedRoutingPolicies ?? []) as Properties[];
  const weight = Number(policy?.weight ?? 0);
  if (weight < 0 || weight > 255) {
    const limit = weight < 0 ? "greater than or equal to 0" : "less than or equal to 255";
    const where = "'changeBatch.changes.1.member.resourceRecordSet.weight'";
    throw new AwsError(
      "ChangeResourceRecordSets",
      "InvalidInput",
      `1 validation error detected: Value '${weight}' at ${where} failed to satisfy constraint: Member must have value ${limit}`,
    );
  }
  for (const value of (records ?? []) as unknown[]) {
    if (type === "A" && !isIPv4(String(value))) refuseValue("ARRDATAIllegalIPv4Address", "IPv4", value);
    if (type === "AAAA" && !isIPv6(String(value))) refuseValue("AAAARRDATAIllegalIPv6Address", "IPv6", value);
  }
}

/** An alias leads to a balancer, by the balancers' zone, or to a record of its own zone and type. */
function checkAlias(
  { aliases, type, zoneId }: Properties,
  name: string,
  ofName: LocalRecord[],
  others: LocalRecord[],
  records: Records,
) {
  const [alias] = (aliases ?? []) as Properties[];
  if (!alias) return;
  const target = plainName(String(alias.name));
  const isBalancers = isUnder(target, BALANCERS_ZONE);
  const told = `Tried to create an alias that targets ${target}., type ${type} in zone ${alias.zoneId}, but`;
  if (isBalancers !== (alias.zoneId === BALANCERS_ZONE_ID)) {
    refuse(`${told} the alias target name does not lie within the target zone`);
  }
  if (alias.zoneId !== zoneId) return;
  const inZone = target === name ? ofName : others;
  if (!inZone.some(({ inputs }) => inputs.type === type && recordName(inputs, records) === target)) {
    refuse(`${told} that target was not found`);
  }
}

function checkBeside(inputs: Properties, name: string, zone: string, ofName: LocalRecord[]) {
  const { type, setIdentifier, ttl, weightedRoutingPolicies } = inputs;
  const otherTypes = ofName.filter((other) => other.inputs.type !== type);
  if (type === "CNAME" && otherTypes.length > 0) {
    const why = `it conflicts with other records with the same DNS name in zone ${zone}.`;
    refuse(`RRSet of type CNAME with DNS name ${name}. is not permitted as ${why}`);
  }
  if (otherTypes.some((other) => other.inputs.type === "CNAME")) {
    const why = `a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone}.`;
    refuse(`RRSet of type ${type} with DNS name ${name}. is not permitted because ${why}`);
  }
  const set = ofName.filter((other) => other.inputs.type === type).map((other) => other.inputs);
  const identifier = setIdentifier === undefined ? "" : `, set-identifier='${setIdentifier}'`;
  if (set.some((other) => other.setIdentifier === setIdentifier)) {
    refuse(`Tried to create resource record set [name='${name}.', type='${type}'${identifier}] but it already exists`);
  }
  if (set.length > 0 && setIdentifier === undefined) {
    refuse(
      `RRSet with DNS name ${name}., type ${type} cannot be created as other RRSets exist with the same name and type.`,
    );
  }
  const told = `RRSet with DNS name ${name}., type ${type}, SetIdentifier ${setIdentifier} cannot be created as`;
  if (weightedRoutingPolicies && set.some((other) => !other.weightedRoutingPolicies)) {
    refuse(`${told} a non-weighted set exists with the same name and type.`);
  }
  // "All of the resource record sets in a group of weighted resource record sets must have the same value for TTL" (Route 53 API,
  // ResourceRecordSet). The guide's note that Route 53 takes the last value for all is not what its API was seen to do
  // (hashicorp/terraform-provider-aws#1961, aws/aws-sdk-go-v2#518). An alias has none.
  if (ttl !== undefined && set.some((other) => other.ttl !== undefined && Number(other.ttl) !== Number(ttl))) {
    refuse(`${told} weighted sets must contain the same TTL.`);
  }
}

function refuseValue(code: string, kind: string, value: unknown): never {
  refuse(
    `Invalid Resource Record: 'FATAL problem: ${code} (Value is not a valid ${kind} address) encountered with '${value}''`,
  );
}

function refuse(message: string): never {
  throw new AwsError("ChangeResourceRecordSets", "InvalidChangeBatch", `[${message}]`);
}
