import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { type ResponseOptions, respond } from "./respond";

/** Milliseconds that a client may keep an idle TCP connection (RFC 7766, 6.2.3: "of the order of a few seconds"). */
const IDLE_MS = 10_000;

/** A name server at one address: the same port over UDP and over TCP. */
export class DnsServer {
  private readonly connections = new Set<Socket>();

  private constructor(
    private readonly udp: UdpSocket,
    private readonly tcp: Server,
    private readonly options: ResponseOptions,
  ) {
    udp.on("message", (message, { address, port }) => {
      const response = respond(message, { ...this.options, isUdp: true });
      if (response) udp.send(response, port, address, () => {}); // who asked may be gone
    });
    udp.on("error", () => {});
    tcp.on("connection", (socket) => this.serve(socket));
  }

  /** @throws where the address cannot be listened on. */
  static async start(host: string, port: number, options: ResponseOptions): Promise<DnsServer> {
    const udp = createSocket({ type: "udp4" });
    const tcp = createServer();
    try {
      tcp.listen(port, host);
      await once(tcp, "listening");
      udp.bind(port, host);
      await once(udp, "listening");
    } catch (error) {
      tcp.close();
      udp.close();
      throw error;
    }
    return new DnsServer(udp, tcp, options);
  }

  async stop(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    await Promise.all([
      new Promise((resolve) => this.tcp.close(resolve)),
      new Promise<void>((resolve) => this.udp.close(resolve)),
    ]);
  }

  /** Each message has its length before it (RFC 1035, 4.2.2); several may come at once, or one in parts. */
  private serve(socket: Socket) {
    this.connections.add(socket);
    socket.on("close", () => this.connections.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on("data", (part) => {
      received = Buffer.concat([received, part]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const response = respond(received.subarray(2, end), this.options);
        received = received.subarray(end);
        if (!response) return socket.destroy();
        const length = Buffer.alloc(2);
        length.writeUInt16BE(response.length);
        socket.write(Buffer.concat([length, response]));
      }
    });
  }
}
