/** Balancers that can be there at once: on systems other than Linux each has a hundred ports. */
export const SLOTS = 10;

/** The IPv4 address of a balancer's node, both counted from 0; worked out, so that it is the same after a restart. */
export function nodeAddress(slot: number, node: number): string {
  return `127.0.${slot}.${node + 1}`;
}

/** The port of listener 80 unless another one is asked for. */
export const BASE_PORT = 4080;

export interface LoopbackSocket {
  host: string;
  port: number;
}

/**
 * Where a listener at a node's address really listens; listener 80 has the base port. On Linux all of 127.0.0.0/8 is there.
 * Other systems have 127.0.0.1 only, so that there the address becomes a port, and who looks up a name must do as this does.
 */
export function socketOf(address: string, listenerPort: number, basePort: number): LoopbackSocket {
  const port = basePort + listenerPort - 80;
  if (process.platform === "linux") return { host: address, port };
  const [, , slot = 0, node = 1] = address.split(".").map(Number);
  return { host: "127.0.0.1", port: port + 100 * slot + 1000 * (node - 1) };
}

/** What to do about an address that cannot be listened on. */
export function inUse({ host, port }: LoopbackSocket, what: string): Error {
  return new Error(
    `Port ${port} of ${host}, for ${what}, is in use: ` +
      `stop the program that has it (\`lsof -i :${port}\` names it) or choose another base port.`,
  );
}
