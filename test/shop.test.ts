import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";

const root = join(__dirname, "..");
const required = { VERSION: "v1", SESSION_SECRET: "a secret that both share".replaceAll(" ", "-") };
const children: ChildProcess[] = [];
const agents: Agent[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const agent of agents.splice(0)) agent.destroy();
});

test("answers with its version, in the header and in the body", async () => {
  const shop = await startShop({ VERSION: "v2" });
  const answer = await get(shop, "/");
  expect(answer.status).toBe(200);
  expect(answer.headers["x-shop-version"]).toBe("v2");
  expect(answer.json).toMatchObject({ version: "v2", session: { count: 1 } });
  expect((await get(shop, "/nothing")).headers["x-shop-version"]).toBe("v2");
  expect((await get(shop, "/nothing")).status).toBe(404);
});

test("a session goes on in another process of another version with the same secret, and not with another secret", async () => {
  const [one, two, stranger] = await Promise.all([
    startShop({ VERSION: "v1" }),
    startShop({ VERSION: "v2" }),
    startShop({ SESSION_SECRET: "another-secret-of-another-shop" }),
  ]);
  const first = await get(one, "/");
  const cookie = cookieOf(first.headers);
  const id = first.json.session.id;

  const second = await get(two, "/", { cookie });
  expect(second.json).toMatchObject({ version: "v2", session: { id, count: 2 } });
  const third = await get(one, "/", { cookie: `AWSALBTG=x; ${cookieOf(second.headers)}` });
  expect(third.json.session).toEqual({ id, count: 3 });

  expect((await get(stranger, "/", { cookie })).json.session).toMatchObject({ count: 1 });
  const forged = cookie.replace(`${id}.1.`, `${id}.9.`);
  expect(forged).not.toBe(cookie);
  expect((await get(one, "/", { cookie: forged })).json.session).toMatchObject({ count: 1 });
});

test("an order says whether this process has served it before, by header or body", async () => {
  const shop = await startShop();
  const seen = async (headers: Record<string, string>, body?: string) => {
    const answer = await get(shop, "/orders", headers, { method: "POST", body });
    return [answer.status, answer.json.id, answer.headers["x-order-seen"]];
  };
  expect(await seen({ "idempotency-key": "a" })).toEqual([201, "a", "first"]);
  expect(await seen({}, '{"id":"b"}')).toEqual([201, "b", "first"]);
  expect(await seen({}, '{"id":"a"}')).toEqual([201, "a", "again"]);
  for (const body of ["", "{", "null", '{"id":3}']) expect((await seen({}, body))[0]).toBe(400);
});

test("slow answers and streams take their time, and a stream ends with its marker", async () => {
  const shop = await startShop();
  const start = performance.now();
  const [slow, stream] = await Promise.all([get(shop, "/slow?ms=400"), get(shop, "/stream?ms=400&every=100")]);
  expect(performance.now() - start).toBeGreaterThan(390);
  expect(slow.status).toBe(200);
  expect(stream.body).toMatch(/^line 1\nline 2\n(line \d\n)*end\n$/);
  for (const path of ["/slow?ms=-1", "/slow?ms=x", "/slow?ms=999999", "/stream?every=0"]) {
    expect((await get(shop, path)).status, path).toBe(400);
  }
});

test.each(["SIGTERM", "SIGINT"] as const)("%s: what is in flight is finished, nothing new is taken", async (signal) => {
  const shop = await startShop();
  const kept = keepAlive();
  await get(shop, "/", {}, { agent: kept });
  const silent = connect(shop.port, "127.0.0.1");
  await once(silent, "connect");
  const slow = get(shop, "/slow?ms=1500", {}, { agent: keepAlive() });
  const stream = get(shop, "/stream?ms=1500&every=50", {}, { agent: keepAlive() });
  await sleep(300);
  const idle = Object.values(kept.freeSockets)[0]?.[0];
  expect(idle).toBeDefined();

  shop.child.kill(signal);
  if (idle && !idle.destroyed) await once(idle, "close");
  await sleep(100);
  await expect(get(shop, "/")).rejects.toThrow("ECONNREFUSED");
  expect(shop.child.exitCode).toBeNull();

  expect(await slow).toMatchObject({ status: 200, headers: { connection: "close" } });
  expect((await stream).body).toMatch(/end\n$/);
  expect(await shop.exit).toBe(0);
  silent.destroy();
});

test("control: SIGKILL cuts what is in flight", async () => {
  const shop = await startShop();
  const slow = expect(get(shop, "/slow?ms=1500")).rejects.toThrow();
  const stream = expect(get(shop, "/stream?ms=1500&every=50")).rejects.toThrow();
  await sleep(300);
  shop.child.kill("SIGKILL");
  await Promise.all([slow, stream]);
});

test("the health check is 200, and 503 on a connection that was open when the stop came", async () => {
  const shop = await startShop();
  expect((await get(shop, "/healthz")).status).toBe(200);
  const socket = connect(shop.port, "127.0.0.1");
  await once(socket, "connect");
  const received = text(socket);
  const slow = get(shop, "/slow?ms=1000");
  await sleep(200);
  shop.child.kill("SIGTERM");
  await sleep(200);
  socket.write("GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n");
  expect(await received).toMatch(/^HTTP\/1.1 503 /);
  await slow;
  expect(await shop.exit).toBe(0);
});

test("an idle connection is kept for KEEP_ALIVE_SECONDS, 65 unless set", async () => {
  const [short, normal] = await Promise.all([startShop({ KEEP_ALIVE_SECONDS: "1" }), startShop()]);
  const agent = keepAlive();
  const closed: number[] = [];
  for (const shop of [short, normal]) {
    const socket = connect(shop.port, "127.0.0.1");
    socket.on("close", () => closed.push(shop.port));
    socket.resume();
    socket.write("GET / HTTP/1.1\r\nHost: shop\r\n\r\n");
  }
  await sleep(3000);
  expect(closed).toEqual([short.port]);
  expect((await get(normal, "/", {}, { agent })).headers["keep-alive"]).toBe("timeout=65");
});

test("ERROR_RATE fails its share with the shop's own 500, the same ones for the same seed, never the health check", async () => {
  const failures = async (env: Record<string, string>, path = "/") => {
    const shop = await startShop(env);
    const agent = keepAlive();
    const failed: number[] = [];
    for (let i = 0; i < 400; i++) {
      const { status, headers } = await get(shop, path, {}, { agent });
      expect(headers.server).toBeUndefined();
      if (status === 500) failed.push(i);
    }
    return failed;
  };
  const some = await failures({ ERROR_RATE: "0.3" });
  // 0.3 of 400 is 120, with a standard deviation of 9.
  expect(some.length).toBeGreaterThan(70);
  expect(some.length).toBeLessThan(170);
  expect(await failures({ ERROR_RATE: "0.3" })).toEqual(some);
  expect(await failures({ ERROR_RATE: "0.3", ERROR_SEED: "2" })).not.toEqual(some);
  expect(await failures({})).toEqual([]);
  expect(await failures({ ERROR_RATE: "1" }, "/healthz")).toEqual([]);
});

test("LATENCY_MS delays answers, never the health check", async () => {
  const shop = await startShop({ LATENCY_MS: "2000" });
  let answered = false;
  const page = get(shop, "/").then(() => {
    answered = true;
  });
  expect((await get(shop, "/healthz")).status).toBe(200);
  await sleep(500);
  expect(answered).toBe(false);
  await page;
});

test("RESET_RATE resets and HANG_RATE never answers, never the health check", async () => {
  const reset = await startShop({ RESET_RATE: "1" });
  await expect(get(reset, "/")).rejects.toThrow(/ECONNRESET|socket hang up/);
  expect((await get(reset, "/healthz")).status).toBe(200);
  const hangs = await startShop({ HANG_RATE: "1" });
  const answered = get(hangs, "/").then(
    () => "answered",
    () => "closed",
  );
  expect(await Promise.race([answered, sleep(500, "silent")])).toBe("silent");
  expect((await get(hangs, "/healthz")).status).toBe(200);
});

test("CAPACITY_RPS fails what is more than that in a second, never the health check", async () => {
  const shop = await startShop({ CAPACITY_RPS: "3" });
  const nextSecond = () => sleep(1000 - (Date.now() % 1000));
  await nextSecond();
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await get(shop, "/")).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  expect(statuses.filter((status) => status === 500)).toHaveLength(5);
  expect((await get(shop, "/healthz")).status).toBe(200);
  await nextSecond();
  expect((await get(shop, "/")).status).toBe(200);
});

test("UNHEALTHY=1 never gets healthy, and serves", async () => {
  const shop = await startShop({ UNHEALTHY: "1" });
  expect((await get(shop, "/healthz")).status).toBe(503);
  expect((await get(shop, "/")).status).toBe(200);
});

test.each([
  [{ VERSION: "" }, "VERSION must be set"],
  [{ VERSION: "a\nb" }, "VERSION must be set, without spaces"],
  [{ SESSION_SECRET: "short" }, "SESSION_SECRET must be set, without spaces, 16 or more characters long"],
  [{ PORT: "http" }, "PORT=http must be a whole number from 0 to 65535"],
  [{ PORT: "" }, "PORT= must be a whole number"],
  [{ LATENCY_MS: "1.5" }, "LATENCY_MS=1.5 must be a whole number"],
  [{ UNHEALTHY: "yes" }, "UNHEALTHY=yes must be a whole number from 0 to 1"],
  [{ ERROR_RATE: "2", KEEP_ALIVE_SECONDS: "0" }, /KEEP_ALIVE_SECONDS=0 .*; ERROR_RATE=2 must be a number from 0 to 1/],
])("%j is refused at the start, in one line", async (env, message) => {
  await expectRefused(env, message);
});

test("a busy port is refused at the start, in one line", async () => {
  const shop = await startShop();
  await expectRefused({ PORT: String(shop.port) }, "EADDRINUSE");
});

interface Shop {
  port: number;
  child: ChildProcess;
  exit: Promise<number | null>;
}

async function startShop(env: Record<string, string> = {}): Promise<Shop> {
  const { child, exit } = spawnShop(env);
  if (!child.stdout) throw new Error("no stdout");
  const [line] = await once(child.stdout, "data");
  const port = Number(/ on 127\.0\.0\.1:(\d+)\n$/.exec(String(line))?.[1]);
  return { port, child, exit };
}

function spawnShop(env: Record<string, string>) {
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "examples/shop/server.ts"], {
    cwd: root,
    env: { PATH: process.env.PATH, PORT: "0", ...required, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return { child, exit: once(child, "exit").then(([code]) => code as number | null) };
}

async function expectRefused(env: Record<string, string>, message: string | RegExp): Promise<void> {
  const { child, exit } = spawnShop(env);
  if (!child.stderr) throw new Error("no stderr");
  const output = await text(child.stderr);
  expect(await exit).toBe(1);
  expect(output).toMatch(message);
  expect(output).toMatch(/^shop: [^\n]*\n$/);
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  // biome-ignore lint/suspicious/noExplicitAny: what each route answers is for its test to say
  json: any;
}

/** Rejects when there is no whole answer. */
async function get(
  shop: Shop,
  path: string,
  headers: Record<string, string> = {},
  options: { agent?: Agent; method?: string; body?: string | undefined } = {},
): Promise<Answer> {
  const { agent = false, method = "GET", body } = options;
  const sending = request({ host: "127.0.0.1", port: shop.port, path, headers, agent, method });
  sending.end(body);
  const [response] = await once(sending, "response");
  const received = await text(response);
  const json = response.headers["content-type"] === "application/json" ? JSON.parse(received) : undefined;
  return { status: response.statusCode, headers: response.headers, body: received, json };
}

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true });
  agents.push(agent);
  return agent;
}

function cookieOf(headers: IncomingHttpHeaders): string {
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}
