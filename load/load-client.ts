import { randomUUID } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { CookieJar } from "./cookie-jar";
import { type Planned, stickyClients } from "./load-mix";

/**
 * Why a request is lost: no whole answer in time; no answer; half an answer; an order that had been served before; an
 * order's answer without its id; or a status that is neither 2xx nor a 5xx of the service's own.
 */
export type Cause = "timeout" | "reset" | "cut" | "duplicate" | "wrong" | `${number}`;

export interface Outcome {
  verdict: "served" | "serverError" | { lost: Cause };
  /** From sending to the last byte. */
  ms: number;
  /** Of the answer; empty when there was none. */
  headers: IncomingHttpHeaders;
}

/** Below the 60 s of an ALB: the client closes its idle connection first, so no loss is a race of its own making. */
const idleMs = 30_000;
/** Enough for an order's id and the end of a stream. */
const bodyKept = 2048;

/** The clients of the load: they send what they are told to, and never try again. */
export class Clients {
  private readonly plain = { agent: new Agent({ keepAlive: true, timeout: idleMs }), jar: undefined };
  private readonly sticky = Array.from({ length: stickyClients }, () => ({
    agent: new Agent({ keepAlive: true, timeout: idleMs }),
    jar: new CookieJar(),
  }));
  /** In every order's id, so that a second load with the same seed repeats no order of the first. */
  private readonly run = randomUUID();

  constructor(
    private readonly host: string,
    private readonly timeoutMs: number,
    private readonly longMs: number,
  ) {}

  send(planned: Planned, address: URL): Promise<Outcome> {
    const client = this.sticky[planned.sticky ?? -1] ?? this.plain;
    const cookie = client.jar?.header();
    const order = planned.what === "order";
    const id = `${this.run}-${planned.index}`;

    return new Promise((resolve) => {
      const sentAt = performance.now();
      let headers: IncomingHttpHeaders = {};
      let body = "";

      function finish(verdict: Outcome["verdict"]): void {
        clearTimeout(timer);
        resolve({ verdict, ms: performance.now() - sentAt, headers });
      }

      const sending = request(new URL(this.path(planned), address), {
        method: order ? "POST" : "GET",
        headers: { host: this.host, ...(cookie && { cookie }), ...(order && { "idempotency-key": id }) },
        agent: planned.fresh ? false : client.agent,
      });
      sending.on("response", (response) => {
        headers = response.headers;
        client.jar?.keep(headers["set-cookie"]);
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body = (body + chunk).slice(-bodyKept);
        });
        response.on("end", () => finish(judge(planned, id, response.statusCode ?? 0, headers, body)));
        response.on("error", () => finish({ lost: "cut" }));
      });
      sending.on("error", () => finish({ lost: "reset" }));
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

  /** The routes of examples/shop. */
  private path({ what }: Planned): string {
    if (what === "long") return `/slow?ms=${this.longMs}`;
    if (what === "stream") return `/stream?ms=${this.longMs}&every=100`;
    return what === "order" ? "/orders" : "/";
  }
}

/** What a whole answer means. The load asks for nothing that the service would not answer with 2xx. */
function judge(
  { what }: Planned,
  id: string,
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
): Outcome["verdict"] {
  const byBalancer = String(headers.server).startsWith("awselb/");
  if (status >= 500 && !byBalancer) return "serverError";
  if (status < 200 || status >= 300) return { lost: `${status}` };
  if (what === "stream" && !body.endsWith("end\n")) return { lost: "cut" };
  if (what === "order" && headers["x-order-seen"] === "again") return { lost: "duplicate" };
  if (what === "order" && !body.includes(`"${id}"`)) return { lost: "wrong" };
  return "served";
}
