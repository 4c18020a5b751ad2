import { randomUUID } from "node:crypto";
import type * as http from "node:http";
import type * as https from "node:https";
import { CookieJar } from "./cookie-jar";
import { type Destination, type DnsUser, NoAddress } from "./destination";
import { type Planned, stickyClients } from "./load-mix";
import { NotLoopback } from "./loopback";

/**
 * What is asked for: the routes of examples/shop, or pages only, by one path of any server (`/`, `/index.html?a=1`). For that
 * server a redirect is an answer as good as a page. A 4xx is lost there too: either the path is not one of that server, or it
 * was and the new version no longer has it.
 */
export type Asked = "shop" | { path: string };

/**
 * Why a request is lost: no whole answer in time; no answer; half an answer; an order that had been served before; an
 * order's answer without its id; no address by DNS; or a status that is no success (2xx; of pages only, 3xx too) and no 5xx
 * of the service's own.
 */
export type Cause = "timeout" | "reset" | "cut" | "duplicate" | "wrong" | "no-address" | `${number}`;

export interface Outcome {
  /** The request's id in `X-Amzn-Trace-Id`, by which the balancer's access log has it: `1-65a1b2c3-0123456789abcdef01234567`. */
  trace: string;
  /** Where it was sent, `127.0.0.1:8080`; empty where no address was found. */
  address: string;
  verdict: "served" | "serverError" | { lost: Cause };
  /** From sending to the last byte. */
  ms: number;
  /** Of the answer; empty when there was none. */
  headers: http.IncomingHttpHeaders;
  /** Of a request that went on with a session: whether the answer did, with all that was in it. */
  session?: "kept" | "lost";
  /** Which environment answered, once the load has found out; undefined: cannot be told. */
  environment?: string;
}

/** Below the 60 s of an ALB: the client closes its idle connection first, so no loss is a race of its own making. */
const idleMs = 30_000;
/** Enough for an order's id and the end of a stream. */
const bodyKept = 2048;

interface Client {
  agent: http.Agent;
  /** A plain client keeps no cookies. */
  jar?: CookieJar;
  /** The session that the cookies hold, as the shop calls it in `x-shop-session`. */
  session?: string;
}

/** The clients of the load: they send what they are told to, and never try again. */
export class Clients {
  private readonly plain: Client;
  private readonly sticky: Client[];
  /** In every order's id, so that a second load with the same seed repeats no order of the first. */
  private readonly run = randomUUID();

  constructor(
    private readonly host: string,
    private readonly asked: Asked,
    private readonly timeoutMs: number,
    private readonly longMs: number,
    /** `node:http`, or `node:https` for a service that is asked so. */
    private readonly protocol: typeof http | typeof https,
  ) {
    const newAgent = () => new protocol.Agent({ keepAlive: true, timeout: idleMs });
    this.plain = { agent: newAgent() };
    this.sticky = Array.from({ length: stickyClients }, () => ({ agent: newAgent(), jar: new CookieJar() }));
  }

  /**
   * Sends a request where its user's resolver leads.
   * @throws NotLoopback
   */
  async sendBy(planned: Planned, user: DnsUser): Promise<Outcome> {
    try {
      return await this.send(planned, await user.destination());
    } catch (error) {
      if (error instanceof NotLoopback) throw error;
      return { trace: this.trace(planned), address: "", verdict: { lost: "no-address" }, ms: 0, headers: {} };
    }
  }

  send(planned: Planned, { url, agent }: Destination): Promise<Outcome> {
    const client = this.sticky[planned.sticky ?? -1] ?? this.plain;
    const cookie = client.jar?.header();
    const sentSession = client.session;
    const order = planned.what === "order";
    const id = `${this.run}-${planned.index}`;
    const trace = this.trace(planned);

    return new Promise((resolve, reject) => {
      const sentAt = performance.now();
      let headers: http.IncomingHttpHeaders = {};
      let body = "";
      let address = url.host;

      function finish(verdict: Outcome["verdict"]): void {
        clearTimeout(timer);
        const session = sessionOf(sentSession, headers);
        resolve({ trace, address, verdict, ms: performance.now() - sentAt, headers, ...(session && { session }) });
      }

      function note(host: unknown, port: unknown): void {
        address = `${host}:${port}`;
      }

      const sending = this.protocol.request(url, {
        method: order ? "POST" : "GET",
        path: this.path(planned),
        headers: {
          host: this.host,
          "user-agent": "crossfade-rehearse",
          "x-amzn-trace-id": `Root=${trace}`,
          ...(cookie && { cookie }),
          ...(order && { "idempotency-key": id }),
        },
        agent: agent ?? (planned.fresh ? false : client.agent),
      });
      if (agent) {
        sending.on("socket", (socket) => {
          const connected = () => note(socket.remoteAddress, socket.remotePort);
          if (socket.connecting) socket.once("connect", connected);
          else connected();
        });
      }
      sending.on("response", (response) => {
        headers = response.headers;
        client.jar?.keep(headers["set-cookie"]);
        if (client.jar) client.session = headers["x-shop-session"]?.toString() ?? client.session;
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body = (body + chunk).slice(-bodyKept);
        });
        response.on("end", () => finish(this.judge(planned, id, response.statusCode ?? 0, headers, body)));
        response.on("error", () => finish({ lost: "cut" }));
      });
      sending.on("error", (error: NodeJS.ErrnoException & { address?: string; port?: number }) => {
        if (error instanceof NotLoopback) reject(error);
        // Of a connection that never came about; no address was found for the rest.
        if (error.address !== undefined) note(error.address, error.port);
        else if (error instanceof NoAddress) address = "";
        finish({ lost: error instanceof NoAddress ? "no-address" : "reset" });
      });
      const timer = setTimeout(() => {
        finish({ lost: "timeout" });
        sending.destroy();
      }, this.timeoutMs);
      sending.end(order ? JSON.stringify({ id }) : undefined);
    });
  }

  close(): void {
    for (const { agent } of [this.plain, ...this.sticky]) agent.destroy();
  }

  private path({ what }: Planned): string {
    if (this.asked !== "shop") return this.asked.path;
    if (what === "long") return `/slow?ms=${this.longMs}`;
    if (what === "stream") return `/stream?ms=${this.longMs}&every=100`;
    return what === "order" ? "/orders" : "/";
  }

  /** As AWS writes it: the time in seconds, and 24 digits, here of the load and of the request in it. */
  private trace({ index }: Planned): string {
    const seconds = Math.floor(Date.now() / 1000).toString(16);
    return `1-${seconds}-${this.run.slice(-12)}${index.toString(16).padStart(12, "0")}`;
  }

  /** What a whole answer means. */
  private judge(
    { what }: Planned,
    id: string,
    status: number,
    headers: http.IncomingHttpHeaders,
    body: string,
  ): Outcome["verdict"] {
    const byBalancer = String(headers.server).startsWith("awselb/");
    if (status >= 500 && !byBalancer) return "serverError";
    const success = status >= 200 && status < (this.asked === "shop" || byBalancer ? 300 : 400);
    if (!success) return { lost: `${status}` };
    if (what === "stream" && !body.endsWith("end\n")) return { lost: "cut" };
    if (what === "order" && headers["x-order-seen"] === "again") return { lost: "duplicate" };
    if (what === "order" && !body.includes(`"${id}"`)) return { lost: "wrong" };
    return "served";
  }
}

/** A version may add to a session; what was in it must still be there. */
function sessionOf(sent: string | undefined, headers: http.IncomingHttpHeaders): Outcome["session"] {
  const answered = headers["x-shop-session"]?.toString();
  if (sent === undefined || answered === undefined) return undefined;
  return answered.startsWith(sent) ? "kept" : "lost";
}
