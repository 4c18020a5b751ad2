import { at, number } from "../../traffic";

/** How many times as fast DNS goes in the stack that `crossfade:local` marks; elsewhere, and where it cannot be read, 1. */
export function dnsSpeedOf(local: unknown): number {
  const speed = number(at(local, "dnsSpeed"));
  return speed !== undefined && speed >= 1 ? speed : 1;
}
