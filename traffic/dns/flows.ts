import { nameOf } from "../resource";
import { type Flow, percent, source } from "../serving/flow";
import type { Entity } from "../update/entity";
import { targets } from "../update/reference";
import type { DnsAnswers } from "./answers";
import { ANSWERING_TYPES } from "./records";
import { possibleShares } from "./routing";

/** How clients that ask Route 53 are led on; every zone has its users elsewhere, with or without a record of this stack. */
export function dnsFlows(zones: readonly Entity[], dns: DnsAnswers): Flow[] {
  return [
    ...dns
      .namesBefore()
      .flatMap(({ name, records }) => ANSWERING_TYPES.flatMap((type) => recordFlows(name, records, type))),
    ...zones.map((zone) => source(zone, "holds names that its users ask for")),
  ];
}

/** What records of this stack lead to, also by a weight of 0 or for a preview. */
export function ledByRecords(dns: DnsAnswers): Set<Entity> {
  const forms = dns.namesBefore().flatMap(({ records }) => records.flatMap((record) => record.forms));
  return new Set([...forms.flatMap((form) => form?.values.flatMap(targets) ?? []), ...dns.previewed]);
}

function recordFlows(
  name: string,
  records: ReturnType<DnsAnswers["namesBefore"]>[number]["records"],
  type: string,
): Flow[] {
  const own = records.flatMap(({ entity, forms: [form] }) => (form?.type === type ? [{ entity, form }] : []));
  const ways = possibleShares(own.map(({ form }) => ({ routing: form.routing, uncertain: false })));
  return own.flatMap(({ entity, form }, i): Flow[] => {
    const share = Math.max(0, ...ways.map((shares) => shares[i] ?? 0));
    if (share === 0) return [];
    const why = share < 1 ? `answers ${percent(share)} of the clients that ask for ${name}` : `answers for ${name}`;
    const led = form.values.flatMap(targets).map(
      (to): Flow => ({
        from: entity,
        to,
        share: 1 / form.values.length,
        why: (record) => `is where record "${nameOf(entity.urn)}" leads, which ${record}`,
      }),
    );
    return [source(entity, why, share), ...led];
  });
}
