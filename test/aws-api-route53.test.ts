import { Resolver } from "node:dns/promises";
import { type Change, type ResourceRecordSet, Route53 } from "@aws-sdk/client-route-53";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECORD } from "../local/providers/types/route53-names";
import { type ApiWorld, startApiWorld } from "./api-world";
import { until } from "./facts/local-cloud";

let world: ApiWorld;
let route53: Route53;
const resolver = new Resolver({ timeout: 2000 });
beforeAll(async () => {
  world = await startApiWorld({ insyncDelay: [1000, 1000] });
  route53 = new Route53({ ...world.settings, maxAttempts: 1 });
  resolver.setServers(world.cloud.dataPlane.dnsAddresses());
});
afterAll(() => world.cloud.stop());

const weighted = (SetIdentifier: string, Weight: number, Value: string): ResourceRecordSet => ({
  Name: "shop.local.test.",
  Type: "A",
  SetIdentifier,
  Weight,
  TTL: 60,
  ResourceRecords: [{ Value }],
});
const simple = (name: string, value: string): ResourceRecordSet => ({
  Name: name,
  Type: "A",
  TTL: 60,
  ResourceRecords: [{ Value: value }],
});
const change = (...Changes: Change[]) =>
  route53.changeResourceRecordSets({ HostedZoneId: world.zone, ChangeBatch: { Changes } });
const list = async (more: object = {}) => route53.listResourceRecordSets({ HostedZoneId: world.zone, ...more });
const weights = async () => {
  const { ResourceRecordSets = [] } = await list();
  return Object.fromEntries(
    ResourceRecordSets.flatMap(({ SetIdentifier, Weight }) => (SetIdentifier ? [[SetIdentifier, Weight]] : [])),
  );
};

// "When you submit a ChangeResourceRecordSets request, Route 53 propagates your changes to all of the Route 53 authoritative DNS
// servers managing the hosted zone. While your changes are propagating, GetChange returns a status of PENDING."
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
test("weights move in one batch, pending until the name servers have them", async () => {
  await change({ Action: "CREATE", ResourceRecordSet: weighted("green", 0, "192.0.2.2") });
  expect(await weights()).toEqual({ blue: 100, green: 0 });
  expect(await resolver.resolve4("shop.local.test")).toEqual(["192.0.2.1"]);

  const { ChangeInfo } = await change(
    { Action: "UPSERT", ResourceRecordSet: weighted("blue", 0, "192.0.2.1") },
    { Action: "UPSERT", ResourceRecordSet: weighted("green", 100, "192.0.2.2") },
  );
  expect(ChangeInfo?.Status).toBe("PENDING");
  expect(await weights()).toEqual({ blue: 0, green: 100 });
  expect(await resolver.resolve4("shop.local.test")).toEqual(["192.0.2.1"]);
  await until(async () => (await route53.getChange({ Id: ChangeInfo?.Id })).ChangeInfo?.Status === "INSYNC");
  expect(await resolver.resolve4("shop.local.test")).toEqual(["192.0.2.2"]);

  // Pulumi's own record is as the program wrote it, but for the weight: `shop` stays `shop`.
  const [own] = world.cloud.records.ofType(RECORD).filter(({ inputs }) => inputs.setIdentifier === "blue");
  expect(own?.inputs).toEqual({
    name: "shop",
    zoneId: world.zone,
    type: "A",
    setIdentifier: "blue",
    weightedRoutingPolicies: [{ weight: 0 }],
    ttl: 60,
    records: ["192.0.2.1"],
  });
  expect(own?.outputs).toMatchObject({ weightedRoutingPolicies: [{ weight: 0 }], fqdn: "shop.local.test" });
});

// "Route 53 validates the changes in the request and then either makes all or none of the changes in the change batch request."
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
test("a batch with one change that is refused changes nothing", async () => {
  const before = await list();
  const bad = change(
    { Action: "UPSERT", ResourceRecordSet: weighted("blue", 50, "192.0.2.1") },
    { Action: "CREATE", ResourceRecordSet: simple("shop.local.test", "192.0.2.3") },
  );
  await expect(bad).rejects.toMatchObject({
    name: "InvalidChangeBatch",
    message: expect.stringContaining("other RRSets exist"),
  });
  const unlike = change({ Action: "DELETE", ResourceRecordSet: weighted("blue", 1, "192.0.2.1") });
  await expect(unlike).rejects.toThrow(/do not match the current values/);
  const nobody = change({ Action: "DELETE", ResourceRecordSet: simple("no.local.test", "192.0.2.1") });
  await expect(nobody).rejects.toThrow(/but it was not found/);
  const { $metadata: _, ...same } = await list();
  expect(same).toEqual(Object.fromEntries(Object.entries(before).filter(([key]) => key !== "$metadata")));
});

// "ListResourceRecordSets sorts results first by DNS name with the labels reversed, for example: com.example.www." and "If you
// specify Name but not Type: The results begin with the first resource record set in the list whose name is greater than or
// equal to Name." https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
test("records are told in the order of their reversed names, from a name on", async () => {
  await change(
    { Action: "CREATE", ResourceRecordSet: simple("*.a.local.test", "192.0.2.4") },
    { Action: "CREATE", ResourceRecordSet: simple("z.a.local.test", "192.0.2.5") },
    { Action: "CREATE", ResourceRecordSet: simple("b.local.test", "192.0.2.6") },
  );
  const names = (sets: ResourceRecordSet[] = []) =>
    sets.map(({ Name, Type, SetIdentifier }) => [Name, Type, SetIdentifier].join(" ").trim());
  const all = [
    "local.test. NS",
    "local.test. SOA",
    "\\052.a.local.test. A",
    "z.a.local.test. A",
    "b.local.test. A",
    "shop.local.test. A blue",
    "shop.local.test. A green",
  ];
  expect(names((await list()).ResourceRecordSets)).toEqual(all);
  expect(names((await list({ StartRecordName: "b.local.test" })).ResourceRecordSets)).toEqual(all.slice(4));
  const first = await list({ MaxItems: 6 });
  expect(first).toMatchObject({ IsTruncated: true, NextRecordName: "shop.local.test.", NextRecordIdentifier: "green" });
  const { NextRecordName, NextRecordType, NextRecordIdentifier } = first;
  const rest = await list({
    StartRecordName: NextRecordName,
    StartRecordType: NextRecordType,
    StartRecordIdentifier: NextRecordIdentifier,
  });
  expect(names(rest.ResourceRecordSets)).toEqual(all.slice(6));
  // What was told can be given back.
  const [star] = (await list()).ResourceRecordSets?.slice(2) ?? [];
  await change({ Action: "DELETE", ResourceRecordSet: star });
  expect(names((await list()).ResourceRecordSets)).not.toContain("\\052.a.local.test. A");
});

test("what is not there is said by AWS's codes", async () => {
  await expect(route53.listResourceRecordSets({ HostedZoneId: "ZNO" })).rejects.toMatchObject({
    name: "NoSuchHostedZone",
  });
  await expect(route53.getChange({ Id: "CNO" })).rejects.toMatchObject({ name: "NoSuchChange" });
});
