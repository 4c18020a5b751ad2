import { Agent, type ClientRequestArgs } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

const connectTimeout = 10_000;

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
    return connect({ host: "127.0.0.1", port: Number(options.port), allowHalfOpen: true, timeout: connectTimeout });
  }

  /** Node's own looks at the target's `Keep-Alive: timeout=…`; a balancer does not. */
  override keepSocketAlive(socket: Duplex): boolean {
    (socket as Socket).setTimeout(this.idleTimeout() * 1000);
    return true;
  }
}

export function closedByTarget(socket: Socket): boolean {
  return socket.readableEnded;
}
