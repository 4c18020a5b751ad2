import { type IncomingMessage, request as open, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { idleTimes } from "./connections";
import type { NodeTarget } from "./node-target";
import { answer, keepAlive } from "./own-answer";
import type { AccessLine, Incident } from "./traffic";

/** A request that a listener took, and its answer. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  listenerPort: number;
  /** What will stand in the access log, as far as it is known. */
  line: AccessLine;
}

/**
 * Sends one request to one target, once: no other target is tried and nothing waits for a better one. Bodies are streamed
 * in both directions.
 */
export function forward(exchange: Exchange, target: NodeTarget, idleTimeout: number, cookie: string | undefined): void {
  const { request, response, line } = exchange;
  line.target = target.id;
  const attempt = open({
    agent: target.connections,
    host: "127.0.0.1",
    port: target.port,
    method: request.method,
    path: request.url,
    headers: headersToTarget(exchange),
  });

  // What comes first is the end: the answer's head, a failure, or a client that went away.
  let decided = false;
  const fail = (status: number, incident?: Incident) => {
    line.incident ??= incident;
    if (!decided) {
      decided = true;
      request.unpipe(attempt).resume();
      answer(response, status);
    }
    attempt.destroy();
  };

  target.begin();
  attempt.on("close", () => target.end());
  let sentAt = performance.now();
  attempt.on("finish", () => {
    sentAt = performance.now();
  });
  let kept: ReturnType<typeof idleTimes> = {};
  attempt.on("socket", (socket) => {
    kept = idleTimes(socket);
    if (kept.closedAt !== undefined) fail(502, { kind: "closed-idle", ...kept });
  });
  attempt.on("error", (error) => fail(502, { kind: target.letGo ? "let-go" : kindOf(error), ...kept }));
  attempt.on("timeout", () => (request.complete ? fail(504, { kind: "no-answer" }) : fail(408)));
  attempt.setTimeout(idleTimeout * 1000);
  attempt.on("response", (reply) => {
    if (decided) return;
    const { statusCode = 0, statusMessage } = reply;
    line.targetStatusCode = statusCode;
    line.targetSeconds = (performance.now() - sentAt) / 1000;
    response.sendDate = false;
    try {
      response.writeHead(statusCode, statusMessage, headersToClient(reply, response, cookie));
    } catch {
      return fail(502, { kind: "malformed" }); // Node's parser lets more through than may be sent, such as status 42
    }
    decided = true;
    reply.on("error", () => {
      line.incident ??= { kind: target.letGo ? "let-go" : "broke-off" };
    });
    // A target that breaks off in the middle of a body leaves the client with a cut connection: the status is gone out.
    pipeline(reply, response, () => attempt.destroy());
  });
  response.on("close", () => {
    decided = true;
    if (!response.writableFinished) attempt.destroy();
  });
  request.pipe(attempt);
}

function kindOf({ code }: NodeJS.ErrnoException): Incident["kind"] {
  if (code === "ECONNREFUSED") return "refused";
  return code?.startsWith("HPE_") ? "malformed" : "closed-early";
}

const hopByHop = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"];

function headersToTarget({ request, listenerPort, line }: Exchange): string[] {
  const client = request.socket.remoteAddress ?? "";
  const earlier = request.headers["x-forwarded-for"];
  const own = {
    "X-Forwarded-For": earlier ? `${earlier}, ${client}` : client,
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": String(listenerPort),
    "X-Amzn-Trace-Id": line.traceId,
  };
  const replaced = Object.keys(own).map((name) => name.toLowerCase());
  return [...without(request, replaced), ...Object.entries(own).flat()];
}

function headersToClient(reply: IncomingMessage, response: ServerResponse, cookie: string | undefined): string[] {
  const own = ["Connection", keepAlive(response), ...(cookie ? ["Set-Cookie", cookie] : [])];
  return [...without(reply, ["transfer-encoding"]), ...own];
}

/** The headers as they came, in order and spelling, without those that concern one connection only. */
function without(message: IncomingMessage, more: string[]): string[] {
  const named = message.headers.connection?.toLowerCase().split(/\s*,\s*/) ?? [];
  const dropped = new Set([...hopByHop, ...named, ...more]);
  return message.rawHeaders.filter((_, i) => !dropped.has(message.rawHeaders[i - (i % 2)]?.toLowerCase() ?? ""));
}
