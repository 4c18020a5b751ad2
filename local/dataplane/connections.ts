import { Agent, type ClientRequestArgs } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

const connectTimeout = 10_000;

/** In milliseconds since 1970. */
const times = new WeakMap<Duplex, { idleSince?: number; closedAt?: number }>();

/**
 * One node's connections to one target, kept for the next request until they were idle for the balancer's idle timeout.
 *
 * A connection that its target has closed meanwhile is not noticed before it is used again, and that request gets a 502.
 * Deliberately pessimistic: on AWS it is a race between the target's FIN and the next request ("Check whether the
 * keep-alive duration of the target is shorter than the idle timeout value of the load balancer", ALB troubleshooting
 * guide, HTTP 502). A target with that fault must show it in minutes here, not after weeks of production.
 */
export class Connections extends Agent {
  constructor(private readonly idleTimeout: () => number) {
    super({ keepAlive: true });
  }

  /** Half-open, or Node would close its own side on the target's FIN and the pool would drop the connection. */
  override createConnection(options: ClientRequestArgs): Socket {
    const socket = connect({
      host: "127.0.0.1",
      port: Number(options.port),
      allowHalfOpen: true,
      timeout: connectTimeout,
    });
    times.set(socket, {});
    socket.once("end", () => times.set(socket, { ...times.get(socket), closedAt: Date.now() }));
    return socket;
  }

  /** Node's own looks at the target's `Keep-Alive: timeout=…`; a balancer does not. */
  override keepSocketAlive(socket: Duplex): boolean {
    (socket as Socket).setTimeout(this.idleTimeout() * 1000);
    times.set(socket, { ...times.get(socket), idleSince: Date.now() });
    return true;
  }
}

/** Of a connection that is about to be used: how long it was idle, and when its target closed it, if either is so. */
export function idleTimes(socket: Socket): { idleMs?: number; closedAt?: number } {
  const { idleSince, closedAt } = times.get(socket) ?? {};
  if (idleSince === undefined) return {};
  const idleMs = Math.max(0, (closedAt ?? Date.now()) - idleSince);
  return closedAt === undefined ? { idleMs } : { idleMs, closedAt };
}
