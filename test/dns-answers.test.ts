import { Resolver } from "node:dns/promises";
import { describe, expect, it } from "vitest";
import type { DesiredBalancer, DesiredDns, DesiredRecord } from "../local/dataplane";
import { desire, startDataPlane } from "./facts/local-cloud";

const A = (name: string, values: string[], more: Partial<DesiredRecord> = {}): DesiredRecord => ({
  name,
  type: "A",
  ttl: 30,
  values,
  ...more,
});

const zone = (records: DesiredRecord[]): DesiredDns => ({
  zones: [{ id: "Z1", name: "example.test", records }],
  healthChecks: [],
});

async function serve(records: DesiredRecord[], balancers: DesiredBalancer[] = []) {
  const { plane } = startDataPlane({ dnsSpeed: 1, insyncDelay: [0, 0] });
  await plane.apply({ ...desire([], []), balancers, dns: zone(records) });
  const resolver = new Resolver();
  resolver.setServers(plane.dnsAddresses());
  return { plane, resolver };
}

describe("the name server", () => {
  it("answers", async () => {
    const { resolver } = await serve([A("shop.example.test", ["192.0.2.1", "192.0.2.2"])]);
    expect(
      (await resolver.resolve4("Shop.Example.TEST", { ttl: true })).sort((a, b) => (a.address < b.address ? -1 : 1)),
    ).toEqual([
      { address: "192.0.2.1", ttl: 30 },
      { address: "192.0.2.2", ttl: 30 },
    ]);
    await expect(resolver.resolve4("no.example.test")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(resolver.resolve6("shop.example.test")).rejects.toMatchObject({ code: "ENODATA" });
    await expect(resolver.resolve4("example.org")).rejects.toMatchObject({ code: "EREFUSED" });
  });
});
