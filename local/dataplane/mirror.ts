import { type IncomingMessage, request as open } from "node:http";
import type { NodeTarget } from "./node-target";

/**
 * Sends a copy of a request to a target, and drops what comes back: "Data plane must ignore response to the mirrored request"
 * (Gateway API, HTTPRequestMirrorFilter). It does not slow the request down, so the copy's body is kept while its target is slow.
 */
export function mirror(request: IncomingMessage, target: NodeTarget | undefined): void {
  if (!target) return;
  const { method, url: path, rawHeaders: headers } = request;
  const copy = open({ agent: target.connections, host: "127.0.0.1", port: target.port, method, path, headers });
  target.begin();
  copy.on("close", () => target.end());
  copy.on("response", (reply) => reply.resume());
  copy.on("error", () => {});
  request.on("data", (part) => copy.write(part));
  request.on("end", () => copy.end());
  request.on("close", () => request.complete || copy.destroy());
}
