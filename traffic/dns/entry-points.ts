import type { EdgeRequests } from "../alb/balancer-answers";
import { nameOf } from "../resource";
import type { Entity } from "../update/entity";
import type { EntryPoint } from "../update/entry-point";
import { type Reference, targets } from "../update/reference";
import type { DnsAnswers, NamedRecords } from "./answers";
import type { DnsRecord } from "./in-force";
import { ANSWERING_TYPES, type Routing } from "./records";

/**
 * The clients of each name that is answered for before the update: those that ask now, and those that still have an answer from
 * before. Where neither records nor what they lead to moves, the balancers' own entry points say all that there is to say.
 */
export function dnsEntryPoints(dns: DnsAnswers, atRest = false): EntryPoint[] {
  return dns.namesBefore().flatMap((named) =>
    ANSWERING_TYPES.flatMap((type) => {
      const before = named.records.filter(({ forms: [form] }) => form?.type === type);
      if (before.length === 0 || !(atRest || moves(named, dns))) return [];
      const values = before.flatMap(({ forms: [form] }) => form?.values ?? []);
      const kinds = distinct(values.flatMap((value) => dns.targets.asked(value, named.name)));
      return kinds.flatMap((requests) => [
        asking(dns, named, before, type, requests),
        ...(atRest ? [] : before.flatMap((record) => keeping(dns, named, record, type, requests))),
      ]);
    }),
  );
}

/** What records lead to before the update, and all of them with weight 0 beside others or for a preview: no user finds it. */
export function darkTargets(dns: DnsAnswers): Set<Entity> {
  const led = dns.namesBefore().flatMap(({ records }) => {
    const before = records.flatMap(({ forms: [form] }) => form ?? []);
    return before.map((form) => {
      const others = before.filter(({ type }) => type === form.type).map(({ routing }) => routing);
      const isLit = (routing: Routing) => routing.by === "weight" && (routing.weight ?? 0) > 0;
      const isDark = form.routing.by === "weight" && form.routing.weight === 0 && others.some(isLit);
      return { isDark, targets: form.values.flatMap(targets) };
    });
  });
  const lit = new Set(led.flatMap(({ isDark, targets }) => (isDark ? [] : targets)));
  const all = [...led.flatMap(({ targets }) => targets), ...dns.previewed];
  return new Set(all.filter((target) => !lit.has(target)));
}

/** Clients that ask for the name now. */
function asking(
  dns: DnsAnswers,
  named: NamedRecords,
  before: readonly DnsRecord[],
  type: string,
  requests: EdgeRequests,
): EntryPoint {
  return {
    urn: before[0]?.entity.urn ?? "",
    requests: `the requests of clients that ask for ${named.name} (${type})`,
    touched: dns.touched(named, requests),
    answer: (moment) => dns.answer(named, type, requests, moment),
  };
}

/** Clients that asked before: resolvers keep an answer for its TTL, which no update waits for. */
function keeping(
  dns: DnsAnswers,
  named: NamedRecords,
  { entity, forms: [form] }: DnsRecord,
  type: string,
  requests: EdgeRequests,
): EntryPoint[] {
  if (!form || (form.routing.by === "weight" && form.routing.weight === 0)) return [];
  const ttl = form.ttl === undefined ? "" : ` of ${form.ttl} s`;
  return form.values
    .filter((value) => targets(value).length > 0)
    .map((value) => ({
      urn: entity.urn,
      requests: `the requests of clients that keep the answer of record "${nameOf(entity.urn)}" for its time to live${ttl}`,
      touched: dns.touched(named, requests),
      answer: (moment) => {
        const answer = dns.valueAnswer(value, type, requests, moment);
        const isRetired = answer.share < 1 && dns.answer(named, type, requests, moment).retired;
        return { ...answer, retired: answer.retired || isRetired };
      },
    }));
}

/** Whether a record of the name, or what one leads to or is held by, has a step in this update. */
function moves({ records, zone }: NamedRecords, dns: DnsAnswers, seen = new Set<readonly DnsRecord[]>()): boolean {
  const step = (entity: Entity) => entity.steps.length > 0;
  const forms = records.flatMap(({ forms }) => forms.filter((form) => form !== undefined));
  const evaluated = records.length > 1 && forms.some(({ evaluatesTarget }) => evaluatesTarget);
  const read: Reference[] = [zone, ...forms.flatMap((f) => [...f.values, ...(f.healthCheck ? [f.healthCheck] : [])])];
  const further = read.flatMap((ref) => (ref.to === "elsewhere" ? dns.namedBy(ref.name) : []));
  seen.add(records);
  return (
    evaluated ||
    records.some(({ entity }) => step(entity)) ||
    read.some((ref) => targets(ref).some(step)) ||
    further.some((named) => !seen.has(named.records) && moves(named, dns, seen))
  );
}

function distinct(kinds: readonly EdgeRequests[]): EdgeRequests[] {
  const key = ({ port, conditions }: EdgeRequests) =>
    JSON.stringify([port, conditions.map(({ field, values }) => [field, [...values].sort()])]);
  return [...new Map(kinds.map((kind) => [key(kind), kind])).values()];
}
