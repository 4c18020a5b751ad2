import { at, list, number, type Resource, text } from "../../traffic";
import { groupBy } from "./group-by";
import { oncePerState, one, type State, setting } from "./state";
import { RECORD, ZONE } from "./types";

/** One of the records of a name and type. */
export interface DnsRecord {
  resource: Resource;
  /** It answers by weight. */
  isWeighted: boolean;
  /** Undefined where it is not known, or there is none. */
  weight: number | undefined;
  isAlias: boolean;
}

/** The records of a state that are of one zone, name and type: Route 53 chooses among them. */
export const recordSets = oncePerState((state): DnsRecord[][] => {
  const records = state.ofType(RECORD).map((resource) => {
    const policy = one(setting(resource, "weightedRoutingPolicies"));
    return {
      resource,
      isWeighted: policy !== undefined,
      weight: number(at(policy, "weight")),
      isAlias: list(setting(resource, "aliases")).length > 0,
    };
  });
  // In the order of their names: that of a state changes from run to run.
  records.sort((a, b) => (a.resource.urn < b.resource.urn ? -1 : 1));
  return [...groupBy(records, ({ resource }) => [recordKey(resource, state)]).values()];
});

const POLICIES = [
  "weightedRoutingPolicies",
  "failoverRoutingPolicies",
  "latencyRoutingPolicies",
  "geolocationRoutingPolicies",
  "geoproximityRoutingPolicy",
  "cidrRoutingPolicy",
  "multivalueAnswerRoutingPolicy",
];

/** By which policy Route 53 chooses a record; those of one name and type must all have the same. */
export function routingOf(record: Resource): string {
  const isSet = (value: unknown) => Boolean(value) && !(Array.isArray(value) && value.length === 0);
  return POLICIES.find((policy) => isSet(setting(record, policy))) ?? "simple";
}

/** The zone, name and type of a record, in which Route 53 tells it from others. */
export function recordKey(record: Resource, state: State): string {
  const zoneId = setting(record, "zoneId");
  const [zone] = state.referred(record, "zoneId", zoneId, ZONE);
  // What the cloud calls it: a name may be written without the zone's, which is not known where another stack has the zone.
  const name = (text(record.outputs.fqdn) ?? text(setting(record, "name")))?.toLowerCase().replace(/\.$/, "");
  // A name that is not known may be any: it is taken to be one of its own.
  if (name === undefined) return record.urn;
  const domain = text(zone && setting(zone, "name"))?.replace(/\.$/, "");
  const isWhole = domain === undefined || name === domain || name.endsWith(`.${domain}`);
  return [zone?.urn ?? text(zoneId) ?? "", isWhole ? name : `${name}.${domain}`, setting(record, "type")]
    .map(String)
    .join();
}
