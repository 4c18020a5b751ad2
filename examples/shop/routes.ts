import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ordersOf } from "./orders";
import { identityOf, nextSession, sessionCookie } from "./session";
import type { Settings } from "./settings";

export type Handler = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => unknown;

const longestMs = 120_000;
const largestBody = 64 * 1024;
const products = Array.from({ length: 40 }, (_, i) => ({ sku: `sku-${i}`, cents: 500 + ((i * 337) % 997) }));

/** What the shop serves, by method and path. */
export function createRoutes(settings: Settings): Record<string, Handler> {
  const orders = ordersOf(settings);

  function page(request: IncomingMessage, response: ServerResponse): void {
    const session = nextSession(request.headers.cookie, settings);
    response.setHeader("set-cookie", sessionCookie(session, settings));
    response.setHeader("x-shop-session", identityOf(session));
    answer(response, 200, { session, products: products.toSorted((a, b) => a.cents - b.cents) });
  }

  async function order(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers["idempotency-key"] ?? (await idInBody(request));
    if (typeof id !== "string" || id === "") {
      return answer(response, 400, { error: "an order needs an id: header Idempotency-Key, or JSON body {id}" });
    }
    response.setHeader("x-order-seen", (await orders.add(id)) ? "again" : "first");
    answer(response, 201, { id });
  }

  return { "GET /": page, "POST /orders": order, "GET /slow": slow, "GET /stream": stream };
}

export function answer(response: ServerResponse, status: number, body: object): void {
  const version = response.getHeader("x-shop-version");
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ version, ...body }));
}

async function slow(_: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
  const ms = milliseconds(query.get("ms") ?? "1000");
  if (ms === undefined) return answer(response, 400, { error: `ms must be 0 to ${longestMs}` });
  await sleep(ms);
  answer(response, 200, { ms });
}

/** Lines, and `end` as the last one: without it a client knows that the stream was cut. */
async function stream(_: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
  const ms = milliseconds(query.get("ms") ?? "1000");
  const every = milliseconds(query.get("every") ?? "100");
  if (ms === undefined || !every) return answer(response, 400, { error: `ms and every must be 1 to ${longestMs}` });
  const until = Date.now() + ms;
  response.writeHead(200, { "content-type": "text/plain" });
  for (let line = 1; Date.now() < until && !response.destroyed; line++) {
    response.write(`line ${line}\n`);
    await sleep(Math.min(every, Math.max(0, until - Date.now())));
  }
  response.end("end\n");
}

async function idInBody(request: IncomingMessage): Promise<unknown> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) if (body.length < largestBody) body += chunk;
  try {
    return (JSON.parse(body) as { id?: unknown } | null)?.id;
  } catch {
    return undefined;
  }
}

function milliseconds(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) && Number(text) <= longestMs ? Number(text) : undefined;
}
