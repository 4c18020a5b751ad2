import { randomBytes } from "node:crypto";
import { type IncomingMessage, request as open, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { closedByTarget } from "./connections";
import type { NodeTarget } from "./node-target";
import { answer, keepAlive } from "./own-answer";

/** A request that a listener took, and its answer. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  listenerPort: number;
}

/**
 * Sends one request to one target, once: no other target is tried and nothing waits for a better one. Bodies are streamed
 * in both directions.
 */
export function forward(exchange: Exchange, target: NodeTarget, idleTimeout: number, cookie: string | undefined): void {
  const { request, response } = exchange;
  const attempt = open({
    agent: target.connections,
    host: "127.0.0.1",
    port: target.port,
    method: request.method,
    path: request.url,
    headers: headersToTarget(request, exchange.listenerPort),
  });

  // What comes first is the end: the answer's head, a failure, or a client that went away.
  let decided = false;
  const fail = (status: number) => {
    if (!decided) {
      decided = true;
      request.unpipe(attempt).resume();
      answer(response, status);
    }
    attempt.destroy();
  };

  target.begin();
  attempt.on("close", () => target.end());
  attempt.on("socket", (socket) => closedByTarget(socket) && fail(502));
  attempt.on("error", () => fail(502));
  attempt.on("timeout", () => fail(request.complete ? 504 : 408));
  attempt.setTimeout(idleTimeout * 1000);
  attempt.on("response", (reply) => {
    if (decided) return;
    const { statusCode = 0, statusMessage } = reply;
    response.sendDate = false;
    try {
      response.writeHead(statusCode, statusMessage, headersToClient(reply, response, cookie));
    } catch {
      return fail(502); // Node's parser lets more through than may be sent, such as status 42
    }
    decided = true;
    // A target that breaks off in the middle of a body leaves the client with a cut connection: the status is gone out.
    pipeline(reply, response, () => attempt.destroy());
  });
  response.on("close", () => {
    decided = true;
    if (!response.writableFinished) attempt.destroy();
  });
  request.pipe(attempt);
}

const hopByHop = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"];

function headersToTarget(request: IncomingMessage, listenerPort: number): string[] {
  const client = request.socket.remoteAddress ?? "";
  const { "x-forwarded-for": earlier, "x-amzn-trace-id": trace } = request.headers;
  const id = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString("hex")}`;
  const own = {
    "X-Forwarded-For": earlier ? `${earlier}, ${client}` : client,
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": String(listenerPort),
    "X-Amzn-Trace-Id": trace ? `Self=${id};${trace}` : `Root=${id}`,
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
