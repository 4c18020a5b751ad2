import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import * as packet from "dns-packet";

/** A name server over UDP that says one thing of every name, for tests of who asks it. */
export class NameServer {
  /** What was asked of it: each question's type. */
  readonly asked: string[] = [];

  private constructor(
    private readonly socket: Socket,
    /** `127.0.0.1:12345` */
    readonly address: string,
    /** What it answers: addresses, or undefined for a server that fails. */
    public says: { addresses: string[]; ttl: number } | undefined,
  ) {
    socket.on("message", (message, { address: to, port }) => {
      const { id, questions = [] } = packet.decode(message);
      const [{ name, type } = { name: "", type: "A" as const }] = questions;
      this.asked.push(type);
      const answers = (type === "A" && this.says?.addresses) || [];
      const { ttl } = this.says ?? {};
      socket.send(
        packet.encode({
          type: "response",
          id,
          flags: packet.AUTHORITATIVE_ANSWER | (this.says ? 0 : SERVFAIL),
          questions,
          answers: answers.map((data) => ({ type: "A", name, ttl, data })),
        }),
        port,
        to,
      );
    });
  }

  static async start(says: NameServer["says"], host = "127.0.0.1", port = 0): Promise<NameServer> {
    const socket = createSocket("udp4");
    socket.bind(port, host);
    await once(socket, "listening");
    return new NameServer(socket, `${host}:${socket.address().port}`, says);
  }

  stop(): void {
    this.socket.close();
  }
}

const SERVFAIL = 2;
