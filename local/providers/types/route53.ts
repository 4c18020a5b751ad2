import { randomUUID } from "node:crypto";
import { AwsError } from "../errors";
import type { Properties, Records } from "../record";
import { checkRecord, sameRecord } from "./change-batch";
import { HEALTH_CHECK, RECORD, recordName, ZONE } from "./route53-names";
import type { TypeRow } from "./type-row";

const NAME_SERVER = "ns.local";

const OTHER_POLICIES = [
  "cidrRoutingPolicy",
  "failoverRoutingPolicies",
  "geolocationRoutingPolicies",
  "geoproximityRoutingPolicy",
  "latencyRoutingPolicies",
  "multivalueAnswerRoutingPolicy",
];

const OTHER_CHECKS = ["ipAddress", "searchString", "invertHealthcheck", "disabled", "childHealthchecks"];

export const ROUTE53: Record<string, TypeRow> = {
  [ZONE]: {
    replacedBy: ["name", "delegationSetId"],
    outputs: (_, unique) => {
      const id = `Z${unique.toUpperCase()}`;
      const arn = `arn:aws:route53:::hostedzone/${id}`;
      return { id, arn, zoneId: id, nameServers: [NAME_SERVER], primaryNameServer: NAME_SERVER };
    },
    checkDelete: ({ id, inputs }, records) => {
      if (inputs.forceDestroy === true || inZone(id, records).length === 0) return;
      throw new AwsError(
        "DeleteHostedZone",
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
      );
    },
    deletesToo: ({ id }, records) => inZone(id, records),
  },
  [RECORD]: {
    replacedBy: ["name", "zoneId"],
    validate: (inputs) => {
      const { aliases, records, ttl, setIdentifier, weightedRoutingPolicies } = inputs;
      refuseUnknown(inputs, OTHER_POLICIES);
      if ((aliases === undefined) === (records === undefined)) {
        throw new Error('"records": one of `alias,records` must be specified');
      }
      if (aliases !== undefined && ttl !== undefined) throw new Error('"alias": conflicts with ttl');
      if (records !== undefined && ttl === undefined) {
        throw new Error('"ttl": all of `records,ttl` must be specified');
      }
      if (weightedRoutingPolicies !== undefined && setIdentifier === undefined) {
        throw new Error('"weighted_routing_policy": all of `set_identifier,weighted_routing_policy` must be specified');
      }
    },
    outputs: (inputs, unique, records) => {
      const { zoneId, name, type, setIdentifier } = inputs;
      const parts = [zoneId, String(name).toLowerCase(), type, ...(setIdentifier === undefined ? [] : [setIdentifier])];
      const id = parts.join("_");
      // A record keeps its id when its type or set identifier is changed: the one that comes in its place needs another.
      const holder = records.get(RECORD, id);
      const taken = holder !== undefined && !sameRecord(holder.inputs, inputs, records);
      return { id: taken ? `${id}_${unique}` : id, fqdn: recordName(inputs, records) };
    },
    // With `allowOverwrite` the provider's create is an UPSERT: it takes the place of the record that is there.
    check: (inputs, records, id) => {
      const twin = records.ofType(RECORD).find((record) => sameRecord(record.inputs, inputs, records));
      checkRecord(inputs, records, id ?? (inputs.allowOverwrite === true ? twin?.id : undefined));
    },
  },
  // "Amazon Route 53 does not prevent you from deleting a health check even if the health check is associated with one or more
  // resource record sets" (Route 53 API, DeleteHealthCheck; HealthCheckInUse "is not in use").
  [HEALTH_CHECK]: {
    replacedBy: ["measureLatency", "referenceName", "requestInterval", "routingControlArn", "type"],
    validate: (inputs) => {
      const { type, fqdn, requestInterval, failureThreshold = 3 } = inputs;
      refuseUnknown(inputs, OTHER_CHECKS);
      if (type !== "HTTP" && type !== "HTTPS") throw new Error(`the local cloud has no health check of type ${type}`);
      if (fqdn === undefined) throw new Error("the local cloud checks a health check's host by its name, fqdn");
      if (requestInterval !== 10 && requestInterval !== 30) {
        throw new Error(`expected request_interval to be one of [10 30], got ${requestInterval}`);
      }
      if (Number(failureThreshold) < 1 || Number(failureThreshold) > 10) {
        throw new Error(`expected failure_threshold to be in the range (1 - 10), got ${failureThreshold}`);
      }
    },
    outputs: () => {
      const id = randomUUID();
      return { id, arn: `arn:aws:route53:::healthcheck/${id}` };
    },
  },
};

function refuseUnknown(inputs: Properties, unknown: string[]) {
  const used = unknown.find((key) => inputs[key] !== undefined && inputs[key] !== false);
  if (used) throw new Error(`the local cloud has no ${used}: no stack, policy or command of ours uses it`);
}

function inZone(zoneId: string, records: Records) {
  return records.ofType(RECORD).filter(({ inputs }) => inputs.zoneId === zoneId);
}
