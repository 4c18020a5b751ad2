/** Where clients send their requests: what of the cloud they know. */
export interface EntryPoint {
  /** What the outcome calls it. */
  readonly name: string;
  /** The DNS name that clients connect to. */
  readonly connectTo: string;
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Clients of one entry point that behave alike. */
export interface ClientGroup {
  readonly entry: EntryPoint;
  readonly clients: number;
  /** Requests a second of all of them together. */
  readonly perSecond: number;
  /** How long a request takes, in seconds. */
  readonly requestSeconds: readonly [number, number];
  /** Whether they send cookies back. */
  readonly cookies?: boolean;
  /** The target group that they were given a stickiness cookie for before, when it had weight: they come back with it. */
  readonly cookieFor?: string;
  /** How long they reuse a connection, in seconds; 0 for a new one each time. */
  readonly keepAliveSeconds?: number;
  /** How long they hold a DNS answer beyond its TTL, in seconds. */
  readonly holdDnsSeconds?: number;
}

export interface Load {
  readonly groups: readonly ClientGroup[];
  /** The recursive resolvers that the clients share; each client has one of them. */
  readonly resolvers: number;
}

/** A load of all kinds of clients on each entry point: with cookies, with long connections, with stubborn DNS caches, plain. */
export function mixedLoad(entries: readonly EntryPoint[], perSecond = 20): Load {
  const kinds: Pick<ClientGroup, "cookies" | "keepAliveSeconds" | "holdDnsSeconds" | "requestSeconds">[] = [
    { requestSeconds: [0.02, 0.3] },
    { cookies: true, requestSeconds: [0.02, 0.3] },
    { keepAliveSeconds: 300, requestSeconds: [0.02, 0.3] },
    { cookies: true, holdDnsSeconds: 30, requestSeconds: [0.5, 2] },
  ];
  const share = perSecond / Math.max(1, entries.length * kinds.length);
  const groups = entries.flatMap((entry) => kinds.map((kind) => ({ entry, clients: 8, perSecond: share, ...kind })));
  return { groups, resolvers: 4 };
}
