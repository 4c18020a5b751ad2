import * as http from "node:http";
import type { LookupFunction } from "node:net";
import type { Destination, DnsUsers } from "../destination";
import { DNS_KINDS, type DnsKind } from "../dns-kinds";
import { loopbackUrl } from "../loopback";
import { askByDig, askOverUdp, noDig } from "./ask";
import { type Answer, DnsCache } from "./cache";
import { drawUsers } from "./mix";
import { SystemResolver } from "./system-resolver";

export interface DnsUsersOptions {
  /** The service's name, and the port that it has at every address. */
  name: string;
  port: number;
  /** The name server: `127.0.0.1:4133`. */
  server: string;
  /** The same server's address on port 53, `127.0.53.1`, for the system's resolver; undefined: there is none. */
  onPort53?: string;
  /** Where a file may be written that is needed until `close()`. */
  folder: string;
  /** Decides who sends what. */
  seed: number;
}

/** A kind of users that cannot be had on this machine. */
export interface NotTried {
  kind: DnsKind;
  reason: string;
}

/** Resolves when all that can look up here are ready to. */
export async function startDnsUsers(options: DnsUsersOptions): Promise<{ users: DnsUsers; notTried: NotTried[] }> {
  const { name, server, seed } = options;
  const notTried: NotTried[] = [];
  const withoutDig = await noDig();
  if (withoutDig) notTried.push({ kind: "dig", reason: withoutDig });
  const system = await startSystem(options).catch(({ message: reason }: Error) => {
    notTried.push({ kind: "system", reason });
    return undefined;
  });

  const given = new Map<string, number>();
  const note = (addresses: readonly string[]) => {
    for (const address of addresses) given.set(address, performance.now());
  };
  const noted = (ask: () => Promise<Answer>) => async () => {
    const answer = await ask();
    note(answer.addresses);
    return answer;
  };
  const udp = noted(askOverUdp(server, name));
  const caches = (kind: DnsKind, ask = udp, holds = 1) =>
    Array.from({ length: DNS_KINDS[kind].resolvers }, () => byCache(new DnsCache(ask, holds), options));
  const clients: Record<DnsKind, Client[]> = {
    ttl: caches("ttl"),
    longer: caches("longer", udp, 2),
    pool: Array.from({ length: DNS_KINDS.pool.resolvers }, () => byPool(new DnsCache(udp), options)),
    dig: withoutDig ? [] : caches("dig", noted(askByDig(server, name))),
    system: system ? [bySystem(system, options, note)] : [],
  };
  const kinds = (Object.keys(clients) as DnsKind[]).filter((kind) => clients[kind].length > 0);
  const draw = drawUsers(seed, kinds);
  const users: DnsUsers = {
    userOf: (planned) => {
      const { kind, resolver } = draw(planned);
      return { kind, destination: (clients[kind][resolver] as Client).destination };
    },
    counts: () => {
      const count = (of: Client[]) => ({
        resolvers: of.length,
        lookUps: of.reduce((sum, { lookUps }) => sum + lookUps(), 0),
      });
      const counted = Object.entries(clients).map(([kind, of]) => [kind, count(of)]);
      return Object.fromEntries(counted) as ReturnType<DnsUsers["counts"]>;
    },
    lastGiven: (address) => given.get(address),
    close: () => {
      for (const { close } of Object.values(clients).flat()) close?.();
    },
  };
  return { users, notTried };
}

function startSystem({ onPort53, folder }: DnsUsersOptions): Promise<SystemResolver> {
  if (onPort53 !== undefined) return SystemResolver.start(onPort53, folder);
  return Promise.reject(
    new Error("the name server may not listen on port 53 here, and resolv.conf cannot name another"),
  );
}

/** What looks up for its users, and how they keep their connections. */
interface Client {
  destination: () => Promise<Destination>;
  lookUps: () => number;
  close?: () => void;
}

type Target = Pick<DnsUsersOptions, "name" | "port">;

/** Its users leave an address, with the connections there, as soon as it gives another. */
function byCache(cache: DnsCache, { port }: Target): Client {
  return {
    destination: async () => ({ url: loopbackUrl(`${await cache.address()}:${port}`) }),
    lookUps: () => cache.lookUps,
  };
}

function bySystem(system: SystemResolver, { name, port }: Target, note: (addresses: string[]) => void): Client {
  return {
    destination: async () => {
      const address = await system.address(name);
      note([address]);
      return { url: loopbackUrl(`${address}:${port}`) };
    },
    lookUps: () => system.lookUps,
    close: () => system.close(),
  };
}

/**
 * Keeps its connections by name, and looks up only to open another: whoever has one stays where it is until the balancer closes
 * it. All are used in turn, so that none is closed for being idle while the pool believes in it; one that is idle all the same
 * the pool closes first, as `idleMs` of the load's other clients.
 */
function byPool(cache: DnsCache, { name, port }: Target): Client {
  const lookup: LookupFunction = (_name, _options, done) => {
    cache
      .address()
      .then((address) => loopbackUrl(`${address}:${port}`).hostname)
      .then(
        (host) => done(null, host, 4),
        (error: Error) => done(error, "", 4),
      );
  };
  const agent = new http.Agent({
    keepAlive: true,
    scheduling: "fifo",
    timeout: 30_000,
    lookup,
    // One address a connection, and no other where that one does not answer: nothing is tried twice.
    autoSelectFamily: false,
  } as http.AgentOptions);
  const url = new URL(`http://${name}:${port}`);
  return {
    destination: async () => ({ url, agent }),
    lookUps: () => cache.lookUps,
    close: () => agent.destroy(),
  };
}
