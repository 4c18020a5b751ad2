/** How users learn the address of a service, and how long they stay with it. */
export const DNS_KINDS = {
  ttl: {
    title: "caches that keep to the TTL",
    /** Their part of the requests. */
    share: 0.4,
    /** Each is shared by many users, as a provider's resolver is: a weight moves whole resolvers. */
    resolvers: 30,
  },
  longer: { title: "caches that hold twice as long", share: 0.2, resolvers: 20 },
  pool: { title: "pools that keep their connections", share: 0.2, resolvers: 10 },
  dig: { title: "dig", share: 0.1, resolvers: 3 },
  system: { title: "the system's resolver", share: 0.1, resolvers: 1 },
} as const;

export type DnsKind = keyof typeof DNS_KINDS;
