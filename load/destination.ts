import type * as http from "node:http";
import type { DnsKind } from "./dns-kinds";
import type { Planned } from "./load-mix";

/** Where one request is sent. */
export interface Destination {
  /** By address; by name where the connections are the agent's own. */
  url: URL;
  /** Keeps the connections of a client that keeps them by name. @default the load's own, which keeps them by address */
  agent?: http.Agent;
}

/** Who sends a request on a DNS route. */
export interface DnsUser {
  kind: DnsKind;
  /**
   * Where its resolver leads it now.
   * @throws NoAddress where the look-up failed, and NotLoopback where it led away from this machine.
   */
  destination(): Promise<Destination>;
}

/** The users of a DNS route: each request goes where the resolver of its user says. */
export interface DnsUsers {
  /** To be called once for each request, in their order. */
  userOf(planned: Planned): DnsUser;
  /** Who they are, and how many look-ups they have made. */
  counts(): Record<DnsKind, { resolvers: number; lookUps: number }>;
  /** When a look-up last gave this address (`127.0.0.1`), on the clock of `performance`; undefined: none ever did. */
  lastGiven(address: string): number | undefined;
  close(): void;
}

/** A look-up gave no address: the request is lost as one whose server does not answer. */
export class NoAddress extends Error {}
