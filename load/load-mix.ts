import type { DnsKind } from "./dns-kinds";

/** One request of the load, before it is sent. */
export interface Planned {
  index: number;
  what: "page" | "order" | "long" | "stream";
  /** Which of the sticky clients sends it; undefined: a plain one, which keeps no cookies. */
  sticky: number | undefined;
  /** On a connection of its own, closed after the answer; a pool that keeps its connections uses one of those all the same. */
  fresh: boolean;
  /** How its user learns the address, on a DNS route. */
  dns?: DnsKind;
}

export const stickyClients = 200;

/** The fixed mix; each line is drawn apart, so that every combination occurs. */
export const mix = { order: 0.2, long: 0.003, stream: 0.003, sticky: 0.3, fresh: 0.2 };

/**
 * The requests of the load, in order and without end; the same for the same seed. With pages only, each order, long request
 * and stream is a page, from the same client.
 */
export function* planRequests(seed: number, pagesOnly = false): Generator<Planned, never> {
  const random = seeded(seed);
  for (let index = 0; ; index++) {
    const drawn = whatFor(random());
    const what = pagesOnly ? "page" : drawn;
    const sticky = random() < mix.sticky ? Math.floor(random() * stickyClients) : undefined;
    yield { index, what, sticky, fresh: random() < mix.fresh };
  }
}

function whatFor(draw: number): Planned["what"] {
  if (draw < mix.order) return "order";
  if (draw < mix.order + mix.long) return "long";
  return draw < mix.order + mix.long + mix.stream ? "stream" : "page";
}

/** Mulberry32: from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
