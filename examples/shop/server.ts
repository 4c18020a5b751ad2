import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answer, createRoutes } from "./routes";
import { readSettings, type Settings } from "./settings";

const settings = settingsOrExit();
const routes = createRoutes(settings);
const inFlight = new Set<ServerResponse>();
const sockets = new Set<Socket>();
let stopping = false;
let draws = 0;
let second = { at: 0, requests: 0 };

const server = createServer((request, response) => {
  inFlight.add(response);
  response.on("close", () => {
    inFlight.delete(response);
    // A stream that began before the stop could not say `connection: close`: its connection would hold up the exit.
    if (stopping) server.closeIdleConnections();
  });
  serve(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = settings.keepAliveSeconds * 1000;
server.headersTimeout = server.keepAliveTimeout + 5000;
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
});
server.on("error", (error) => exit(error.message));
server.listen(settings.port, settings.host, () => {
  console.log(`shop ${settings.version} on ${settings.host}:${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = "/", query] = (request.url ?? "/").split("?", 2);
  response.setHeader("x-shop-version", settings.version);
  if (stopping) response.setHeader("connection", "close");
  if (path === "/healthz") {
    const healthy = !stopping && !settings.unhealthy;
    return answer(response, healthy ? 200 : 503, { healthy });
  }
  // The switches leave the health check alone: they are for a version that looks healthy and serves badly.
  if (settings.latencyMs > 0) await sleep(settings.latencyMs);
  if (draw() < settings.errorRate) return answer(response, 500, { error: "by ERROR_RATE" });
  if (settings.resetRate > 0 && draw() < settings.resetRate) return void request.socket.resetAndDestroy();
  if (settings.hangRate > 0 && draw() < settings.hangRate) return;
  if (overCapacity()) return answer(response, 500, { error: "by CAPACITY_RPS" });
  const handler = routes[`${request.method} ${path}`];
  if (!handler) return answer(response, 404, { error: "no such page" });
  await handler(request, response, new URLSearchParams(query));
}

/** Takes no new connections, ends the idle ones, and exits when the last request in flight has its answer. */
function stop(): void {
  if (stopping) return;
  stopping = true;
  for (const response of inFlight) if (!response.headersSent) response.setHeader("connection", "close");
  server.close(() => process.exit(0));
  // Node counts a connection that never sent a request as busy: it would keep the shop here until it is killed.
  setTimeout(() => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }, 1000);
}

/** Whether this second has brought more requests than are answered. */
function overCapacity(): boolean {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second.at) second = { at: now, requests: 0 };
  return ++second.requests > settings.capacityRps;
}

/** From 0 up to 1, by the seed: the same requests fail in every run. */
function draw(): number {
  return createHash("sha256").update(`${settings.errorSeed} ${draws++}`).digest().readUInt32BE() / 2 ** 32;
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    return exit((error as Error).message);
  }
}

function exit(message: string): never {
  console.error(`shop: ${message}`);
  process.exit(1);
}
