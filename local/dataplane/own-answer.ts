import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Action } from "./desired";

const phrases: Record<number, string> = {
  301: "Moved Permanently",
  302: "Found",
  400: "Bad Request",
  404: "Not Found",
  408: "Request Time-out",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

/**
 * An answer of the balancer itself: who looks for the cause of a 5xx tells it from a target's by the `server` header. A Gateway's
 * proxies have one of their own on a real cluster; here all have the ALB's, which is what the load looks for.
 */
export function answer(response: ServerResponse, status: number, more: OutgoingHttpHeaders = {}, body = page(status)) {
  const headers = {
    server: "awselb/2.0",
    "content-type": "text/html",
    "content-length": Buffer.byteLength(body),
    connection: keepAlive(response),
    ...more,
  };
  response.writeHead(status, phrases[status], headers).end(body);
}

/** The Connection header; without it Node would add a Keep-Alive header, which an ALB does not send. */
export function keepAlive(response: ServerResponse): string {
  return response.shouldKeepAlive ? "keep-alive" : "close";
}

/** For bytes that are no request, or not in time: there is no response object to answer them with. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex) {
  if (!socket.writable) return socket.destroy();
  const status = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const body = page(status);
  const head = [`HTTP/1.1 ${status} ${phrases[status]}`, "Server: awselb/2.0", "Content-Type: text/html"];
  const text = [...head, `Content-Length: ${body.length}`, "Connection: close", "", body].join("\r\n");
  return socket.end(text, () => socket.destroy());
}

export function redirect(
  response: ServerResponse,
  action: Extract<Action, { kind: "redirect" }>,
  listenerPort: number,
) {
  const { headers, url } = response.req;
  const protocol = action.protocol.replace("#{protocol}", "HTTP").toLowerCase();
  const port = action.port.replace("#{port}", String(listenerPort));
  const location = `${protocol}://${headers.host?.replace(/:\d+$/, "")}:${port}${url}`;
  answer(response, action.status, { location });
}

function page(status: number): string {
  const title = `${status} ${phrases[status] ?? ""}`.trim();
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}
