import { DNS_KINDS, type DnsKind } from "../dns-kinds";
import { type Planned, seeded, stickyClients } from "../load-mix";

/** One resolver among those of its kind. */
export interface Drawn {
  kind: DnsKind;
  resolver: number;
}

/** So that the draws are others than those of the requests themselves. */
const OTHER_THAN_REQUESTS = 0x0d15_ea5e;

/**
 * Whose resolver each request goes by; the same for the same seed and kinds. A sticky client stays with one resolver, a plain
 * one is another user with each request. A kind that is not to be had leaves its share to the others.
 */
export function drawUsers(seed: number, kinds: readonly DnsKind[]): (planned: Planned) => Drawn {
  const random = seeded(seed ^ OTHER_THAN_REQUESTS);
  const whole = kinds.reduce((sum, kind) => sum + DNS_KINDS[kind].share, 0);
  const draw = (): Drawn => {
    let left = random() * whole;
    const kind = kinds.find((each) => {
      left -= DNS_KINDS[each].share;
      return left < 0;
    });
    const drawn = kind ?? (kinds.at(-1) as DnsKind); // what rounding leaves
    return { kind: drawn, resolver: Math.floor(random() * DNS_KINDS[drawn].resolvers) };
  };
  const sticky = Array.from({ length: stickyClients }, draw);
  return (planned) => sticky[planned.sticky ?? -1] ?? draw();
}
