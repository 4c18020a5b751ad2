/** How long an answer with an alias to a balancer is kept, in seconds (Route 53 guide, "Choosing between alias and non-alias records"). */
export const ALIAS_TTL = 60;

/** How long a client may keep a connection, in seconds, where a balancer says nothing else (ELB, `client_keep_alive.seconds`). */
export const CLIENT_KEEP_ALIVE = 3600;

/** What clients may hold on to that a record led somewhere; all in seconds. */
export interface EdgeHold {
  ttl: number;
  keepAlive: number;
  drain: number;
}

/** What is reckoned with besides. */
export interface HoldSettings {
  /** How many TTLs: caches hold answers for longer than they should. */
  ttls: number;
  /** Seconds for the balancer's nodes. */
  settle: number;
}

/** How long users go by what they have looked up, in seconds: answers, then a connection. In the local cloud both run faster. */
export function staySeconds({ ttl, keepAlive }: Omit<EdgeHold, "drain">, ttls: number, dnsSpeed = 1): number {
  return (ttls * ttl + keepAlive) / dnsSpeed;
}

/** How long an edge must be kept after its weight went, in seconds; its drain and its nodes run as fast as anywhere. */
export function holdSeconds(hold: EdgeHold, { ttls, settle }: HoldSettings, dnsSpeed = 1): number {
  return staySeconds(hold, ttls, dnsSpeed) + hold.drain + settle;
}
