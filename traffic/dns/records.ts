import { at, list, number, text, UNKNOWN } from "../resource";
import type { Form } from "../update/entity";
import { type Directory, leadsTo, type Reference, targets } from "../update/reference";
import { ALIAS_TTL } from "./hold";
import { dnsNameOf, recordName } from "./name";

/** How Route 53 picks a record among those of one name and type. */
export type Routing =
  | { by: "simple" }
  /** Undefined where it is not known. */
  | { by: "weight"; weight: number | undefined }
  | { by: "failover"; primary: boolean }
  /** Of what a client is in: a country, a network. `anywhere`: for all that have no record of their own. */
  | { by: "place"; place: string; anywhere: boolean }
  /** Up to eight at random. */
  | { by: "chance" }
  /** Latency, geoproximity: which clients get it is not known. */
  | { by: "nearness" };

/** A record in one form. */
export interface RecordForm {
  zone: Reference;
  /** The whole name. */
  name: string;
  type: string;
  setIdentifier: string;
  routing: Routing;
  /** What it leads clients to: each of them to one. */
  values: readonly Reference[];
  /** How long clients keep an answer, in seconds. */
  ttl: number | undefined;
  healthCheck: Reference | undefined;
  /** An alias that Route 53 answers with only while what it leads to is healthy. */
  evaluatesTarget: boolean;
  /** Its creation takes the place of a record that is there; without, the creation fails. */
  overwrites: boolean;
}

/** What records are read with. */
export interface RecordDirectories {
  zones: Directory;
  healthChecks: Directory;
  /** What records can lead to, by its addresses. */
  addressed: Directory;
}

/** The types of records that lead to a server. */
export const ANSWERING_TYPES = ["A", "AAAA", "CNAME", "HTTPS"];

/** Undefined for a record that leads to no server, and for one of which name or type is not known: it replaces, or is new. */
export function recordForm(form: Form, { zones, healthChecks, addressed }: RecordDirectories): RecordForm | undefined {
  const { props } = form;
  const [type, name] = [text(props.type), text(props.fqdn) ?? text(props.name)];
  if (type === undefined || name === undefined || !ANSWERING_TYPES.includes(type)) return undefined;
  const zone = zones.resolve(props.zoneId, "zoneId", form);
  const alias = list(props.aliases)[0];
  const isAlias = alias !== undefined || props.aliases === UNKNOWN;
  const check = props.healthCheckId;
  return {
    zone,
    name: recordName(name, zoneName(zone)),
    type,
    setIdentifier: text(props.setIdentifier) ?? "",
    routing: routingOf(props),
    values: isAlias
      ? [resolveAddress(props.aliases === UNKNOWN ? UNKNOWN : at(alias, "name"), "aliases", form, addressed)]
      : values(form, addressed),
    ttl: isAlias ? ALIAS_TTL : number(props.ttl),
    healthCheck: isSet(check) ? healthChecks.resolve(check, "healthCheckId", form) : undefined,
    evaluatesTarget: isAlias && at(alias, "evaluateTargetHealth") !== false,
    overwrites: props.allowOverwrite === true,
  };
}

function values(form: Form, addressed: Directory): Reference[] {
  const { records } = form.props;
  const all = records === UNKNOWN ? [UNKNOWN] : list(records);
  return all.map((value) => resolveAddress(value, "records", form, addressed));
}

function resolveAddress(value: unknown, property: string, form: Form, addressed: Directory): Reference {
  return addressed.resolve(typeof value === "string" ? dnsNameOf(value) : value, property, form);
}

function zoneName(zone: Reference): string | undefined {
  const [entity] = targets(zone);
  return entity && leadsTo(zone, entity) ? text(entity.forms.find((form) => form)?.props.name) : undefined;
}

function routingOf(props: Form["props"]): Routing {
  const weighted = props.weightedRoutingPolicies;
  if (isSet(weighted)) return { by: "weight", weight: number(at(first(weighted), "weight")) };
  const failover = props.failoverRoutingPolicies;
  if (isSet(failover)) return { by: "failover", primary: at(first(failover), "type") !== "SECONDARY" };
  const geolocation = props.geolocationRoutingPolicies;
  if (isSet(geolocation)) return place(first(geolocation), "country");
  if (isSet(props.cidrRoutingPolicy)) return place(props.cidrRoutingPolicy, "locationName");
  if (isSet(props.latencyRoutingPolicies) || isSet(props.geoproximityRoutingPolicy)) return { by: "nearness" };
  if (props.multivalueAnswerRoutingPolicy) return { by: "chance" };
  return { by: "simple" };
}

function place(policy: unknown, property: string): Routing {
  const sorted = Object.entries((policy ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1));
  return { by: "place", place: JSON.stringify(sorted), anywhere: at(policy, property) === "*" };
}

function first(policies: unknown): unknown {
  return policies === UNKNOWN ? UNKNOWN : list(policies)[0];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
}
