import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DesiredHealthCheck, DesiredRecord } from "../../local/dataplane";
import { LocalProvider, Records } from "../../local/providers";
import type { Properties } from "../../local/providers/record";
import { RECORD, ZONE } from "../../local/providers/types/route53-names";

/** A record as Route 53 has it. */
export function record(name: string, more: Partial<DesiredRecord> = {}): DesiredRecord {
  return { name, type: "A", ttl: 60, values: ["192.0.2.1"], ...more };
}

/** A weighted alias to a balancer. */
export function weightedAlias(name: string, setIdentifier: string, weight: number, to: string, more = {}) {
  const alias = { name: to, evaluateTargetHealth: false, ...more };
  return record(name, { ttl: undefined, values: [], setIdentifier, weight, alias });
}

export function dns(records: DesiredRecord[], healthChecks: DesiredHealthCheck[] = []) {
  return { zones: [{ id: "Z1", name: "example.test", records }], healthChecks };
}

/** A provider with a zone, `example.test`; nothing carries traffic. */
export async function withZone() {
  const records = new Records(join(mkdtempSync(join(tmpdir(), "crossfade-")), "cloud.json"));
  const provider = new LocalProvider(records, { changed: async () => {} }, () => {});
  const create = async (type: string, name: string, inputs: Properties, preview = false) => {
    const urn = urnOf(type, name);
    return provider.create(urn, provider.check(urn, {}, inputs, new Uint8Array()), preview);
  };
  const { id: zoneId } = await create(ZONE, "zone", { name: "example.test" });
  const make = (name: string, inputs: Properties) =>
    create(RECORD, name, { zoneId, name: "shop.example.test", type: "A", ttl: 60, records: ["192.0.2.1"], ...inputs });
  const change = async (name: string, id: string, news: Properties) => {
    const urn = urnOf(RECORD, name);
    const old = records.get(RECORD, id);
    const inputs = { ...old?.inputs, ...news };
    return provider.update(
      urn,
      id,
      old?.outputs ?? {},
      old?.inputs ?? {},
      provider.check(urn, {}, inputs, new Uint8Array()),
      false,
    );
  };
  const remove = (type: string, id: string) => provider.delete(urnOf(type, "any"), id);
  return { records, zoneId, create, make, change, remove };
}

function urnOf(type: string, name: string): string {
  return `urn:pulumi:dev::test::${type}::${name}`;
}

export function weighted(setIdentifier: string, weight: number): Properties {
  return { setIdentifier, weightedRoutingPolicies: [{ weight }] };
}
