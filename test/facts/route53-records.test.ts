import { describe, expect, it } from "vitest";
import { HEALTH_CHECK, RECORD, ZONE } from "../../local/providers/types/route53-names";
import { weighted, withZone } from "./route53";

// What Route 53 refuses, and what the provider makes of a change. Where a test quotes no page, the text is the message that
// Route 53's API answers with, as users of it have reported it.

/** The message after the operation and the code. */
const refused = (message: string) => `api error InvalidChangeBatch: [${message}]`;

describe("simple and weighted records", () => {
  // "You can't create non-weighted records that have the same values for Record name and Record type as weighted records."
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
  it("do not coexist: simple beside weighted", async () => {
    const { make } = await withZone();
    await make("blue", weighted("blue", 100));
    await expect(make("simple", {})).rejects.toThrow(
      refused(
        "RRSet with DNS name shop.example.test., type A cannot be created as other RRSets exist with the same name and type.",
      ),
    );
  });

  it("do not coexist: weighted beside simple", async () => {
    const { make } = await withZone();
    await make("simple", {});
    await expect(make("blue", weighted("blue", 100))).rejects.toThrow(
      refused(
        "RRSet with DNS name shop.example.test., type A, SetIdentifier blue cannot be created as a non-weighted set exists with the same name and type.",
      ),
    );
  });

  // "Route 53 deletes the first resource record set and creates the second resource record set in a single operation."
  // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
  it("become one another in one batch where the record is alone", async () => {
    const { make, change, records } = await withZone();
    const { id } = await make("shop", {});
    await change("shop", id, weighted("blue", 100));
    await make("green", weighted("green", 0));
    expect(records.ofType(RECORD).map(({ inputs }) => inputs.setIdentifier)).toEqual(["blue", "green"]);
  });

  it("do not where another of the set is left", async () => {
    const { make, change, records } = await withZone();
    const { id } = await make("blue", weighted("blue", 100));
    await make("green", weighted("green", 0));
    const simple = { setIdentifier: undefined, weightedRoutingPolicies: undefined };
    await expect(change("blue", id, simple)).rejects.toThrow("InvalidChangeBatch");
    // "If validation for either the DELETE or the CREATE action fails, then the request is canceled, and the original CNAME record
    // continues to exist."
    expect(records.get(RECORD, id)?.inputs).toMatchObject(weighted("blue", 100));
  });
});

// "In a group of resource record sets that have the same name and type, the value of SetIdentifier must be unique for each resource
// record set." https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
describe("a set identifier", () => {
  it("is unique among the records of a name and type", async () => {
    const { make } = await withZone();
    await make("blue", weighted("blue", 100));
    await expect(make("again", { name: "Shop.Example.Test.", ...weighted("blue", 5) })).rejects.toThrow(
      refused(
        "Tried to create resource record set [name='shop.example.test.', type='A', set-identifier='blue'] but it already exists",
      ),
    );
    await make("aaaa", { type: "AAAA", records: ["2001:db8::1"], ...weighted("blue", 100) });
    await make("other", { name: "other.example.test", ...weighted("blue", 100) });
  });

  it("is needed with a weight, which the provider says in the preview", async () => {
    const { create, zoneId } = await withZone();
    const inputs = { zoneId, name: "shop.example.test", type: "A", ttl: 60, records: ["192.0.2.1"] };
    const preview = create(RECORD, "blue", { ...inputs, weightedRoutingPolicies: [{ weight: 5 }] }, true);
    await expect(preview).rejects.toThrow(
      '"weighted_routing_policy": all of `set_identifier,weighted_routing_policy` must be specified',
    );
  });
});

it("a record of the same name and type exists once", async () => {
  const { make } = await withZone();
  await make("one", {});
  await expect(make("two", {})).rejects.toThrow(
    refused("Tried to create resource record set [name='shop.example.test.', type='A'] but it already exists"),
  );
});

// "weights of 1 and 255", "Enter an integer between 0 and 255."
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
it.each([
  [0, undefined],
  [255, undefined],
  [256, "less than or equal to 255"],
  [-1, "greater than or equal to 0"],
])("a weight of %i", async (weight, limit) => {
  const { make } = await withZone();
  const made = make("blue", weighted("blue", weight));
  if (limit === undefined) await made;
  else await expect(made).rejects.toThrow(new RegExp(`InvalidInput: .*'${weight}'.* Member must have value ${limit}`));
});

describe("the TTLs of weighted records", () => {
  // "All of the resource record sets in a group of weighted resource record sets must have the same value for TTL."
  // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
  it("are the same, so that one of two cannot be changed", async () => {
    const { make, change } = await withZone();
    const { id } = await make("blue", weighted("blue", 95));
    const message = (identifier: string) =>
      refused(
        `RRSet with DNS name shop.example.test., type A, SetIdentifier ${identifier} cannot be created as weighted sets must contain the same TTL.`,
      );
    await expect(make("green", { ttl: 30, ...weighted("green", 5) })).rejects.toThrow(message("green"));
    await change("blue", id, { ttl: 30 }); // alone
    await make("green", { ttl: 30, ...weighted("green", 5) });
    await expect(change("blue", id, { ttl: 300 })).rejects.toThrow(message("blue"));
  });

  // "If a group of weighted resource record sets includes one or more weighted alias resource record sets for which the alias
  // target is an ELB load balancer, we recommend that you specify a TTL of 60 seconds for all of the non-alias weighted resource
  // record sets that have the same name and type." So both may be in one set, and only a recommendation holds. (Same page.)
  it("of an alias are none: it stands beside any", async () => {
    const { make } = await withZone();
    const alias = { name: "green-1.eu-local-1.elb.amazonaws.com", zoneId: "ZLOCALELB", evaluateTargetHealth: false };
    await make("blue", { ttl: 30, ...weighted("blue", 95) });
    await make("green", { ttl: undefined, records: undefined, aliases: [alias], ...weighted("green", 5) });
  });
});

describe("a CNAME", () => {
  // "if you create a CNAME record for a subdomain, you cannot create any other records for that subdomain", and "The DNS protocol
  // does not allow you to create a CNAME record for the top node of a DNS namespace, also known as the zone apex."
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
  const cname = { type: "CNAME", records: ["elsewhere.test"] };

  it("is beside nothing else", async () => {
    const { make } = await withZone();
    await make("a", {});
    await expect(make("cname", cname)).rejects.toThrow(
      refused(
        "RRSet of type CNAME with DNS name shop.example.test. is not permitted as it conflicts with other records with the same DNS name in zone example.test.",
      ),
    );
  });

  it("has nothing else beside it, but more of its weighted set", async () => {
    const { make } = await withZone();
    await make("blue", { ...cname, ...weighted("blue", 95) });
    await make("green", { ...cname, ...weighted("green", 5) });
    await expect(make("a", {})).rejects.toThrow(
      refused(
        "RRSet of type A with DNS name shop.example.test. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.test.",
      ),
    );
  });

  it("is not at the apex", async () => {
    const { make } = await withZone();
    await expect(make("apex", { name: "example.test", ...cname })).rejects.toThrow(
      refused("RRSet of type CNAME with DNS name example.test. is not permitted at apex in zone example.test."),
    );
  });

  it("takes an A record's place in one batch", async () => {
    const { make, change, records } = await withZone();
    const { id } = await make("shop", {});
    await change("shop", id, cname);
    expect(records.ofType(RECORD).map(({ inputs }) => inputs.type)).toEqual(["CNAME"]);
  });
});

describe("a host outside the zone", () => {
  // The provider appends the zone's name to what does not end in it: internal/service/route53/record.go, expandRecordName.
  it("is made a name in it by the provider", async () => {
    const { make } = await withZone();
    expect((await make("outside", { name: "shop.other.test" })).properties.fqdn).toBe("shop.other.test.example.test");
    expect((await make("short", { name: "shop" })).properties.fqdn).toBe("shop.example.test");
    expect((await make("apex", { name: "" })).properties.fqdn).toBe("example.test");
  });

  it("that ends in the zone's letters is refused", async () => {
    const { make } = await withZone();
    await expect(make("outside", { name: "shopexample.test" })).rejects.toThrow(
      refused("RRSet with DNS name shopexample.test. is not permitted in zone example.test."),
    );
  });

  it("is taken as it is where the zone is another stack's", async () => {
    const { make } = await withZone();
    expect((await make("there", { zoneId: "ZOTHER", name: "shop.other.test" })).properties.fqdn).toBe(
      "shop.other.test",
    );
  });
});

it("a value is an address of its type", async () => {
  const { make } = await withZone();
  await expect(make("shop", { records: ["shop.test"] })).rejects.toThrow("Value is not a valid IPv4 address");
  await expect(make("shop", { type: "AAAA" })).rejects.toThrow("Value is not a valid IPv6 address");
});

// "the alias target name does not lie within the target zone", "that target was not found": InvalidChangeBatch.
it("an alias leads to a balancer by the balancers' zone, or to a record that its zone has", async () => {
  const { make, zoneId } = await withZone();
  const to = (name: string, zone: string) => ({
    ttl: undefined,
    records: undefined,
    aliases: [{ name, zoneId: zone, evaluateTargetHealth: false }],
  });
  const balancer = "edge-1.eu-local-1.elb.amazonaws.com";
  await expect(make("a", to(balancer, zoneId))).rejects.toThrow("does not lie within the target zone");
  await expect(make("a", to("real.example.test", zoneId))).rejects.toThrow("that target was not found");
  await make("real", { name: "real.example.test" });
  await make("a", to("real.example.test", zoneId));
  await make("b", { name: "b.example.test", ...to(balancer, "ZLOCALELB") });
});

// "Amazon Route 53 does not prevent you from deleting a health check even if the health check is associated with one or more
// resource record sets." https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHealthCheck.html
it("a health check that a record uses can be deleted", async () => {
  const { create, make, remove, records } = await withZone();
  const check = { type: "HTTP", fqdn: "blue.example.test", requestInterval: 10 };
  const { id: healthCheckId } = await create(HEALTH_CHECK, "blue", check);
  await make("blue", { healthCheckId, ...weighted("blue", 100) });
  await remove(HEALTH_CHECK, healthCheckId);
  expect(records.ofType(HEALTH_CHECK)).toEqual([]);
});

// "You can delete a hosted zone only if it contains only the default SOA record and NS resource record sets. … If you try to delete
// a hosted zone that contains other resource record sets, the request fails, and Route 53 returns a HostedZoneNotEmpty error."
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html
describe("a zone with records", () => {
  it("is not deleted", async () => {
    const { make, remove, zoneId } = await withZone();
    const { id } = await make("shop", {});
    await expect(remove(ZONE, zoneId)).rejects.toThrow(
      "api error HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
    );
    await remove(RECORD, id);
    await remove(ZONE, zoneId);
  });

  it("is with forceDestroy, and they with it", async () => {
    const { create, remove, records } = await withZone();
    const { id: zoneId } = await create(ZONE, "forced", { name: "forced.test", forceDestroy: true });
    await create(RECORD, "shop", { zoneId, name: "shop", type: "A", ttl: 60, records: ["192.0.2.1"] });
    await remove(ZONE, zoneId);
    expect(records.ofType(RECORD)).toEqual([]);
  });
});

// terraform-provider-aws, internal/service/route53/record.go.
describe("the provider", () => {
  it("names a record by zone, name, type and set identifier", async () => {
    const { make, zoneId } = await withZone();
    expect((await make("simple", { name: "One.example.test" })).id).toBe(`${zoneId}_one.example.test_A`);
    expect((await make("blue", weighted("blue", 100))).id).toBe(`${zoneId}_shop.example.test_A_blue`);
  });

  it("overwrites with allowOverwrite only", async () => {
    const { make, records } = await withZone();
    await make("old", {});
    await expect(make("new", { records: ["192.0.2.2"] })).rejects.toThrow("already exists");
    await make("new", { records: ["192.0.2.2"], allowOverwrite: true });
    expect(records.ofType(RECORD).map(({ inputs }) => inputs.records)).toEqual([["192.0.2.2"]]);
    // It takes the place of the same record, and of no other.
    await expect(make("blue", { allowOverwrite: true, ...weighted("blue", 1) })).rejects.toThrow("non-weighted set");
  });

  it("keeps two records apart when one got the other's first identifier", async () => {
    const { make, change, remove, records } = await withZone();
    const { id } = await make("first", weighted("blue", 50));
    await change("first", id, weighted("green", 50));
    const { id: second } = await make("second", weighted("blue", 50));
    expect(records.ofType(RECORD)).toHaveLength(2);
    await remove(RECORD, id);
    expect(records.get(RECORD, second)?.inputs.setIdentifier).toBe("blue");
  });
});

it("what the local cloud does not do, it says", async () => {
  const { make, create } = await withZone();
  const latency = { setIdentifier: "blue", latencyRoutingPolicies: [{ region: "eu-west-1" }] };
  await expect(make("blue", latency)).rejects.toThrow("the local cloud has no latencyRoutingPolicies");
  const check = { type: "HTTP", fqdn: "blue.example.test", requestInterval: 10 };
  await expect(create(HEALTH_CHECK, "tcp", { ...check, type: "TCP" })).rejects.toThrow("no health check of type TCP");
  await expect(create(HEALTH_CHECK, "inverted", { ...check, invertHealthcheck: true })).rejects.toThrow(
    "invertHealthcheck",
  );
});
