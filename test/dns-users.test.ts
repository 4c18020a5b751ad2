import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { NoAddress } from "../load/destination";
import { askByDig, askOverUdp } from "../load/dns/ask";
import { DnsCache } from "../load/dns/cache";
import { drawUsers } from "../load/dns/mix";
import { SystemResolver } from "../load/dns/system-resolver";
import { type DnsUsersOptions, startDnsUsers } from "../load/dns/users";
import { DNS_KINDS, type DnsKind } from "../load/dns-kinds";
import { DnsMeter } from "../load/dns-meter";
import { startLoad } from "../load/load";
import type { Outcome } from "../load/load-client";
import { type Planned, planRequests } from "../load/load-mix";
import { installDig } from "./install-dig";
import { NameServer } from "./name-server";

const NAME = "shop.local.test";
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Mount namespaces are root's. */
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
let hasDig = false;
beforeAll(() => {
  hasDig = installDig();
});

describe("the draw", () => {
  const kinds = Object.keys(DNS_KINDS) as DnsKind[];
  const plan = (count: number) => {
    const requests = planRequests(7);
    return Array.from({ length: count }, () => requests.next().value);
  };
  const drawn = (seed: number, of: readonly DnsKind[], count = 20_000) => plan(count).map(drawUsers(seed, of));

  test("is the same for the same seed, and another for another", () => {
    expect(drawn(1, kinds, 1000)).toEqual(drawn(1, kinds, 1000));
    expect(drawn(1, kinds, 1000)).not.toEqual(drawn(2, kinds, 1000));
  });

  test("has the fixed mix; what is not to be had leaves its share to the others", () => {
    for (const of of [kinds, ["ttl", "pool"] as const]) {
      const whole = of.reduce((sum, kind) => sum + DNS_KINDS[kind].share, 0);
      // Plain users only, who are drawn anew: six standard deviations of the share of n draws.
      const requests = plan(20_000);
      const draw = drawUsers(1, of);
      const plain = requests.map((each) => ({ each, ...draw(each) })).filter(({ each }) => each.sticky === undefined);
      for (const kind of of) {
        const share = DNS_KINDS[kind].share / whole;
        const seen = plain.filter((each) => each.kind === kind);
        const bound = 6 * Math.sqrt((share * (1 - share)) / plain.length);
        expect(Math.abs(seen.length / plain.length - share)).toBeLessThan(bound);
        expect(new Set(seen.map(({ resolver }) => resolver)).size).toBe(DNS_KINDS[kind].resolvers);
      }
      expect(plain.every(({ kind }) => (of as readonly DnsKind[]).includes(kind))).toBe(true);
    }
  });

  test("a sticky client stays with its resolver", () => {
    const draw = drawUsers(3, kinds);
    const resolvers = new Map<number, Set<string>>();
    for (const each of plan(5000)) {
      const { kind, resolver } = draw(each);
      if (each.sticky === undefined) continue;
      resolvers.set(each.sticky, (resolvers.get(each.sticky) ?? new Set()).add(`${kind} ${resolver}`));
    }
    expect(resolvers.size).toBe(200);
    for (const of of resolvers.values()) expect(of.size).toBe(1);
  });
});

describe("a cache", () => {
  test.each([
    { holds: 1, from: 1000, to: 1400 },
    { holds: 2, from: 2000, to: 2400 },
  ])("that holds $holds x the TTL asks again after it, and not before", async ({ holds, from, to }) => {
    const server = await nameServer({ addresses: ["127.0.0.1"], ttl: 1 });
    const cache = new DnsCache(askOverUdp(server.address, NAME), holds);
    expect(await cache.address()).toBe("127.0.0.1");
    const start = performance.now();
    server.says = { addresses: ["127.0.0.2"], ttl: 1 };
    while ((await cache.address()) === "127.0.0.1") await sleep(20);
    const held = performance.now() - start;
    expect(held).toBeGreaterThan(from - 50);
    expect(held).toBeLessThan(to);
    expect(server.asked).toEqual(["A", "A"]);
    expect(cache.lookUps).toBe(2);
  });

  test("asks once for all who come at once, and gives the addresses in turn", async () => {
    const server = await nameServer({ addresses: ["127.0.0.1", "127.0.0.2"], ttl: 60 });
    const cache = new DnsCache(askOverUdp(server.address, NAME));
    const given = await Promise.all(Array.from({ length: 10 }, () => cache.address()));
    expect(given.filter((address) => address === "127.0.0.1")).toHaveLength(5);
    expect(server.asked).toEqual(["A"]);
  });

  test("serves nothing stale: a failed look-up is an error, and the next one asks again", async () => {
    const server = await nameServer({ addresses: ["127.0.0.1"], ttl: 0 });
    const cache = new DnsCache(askOverUdp(server.address, NAME));
    await cache.address();
    server.says = undefined;
    await expect(cache.address()).rejects.toThrow(NoAddress);
    server.says = { addresses: ["127.0.0.2"], ttl: 0 };
    expect(await cache.address()).toBe("127.0.0.2");
  });
});

test("dig is asked, and gives addresses and TTL, or why not", async ({ skip }) => {
  if (!hasDig) skip();
  const server = await nameServer({ addresses: ["127.0.0.1", "127.0.0.2"], ttl: 5 });
  const ask = askByDig(server.address, NAME);
  expect(await ask()).toEqual({ addresses: ["127.0.0.1", "127.0.0.2"], ttlSeconds: 5 });
  server.says = { addresses: [], ttl: 5 };
  await expect(ask()).rejects.toThrow(/dig gives no address of shop\.local\.test/);
});

describe.runIf(isRoot)("the system's resolver", () => {
  const port53 = "127.0.53.7";

  test("asks our name server, and keeps nothing; the rest of the system asks its own", async () => {
    const server = await nameServer({ addresses: ["127.0.0.3"], ttl: 60 }, port53, 53);
    const resolver = await system();
    expect(await resolver.address(NAME)).toBe("127.0.0.3");
    server.says = { addresses: ["127.0.0.4"], ttl: 60 };
    expect(await resolver.address(NAME)).toBe("127.0.0.4");
    const asked = server.asked.length;
    expect(asked).toBeGreaterThanOrEqual(2);
    // This process sees the resolv.conf that it always saw.
    expect(execFileSync("cat", ["/etc/resolv.conf"], { encoding: "utf8" })).not.toContain(port53);
    server.says = { addresses: [], ttl: 60 };
    await expect(resolver.address(NAME)).rejects.toThrow(/the system's resolver gives no address of shop\.local\.test/);
  });

  test("ends with its load, and a question after that has no answer", async () => {
    const resolver = await system();
    resolver.close();
    await expect(resolver.address(NAME)).rejects.toThrow("its process has ended");
  });

  async function system(): Promise<SystemResolver> {
    const resolver = await SystemResolver.start(port53, folder());
    closing.push(() => resolver.close());
    return resolver;
  }
});

describe("a load of DNS users", () => {
  test("has every kind, moves with DNS as each of them does, and measures the tail", async () => {
    const old = await edge("v1", "127.0.0.1");
    await edge("v2", "127.0.0.2", old.port);
    const server = await nameServer({ addresses: ["127.0.0.1"], ttl: 1 });
    const { users, notTried } = await startDnsUsers(options(server, old.port));
    expect(notTried.map(({ kind }) => kind)).toContain("system"); // there is no server on port 53
    const load = startLoad({ ...loadOptions, dns: users });
    await sleep(2500); // most have just asked for the second time
    server.says = { addresses: ["127.0.0.2"], ttl: 1 };
    const tail = load.tail("v1");
    await sleep(3000);
    const before = tail.result();
    // The balancer closes what is left, as `client_keep_alive` does: with an answer that says so.
    old.closing = true;
    await sleep(1000);
    const result = await load.stop();
    expect(result).toMatchObject({ lost: 0, serverErrors: 0 });
    const kinds = result.dns ?? [];
    expect(kinds.map(({ kind }) => kind)).toEqual(["ttl", "longer", "pool", ...(hasDig ? ["dig"] : [])]);
    expect(kinds.reduce((sum, { requests }) => sum + requests, 0)).toBe(result.sent);
    for (const { lookUps, resolvers } of kinds) expect(lookUps).toBeGreaterThanOrEqual(resolvers);
    const seconds = (kind: DnsKind, of = before) => of.find((each) => each.kind === kind)?.seconds;
    expect(seconds("ttl")).toBeGreaterThan(0.5);
    expect(seconds("ttl")).toBeLessThan(1.6);
    expect(seconds("longer")).toBeGreaterThan(1.2);
    expect(seconds("longer")).toBeLessThan(2.6);
    expect(seconds("pool")).toBeGreaterThan(2.7);
    // Each of a pool's connections has one last answer; long ago all of them would have moved by the TTL.
    expect(seconds("pool", tail.result())).toBeLessThan(4);
    expect(seconds("system")).toBeNull();
  });

  test("loses what it finds no address for, and says how its user looked it up", async () => {
    const { port } = await edge("v1", "127.0.0.1");
    const server = await nameServer(undefined);
    const { users } = await startDnsUsers(options(server, port));
    const load = startLoad({ ...loadOptions, dns: users, maxSeconds: 0.5 });
    await sleep(1000);
    const result = await load.stop();
    expect(result.sent).toBe(100);
    expect(result.stages[0]?.lostBy).toEqual({ "no-address": 100 });
    for (const { address, dns } of result.losses) expect([address, dns]).toEqual(["", expect.any(String)]);
  });

  test("loses what is led to an address where nobody is, and says to which", async () => {
    const { port } = await edge("v1", "127.0.0.1");
    const server = await nameServer({ addresses: ["127.0.0.9"], ttl: 60 });
    const { users } = await startDnsUsers(options(server, port));
    const load = startLoad({ ...loadOptions, dns: users, maxSeconds: 0.5 });
    await sleep(1000);
    const result = await load.stop();
    expect(result.stages[0]?.lostBy).toEqual({ reset: 100 });
    expect(new Set(result.losses.map(({ address }) => address))).toEqual(new Set([`127.0.0.9:${port}`]));
  });

  test.each<[string, readonly DnsKind[]]>([
    ["a cache", ["ttl"]],
    ["a pool", ["pool"]],
  ])("stops when DNS leads %s away from this machine", async (_, kinds) => {
    const server = await nameServer({ addresses: ["192.0.2.1"], ttl: 60 });
    const { users } = await startDnsUsers(options(server, 80));
    const only = { ...users, userOf: untilKind(users.userOf, kinds) };
    const load = startLoad({ ...loadOptions, dns: only });
    await sleep(500);
    expect(() => load.snapshot()).toThrow("loopback addresses only, such as 127.0.0.1:8080, not to 192.0.2.1:80");
    await expect(load.stop()).rejects.toThrow("not to 192.0.2.1:80");
  });

  const loadOptions = {
    addresses: [],
    host: NAME,
    stage: { name: "idle", weight: 0 },
    rate: 200,
    seed: 7,
    drainSeconds: 0.2,
    maxSeconds: 60,
  };

  function options(server: NameServer, port: number): DnsUsersOptions {
    return { name: NAME, port, server: server.address, folder: folder(), seed: 7 };
  }

  /** Draws until it is one of these kinds. */
  function untilKind(userOf: Awaited<ReturnType<typeof startDnsUsers>>["users"]["userOf"], kinds: readonly DnsKind[]) {
    return (planned: Planned) => {
      for (;;) {
        const user = userOf({ ...planned, sticky: undefined });
        if (kinds.includes(user.kind)) return user;
      }
    };
  }
});

test("a tail is of what a version answered after the last look-up that led to it", () => {
  const given: Record<string, number> = { "127.0.0.1": 1000 };
  const meter = new DnsMeter((address) => given[address]);
  const page: Planned = { index: 0, what: "page", sticky: undefined, fresh: false };
  const sent = (dns: DnsKind, atMs: number, by: string | undefined, verdict: Outcome["verdict"] = "served") => {
    const address = by === "v2" ? "127.0.1.1:80" : "127.0.0.1:80";
    meter.sent({ ...page, dns }, atMs)({ trace: "", address, verdict, ms: 1, headers: {}, environment: by });
  };
  const tail = meter.tail("v1");
  sent("pool", 900, "v1");
  sent("ttl", 3500, "v1");
  sent("ttl", 2000, "v1", "serverError");
  sent("longer", 9000, "v2");
  sent("dig", 9000, undefined, { lost: "reset" });
  const expected = (ttl: number | null) => [
    { kind: "ttl", seconds: ttl },
    ...["longer", "pool", "dig", "system"].map((kind) => ({ kind, seconds: null })),
  ];
  expect(tail.result()).toEqual(expected(2.5));
  given["127.0.0.1"] = 3000;
  expect(tail.result()).toEqual(expected(0.5));
  const counts = { resolvers: 3, lookUps: 9 };
  const none = { resolvers: 0, lookUps: 0 };
  expect(meter.result({ ttl: counts, longer: counts, pool: counts, dig: counts, system: none })).toEqual([
    { kind: "ttl", ...counts, requests: 2, lost: 0 },
    { kind: "longer", ...counts, requests: 1, lost: 0 },
    { kind: "pool", ...counts, requests: 1, lost: 0 },
    { kind: "dig", ...counts, requests: 1, lost: 1 },
  ]);
});

async function nameServer(says: NameServer["says"], host?: string, port?: number): Promise<NameServer> {
  const server = await NameServer.start(says, host, port);
  closing.push(() => server.stop());
  return server;
}

/** A server of one version on a loopback address of its own; two are on one port, as DNS knows none. */
async function edge(version: string, host: string, port = 0): Promise<{ port: number; closing: boolean }> {
  const made = { port: 0, closing: false };
  const server: Server = createServer((request, response) => {
    response.setHeader("x-shop-version", version);
    if (made.closing) response.setHeader("connection", "close");
    const id = request.headers["idempotency-key"];
    if (id) response.writeHead(201, { "x-order-seen": "first" }).end(JSON.stringify({ id }));
    else response.end("line 1\nend\n");
  });
  server.keepAliveTimeout = 60_000;
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(port, host), "listening");
  made.port = (server.address() as AddressInfo).port;
  return made;
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), "crossfade-dns-"));
}
