import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { decode, encode } from "dns-packet";
import { describe, expect, it } from "vitest";
import type {
  Action,
  DataPlane,
  DataPlaneOptions,
  Desired,
  DesiredBalancer,
  DesiredRecord,
} from "../../local/dataplane";
import { ask, desire, PORT, seeded, startDataPlane, until } from "./local-cloud";
import { dns, record, weightedAlias } from "./route53";

const HOST = "shop.example.test";
const NAME = (edge: string) => `${edge}-1.eu-local-1.elb.amazonaws.com`;

/** Two balancers, each of which answers with its name. */
function edges(records: DesiredRecord[], change: Partial<DesiredBalancer> = {}): Desired {
  const balancers = ["blue", "green"].flatMap((edge) => {
    const says: Action = { kind: "fixed", status: 200, contentType: "text/plain", body: edge };
    return desire([says], []).balancers.map((one) => ({ ...one, arn: edge, dnsName: NAME(edge), ...change }));
  });
  return { ...desire([], []), balancers, dns: dns(records) };
}

async function start(desired: Desired, options: DataPlaneOptions = {}) {
  const { plane } = startDataPlane({ insyncDelay: [0, 0], ...options });
  await plane.apply(desired);
  await plane.settled();
  return { plane, resolver: resolverOf(plane) };
}

function resolverOf(plane: DataPlane): Resolver {
  const resolver = new Resolver({ timeout: 2000 });
  resolver.setServers(plane.dnsAddresses());
  return resolver;
}

describe("an alias to a balancer", () => {
  const alias = [weightedAlias(HOST, "blue", 100, NAME("blue"))];

  // "the TTL for load balancers": 60 seconds.
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
  it("has the addresses of its nodes, in random order, for 60 seconds", async () => {
    const { plane, resolver } = await start(edges(alias));
    const found = await resolver.resolve4(HOST, { ttl: true });
    expect(found.map(({ ttl }) => ttl)).toEqual([60, 60]);
    expect(found.map(({ address }) => `${address}:${PORT}`).sort()).toEqual(plane.addresses("blue", 80));
    const firsts = new Set<string>();
    await until(async () => firsts.add((await resolver.resolve4(HOST))[0] ?? "").size === 2);
    for (const { address } of found) expect((await ask(`${address}:${PORT}`)).body).toBe("blue");
  });

  // "When you enable dualstack mode for the load balancer, Elastic Load Balancing provides an AAAA DNS record for the load balancer."
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
  it("has IPv6 addresses with dualstack only, and they lead there", async () => {
    const aaaa = [weightedAlias(HOST, "blue", 100, `dualstack.${NAME("blue")}`)].map((one) => ({
      ...one,
      type: "AAAA",
    }));
    const { resolver } = await start(edges(aaaa));
    await expect(resolver.resolve6(HOST)).rejects.toMatchObject({ code: "ENODATA" });
    await expect(resolver.resolve4(HOST)).rejects.toMatchObject({ code: "ENODATA" });
    const dual = await start(edges(aaaa, { dualstack: true }), { basePort: PORT + 100 });
    const found = await dual.resolver.resolve6(HOST);
    expect(found.sort()).toEqual(["::ffff:127.0.0.1", "::ffff:127.0.0.2"]);
    for (const address of found) expect((await ask(`[${address}]:${PORT + 100}`)).body).toBe("blue");
  });

  it("leads nowhere once the balancer is deleted, whose connections are closed", async () => {
    const { plane, resolver } = await start(edges(alias));
    const [address] = plane.addresses("blue", 80);
    const desired = edges(alias);
    await plane.apply({ ...desired, balancers: desired.balancers.filter(({ arn }) => arn === "green") });
    await expect(resolver.resolve4(HOST)).rejects.toMatchObject({ code: "ENODATA" });
    await expect(resolver.resolve4(NAME("blue"))).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(ask(address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    // A client that still has the address does not meet the next balancer there.
    await plane.apply({ ...desired, balancers: desired.balancers.map((one) => ({ ...one, arn: `${one.arn}-2` })) });
    await expect(ask(address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

it("an alias to another record answers in its own name with that record's data and TTL, a CNAME in both names", async () => {
  const real = record("real.example.test", { ttl: 30 });
  const toReal = { name: "real.example.test", evaluateTargetHealth: false };
  const { resolver } = await start(
    edges([
      real,
      record(HOST, { ttl: undefined, values: [], alias: toReal }),
      record("www.example.test", { type: "CNAME", values: [NAME("green")] }),
    ]),
  );
  expect(await resolver.resolve4(HOST, { ttl: true })).toEqual([{ address: "192.0.2.1", ttl: 30 }]);
  expect((await resolver.resolve4("www.example.test")).sort()).toEqual(["127.0.1.1", "127.0.1.2"]);
});

describe("over 10,000 look-ups", () => {
  // "Route 53 calculates the sum of the weights for the records that have the same combination of DNS name and type. Route 53 then
  // responds to queries based on the ratio of a resource's weight to the total."
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html
  it.each([
    [95, 5],
    [1, 255],
    [100, 0],
    [0, 0],
  ])("the shares of weights %i and %i are as the weights", async (blue, green) => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    console.log(`weights ${blue} and ${green}: seed ${seed}`);
    const records = [
      weightedAlias(HOST, "blue", blue, NAME("blue")),
      weightedAlias(HOST, "green", green, NAME("green")),
    ];
    const { plane } = await start(edges(records), { random: seeded(seed) });
    const addresses = await lookUps(plane, 10_000);
    const toBlue = addresses.filter((address) => address.startsWith("127.0.0.")).length;
    const toGreen = addresses.filter((address) => address.startsWith("127.0.1.")).length;
    expect(toBlue + toGreen).toBe(10_000);
    const share = blue + green === 0 ? 0.5 : blue / (blue + green);
    // Binomial: further off than 4.9 standard deviations once in a million runs.
    const bound = 4.9 * Math.sqrt(10_000 * share * (1 - share));
    expect(Math.abs(toBlue - 10_000 * share), `seed ${seed}`).toBeLessThanOrEqual(bound);
  });
});

/** The first address of each answer, over UDP. */
async function lookUps(plane: DataPlane, count: number): Promise<string[]> {
  const [host, port] = plane.dnsAddresses()[0]?.split(":") ?? [];
  const socket = createSocket("udp4");
  const found: string[] = [];
  let sent = 0;
  await new Promise<void>((resolve) => {
    const next = () => {
      const question = { type: "A" as const, name: HOST };
      if (sent < count)
        socket.send(encode({ type: "query", id: sent++ % 65536, questions: [question] }), Number(port), host);
    };
    socket.on("message", (message) => {
      const [answer] = decode(message).answers ?? [];
      found.push(answer?.type === "A" ? answer.data : "none");
      if (found.length === count) resolve();
      next();
    });
    for (let i = 0; i < 20; i++) next();
  });
  socket.close();
  return found;
}

describe("a change of records", () => {
  const two = (value: string) => [
    record("a.example.test", { values: [value] }),
    record("b.example.test", { values: [value] }),
  ];

  // "Changes generally propagate to all Route 53 name servers within 60 seconds."
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-editing.html
  it("is served some time after it was asked for, and what is there at the start at once", async () => {
    const { plane, resolver } = await start(edges(two("192.0.2.1")), { insyncDelay: [400, 400] });
    expect(await resolver.resolve4("a.example.test")).toEqual(["192.0.2.1"]);
    const asked = Date.now();
    await plane.apply(edges(two("192.0.2.2")));
    const inSync = plane.inSync().then(() => Date.now() - asked);
    expect(await resolver.resolve4("a.example.test")).toEqual(["192.0.2.1"]);
    expect(await inSync).toBeGreaterThanOrEqual(395);
    expect(await resolver.resolve4("a.example.test")).toEqual(["192.0.2.2"]);
  });

  // "Route 53 validates the changes in the request and then either makes all or none of the changes in the change batch request.
  // This ensures that DNS routing isn't adversely affected by partial changes to the resource record sets in a hosted zone."
  // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
  it("changes all at once: a name whose type or identifier changes is never without a record", async () => {
    const blue = weightedAlias(HOST, "blue", 100, NAME("blue"));
    const green = weightedAlias(HOST, "green", 100, NAME("green"));
    const { plane, resolver } = await start(edges([blue]), { insyncDelay: [100, 100] });
    for (const next of [green, blue, green]) {
      await plane.apply(edges([next]));
      let done = false;
      plane.inSync().then(() => {
        done = true;
      });
      while (!done) expect(await resolver.resolve4(HOST)).toHaveLength(2);
    }
  });

  it("does not come over a newer one of the same record", async () => {
    const delays = [0.9, 0.1];
    const slow = startDataPlane({ insyncDelay: [0, 1000], random: () => delays.shift() ?? 0 }).plane;
    await slow.apply({ ...edges([]), balancers: [] });
    const names = resolverOf(slow);
    await slow.apply({ ...edges([record("a.example.test", { values: ["192.0.2.1"] })]), balancers: [] });
    const lateInSync = slow.inSync();
    await slow.apply({ ...edges([record("a.example.test", { values: ["192.0.2.2"] })]), balancers: [] });
    await slow.inSync();
    expect(await names.resolve4("a.example.test")).toEqual(["192.0.2.2"]);
    await lateInSync;
    expect(await names.resolve4("a.example.test")).toEqual(["192.0.2.2"]);
  });
});

it("all times of DNS run faster by one factor", async () => {
  const records = [
    weightedAlias(HOST, "blue", 100, NAME("blue")),
    record("a.example.test", { ttl: 30 }),
    record("zero.example.test", { ttl: 0 }),
  ];
  const { resolver } = await start(edges(records), { dnsSpeed: 12 });
  const ttl = async (name: string) => (await resolver.resolve4(name, { ttl: true }))[0]?.ttl;
  // Never shorter than so many times: 2.5 seconds are 3.
  expect(await Promise.all([HOST, "a.example.test", "zero.example.test"].map(ttl))).toEqual([5, 3, 0]);
});
