import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { CookieJar } from "../load/cookie-jar";
import { Histogram } from "../load/histogram";
import { type LoadOptions, type LoadResult, startLoad } from "../load/load";
import { type Planned, planRequests } from "../load/load-mix";

const seed = 20_260_101;
const stage = { name: "idle", weight: 0 };
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("the schedule", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(plan(seed, 1000)).toEqual(plan(seed, 1000));
    expect(plan(seed, 1000)).not.toEqual(plan(seed + 1, 1000));
  });

  test("has the fixed mix, drawn apart", () => {
    const planned = plan(seed, 100_000);
    const share = (filter: (request: Planned) => boolean, of = planned) => of.filter(filter).length / of.length;
    const orders = planned.filter(({ what }) => what === "order");
    // Six standard deviations of the share of n draws, so a right mix does not fail by chance.
    const about = (value: number, n = planned.length) => [value, 6 * Math.sqrt((value * (1 - value)) / n)] as const;
    const close = (actual: number, [value, bound]: readonly [number, number]) =>
      expect(Math.abs(actual - value), `${actual}, not ${value}`).toBeLessThan(bound);

    close(
      share(({ what }) => what === "order"),
      about(0.2),
    );
    close(
      share(({ what }) => what === "long"),
      about(0.003),
    );
    close(
      share(({ what }) => what === "stream"),
      about(0.003),
    );
    close(
      share(({ sticky }) => sticky !== undefined),
      about(0.3),
    );
    close(
      share(({ fresh }) => fresh),
      about(0.2),
    );
    close(
      share(({ sticky }) => sticky !== undefined, orders),
      about(0.3, orders.length),
    );
    close(
      share(({ fresh }) => fresh, orders),
      about(0.2, orders.length),
    );
    for (let client = 0; client < 200; client++)
      close(
        share(({ sticky }) => sticky === client),
        about(0.3 / 200),
      );
  });
});

test("a good server: nothing lost, every order once, ended by time with all that was scheduled", async () => {
  const { received, address } = await serve(good);
  const samples: number[] = [];
  const result = await run([address], { maxSeconds: 2.5, onSample: ({ sent }) => samples.push(sent) });
  const planned = plan(seed, 500);
  const orders = planned.filter(({ what }) => what === "order").length;

  expect(result).toMatchObject({ seed, endedBy: "time", scheduled: 500, sent: 500, answered: 500, lost: 0 });
  expect(result).toMatchObject({ serverErrors: 0, losses: [] });
  expect(result.stages).toHaveLength(1);
  expect(stageOf(result)).toMatchObject({ name: "idle", weight: 0, total: 500, lostBy: {}, candidateShare: null });
  expect(stageOf(result).orders).toEqual({ sent: orders, once: orders, twice: 0, never: 0 });
  expect(stageOf(result).p99Ms).toBeGreaterThanOrEqual(stageOf(result).p50Ms ?? Infinity);
  expect(received.length).toBe(500);
  expect(samples.length).toBeGreaterThan(0);

  expect(received.filter(({ method }) => method === "POST").length).toBe(orders);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(orders + 1);
  expect(received.filter(({ headers }) => headers.connection === "close").length).toBe(
    planned.filter(({ fresh }) => fresh).length,
  );
  expect(new Set(received.map(({ headers }) => headers.host))).toEqual(new Set(["shop.example.com"]));
});

describe("lost", () => {
  const byBalancer = { server: "awselb/2.0" };
  const causes: [string, string, Planned["what"], Handler][] = [
    ["no answer in time", "timeout", "page", () => {}],
    ["half an answer in time", "timeout", "page", (_, response) => response.write("{")],
    ["a reset", "reset", "page", (request) => request.socket.resetAndDestroy()],
    ["a closed connection", "reset", "order", (request) => request.socket.destroy()],
    ["the balancer's 502", "502", "page", (_, response) => response.writeHead(502, byBalancer).end()],
    ["the balancer's 503", "503", "order", (_, response) => response.writeHead(503, byBalancer).end()],
    ["the balancer's 504", "504", "page", (_, response) => response.writeHead(504, byBalancer).end()],
    ["a page that is not there", "404", "page", (_, response) => response.writeHead(404).end()],
    ["an answer cut short", "cut", "page", (_, response) => cut(response, { "content-length": 100 })],
    ["a stream cut short", "cut", "stream", (_, response) => cut(response, {})],
    ["a stream ended too early", "cut", "stream", (_, response) => response.end("line 1\nline 2\n")],
    ["an order served twice", "duplicate", "order", (request, response) => order(request, response, "again")],
    ["another order's answer", "wrong", "order", (_, response) => response.writeHead(201).end('{"id":"another"}')],
  ];

  test.each(causes)("%s is %s", async (_, cause, what, bad) => {
    // Half of the requests of this kind fail, the other half shows that the meter tells the two apart.
    let turn = 0;
    let failed = 0;
    const { address, received } = await serve((request, response) => {
      const fails = whatOf(request) === what && turn++ % 2 === 0;
      if (fails) failed += 1;
      (fails ? bad : good)(request, response);
    });
    const result = await run([address], { rate: 1000, maxSeconds: 1, timeoutMs: 1000 });

    expect(failed).toBeGreaterThan(0);
    expect(stageOf(result).lostBy).toEqual({ [cause]: failed });
    expect(result).toMatchObject({ lost: failed, sent: 1000, answered: 1000, serverErrors: 0 });
    expect(result.losses.length).toBe(failed);
    expect(result.losses[0]).toMatchObject({ cause, what, address, stage: "idle" });
    // Never a second try.
    expect(received.length).toBe(1000);
    const { sent, once, twice, never } = stageOf(result).orders;
    expect(once).toBe(what === "order" ? sent - failed : sent);
    expect(cause === "duplicate" ? twice : never).toBe(what === "order" ? failed : 0);
  });

  test("each has the trace of its request, and every request another", async () => {
    const { address, received } = await serve((request, response) => {
      if (request.url === "/") response.writeHead(502, byBalancer).end();
      else good(request, response);
    });
    const result = await run([address], { rate: 1000, maxSeconds: 0.5 });
    const traces = received.map(({ headers }) => String(headers["x-amzn-trace-id"]));
    for (const trace of traces) expect(trace).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(new Set(traces).size).toBe(500);
    const failed = received.filter(({ url }) => url === "/").map(({ headers }) => headers["x-amzn-trace-id"]);
    expect(failed.length).toBeGreaterThan(0);
    expect(result.losses.map(({ trace }) => `Root=${trace}`).sort()).toEqual(failed.sort());
  });

  test("a refused connection is a reset", async () => {
    const { address, server } = await serve(good);
    server.close();
    const result = await run([address], { rate: 100, maxSeconds: 0.5 });
    expect(stageOf(result).lostBy).toEqual({ reset: 50 });
    expect(stageOf(result)).toMatchObject({ p50Ms: null, p99Ms: null });
  });

  test.each([undefined, "nginx"])("a 500 or 503 of the service's own (server: %s) is not", async (name) => {
    let failed = 0;
    const { address } = await serve((request, response) => {
      if (request.url !== "/") return good(request, response);
      failed += 1;
      response.writeHead(failed % 2 ? 500 : 503, name ? { server: name } : {}).end();
    });
    const result = await run([address], { maxSeconds: 0.5 });
    expect(failed).toBeGreaterThan(0);
    expect(result).toMatchObject({ lost: 0, serverErrors: failed });
  });
});

describe("pages only, of any server", () => {
  const ask = { path: "/a/b.html?c=1" };

  test("asks for the path, as the same clients", async () => {
    const { address, received } = await serve((_, response) => response.end());
    const result = await run([address], { ask, rate: 1000, maxSeconds: 0.5 });
    expect(result).toMatchObject({ sent: 500, lost: 0, serverErrors: 0 });
    expect(new Set(received.map(({ method, url }) => `${method} ${url}`))).toEqual(new Set(["GET /a/b.html?c=1"]));
    const fresh = plan(seed, 500).filter((planned) => planned.fresh).length;
    expect(received.filter(({ headers }) => headers.connection === "close").length).toBe(fresh);
    expect(stageOf(result).orders.sent).toBe(0);
  });

  test.each([
    { status: 204, headers: {}, lost: 0, serverErrors: 0 },
    { status: 302, headers: { location: "/elsewhere" }, lost: 0, serverErrors: 0 },
    { status: 302, headers: { location: "/elsewhere", server: "awselb/2.0" }, lost: 50, serverErrors: 0 },
    { status: 404, headers: {}, lost: 50, serverErrors: 0 },
    { status: 502, headers: {}, lost: 0, serverErrors: 50 },
    { status: 502, headers: { server: "awselb/2.0" }, lost: 50, serverErrors: 0 },
  ])("$status $headers: $lost lost, $serverErrors errors", async ({ status, headers, lost, serverErrors }) => {
    const { address, received } = await serve((_, response) => response.writeHead(status, headers).end());
    const result = await run([address], { ask, rate: 100, maxSeconds: 0.5 });
    expect(result).toMatchObject({ sent: 50, lost, serverErrors });
    expect(received.length).toBe(50); // no redirect is followed
  });

  test.each(["a", "", "/a b", "/ü", "/a\r\nb"])("the path %j is refused", (path) => {
    expect(() => startLoad(options(["127.0.0.1:9"], { ask: { path } }))).toThrow("must begin with /");
  });

  test("a path cannot lead to another host", async () => {
    const { address, received } = await serve((_, response) => response.end());
    expect(await run([address], { ask: { path: "//127.0.0.1:9/" }, maxSeconds: 0.1 })).toMatchObject({ lost: 0 });
    expect(received.length).toBe(20);
  });
});

describe("an open loop", () => {
  test("sends on while nothing is answered", async () => {
    const start = performance.now();
    let whileStalled = 0;
    const { address } = await serve((request, response) => {
      const stall = 1300 - (performance.now() - start);
      if (stall <= 0 || stall > 1000) return good(request, response);
      whileStalled += 1;
      setTimeout(() => good(request, response), stall);
    });
    const result = await run([address], { maxSeconds: 2 });
    expect(result).toMatchObject({ scheduled: 400, sent: 400, answered: 400, lost: 0 });
    // A closed loop with 40 clients would have sent 40 or so, of 200.
    expect(whileStalled).toBeGreaterThan(150);
    expect(stageOf(result).p99Ms).toBeGreaterThan(700);
  });

  test("sends late, and says so, when its own process was held up", async () => {
    const { address } = await serve(good);
    const running = run([address], { maxSeconds: 1 });
    await sleep(200);
    const until = performance.now() + 400;
    while (performance.now() < until);
    const result = await running;
    expect(result).toMatchObject({ scheduled: 200, sent: 200, lost: 0 });
    expect(result.latenessP99Ms).toBeGreaterThan(200);
  });

  test("stops early, and waits for what is in flight", async () => {
    const { address } = await serve((request, response) => setTimeout(() => good(request, response), 300));
    const load = startLoad(options([address], { maxSeconds: 100 }));
    await sleep(500);
    const [result, again] = await Promise.all([load.stop(), load.stop()]);
    expect(again).toBe(result);
    expect(result.endedBy).toBe("stop");
    expect(result.sent).toBeGreaterThan(50);
    expect(result).toMatchObject({ scheduled: result.sent, answered: result.sent, lost: 0 });
    await sleep(100);
    expect(load.snapshot().sent).toBe(result.sent);
  });
});

test("a load that has ended leaves nothing running", async () => {
  const { address } = await serve(good);
  const given = JSON.stringify(options([address], { maxSeconds: 60 }));
  const script = `const load = require("./load/load.ts").startLoad(${given});
    setTimeout(() => load.stop().then(({ sent }) => console.log(sent)), 500);`;
  // As a process of its own: it ends when, and only when, no timer and no connection is left.
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", script], { cwd: join(__dirname, "..") });
  const killer = setTimeout(() => child.kill(), 10_000);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  clearTimeout(killer);
  expect(code).toBe(0);
  expect(Number(output)).toBeGreaterThan(50);
});

test("requests alternate over the addresses", async () => {
  const nodes = await Promise.all([serve(good), serve(good)]);
  const result = await run(
    nodes.map(({ address }) => address),
    { maxSeconds: 0.5 },
  );
  expect(result.sent).toBe(100);
  expect(nodes.map(({ received }) => received.length)).toEqual([50, 50]);
});

test("sticky clients keep every cookie, on both nodes; plain clients keep none", async () => {
  let clients = 0;
  const handler: Handler = (request, response) => {
    if (!request.headers.cookie) response.setHeader("set-cookie", [`AWSALBTG=${clients++}; Path=/`, "shop=s; Path=/"]);
    good(request, response);
  };
  const nodes = await Promise.all([serve(handler), serve(handler)]);
  await run(
    nodes.map(({ address }) => address),
    { maxSeconds: 2, rate: 400 },
  );
  const cookies = nodes.flatMap(({ received }) => received.flatMap(({ headers }) => headers.cookie ?? []));
  const planned = plan(seed, 800);
  const sticky = planned.filter((request) => request.sticky !== undefined);
  const first = new Set(sticky.map((request) => request.sticky)).size;

  for (const cookie of cookies) expect(cookie).toMatch(/^AWSALBTG=\d+; shop=s$/);
  // All but each client's first request; a few more where a second one was sent before the first was answered.
  expect(cookies.length).toBeLessThanOrEqual(sticky.length - first);
  expect(cookies.length).toBeGreaterThan(sticky.length - first - 20);
  expect(new Set(cookies).size).toBeLessThanOrEqual(first);
});

describe("stages", () => {
  test("the candidate's share is of plain clients, after the stage has settled", async () => {
    // Before it settles, and for sticky clients, the candidate answers all; then every fourth.
    let settled = false;
    let turn = 0;
    const { address } = await serve((request, response) => {
      const candidate = !settled || request.headers.cookie !== undefined || turn++ % 4 === 0;
      response.setHeader("x-shop-version", candidate ? "v2" : "v1");
      response.setHeader("set-cookie", "sticky=1");
      good(request, response);
    });
    const load = startLoad(options([address], { maxSeconds: 60, stage: { name: "a", weight: 25, candidate: "v2" } }));
    await sleep(700);
    expect(load.snapshot().sent).toBeGreaterThan(80);
    settled = true;
    load.settled();
    await sleep(1500);
    load.mark({ name: "b", weight: 50 });
    load.settled();
    await sleep(200);
    const [a, b] = (await load.stop()).stages;
    expect(a).toMatchObject({ name: "a", weight: 25, candidate: "v2" });
    expect(a?.settledAnswers).toBeGreaterThan(120);
    expect(a?.settledAnswers).toBeLessThan(280);
    // Sticky clients' first requests take a few turns of the fourth.
    expect(a?.candidateShare).toBeGreaterThan(0.15);
    expect(a?.candidateShare).toBeLessThan(0.35);
    expect(b).toMatchObject({ name: "b", candidateShare: null });
  });

  test("who answered can be told by another header, or not at all", async () => {
    const { address } = await serve((request, response) => {
      response.setHeader("x-color", request.headers["idempotency-key"] ? "green" : "blue");
      good(request, response);
    });
    const colors = { stage: { ...stage, candidate: "green" }, maxSeconds: 1 };
    const byColor = startLoad(
      options([address], { ...colors, environmentOf: ({ headers }) => headers["x-color"]?.toString() }),
    );
    byColor.settled();
    const told = stageOf(await ended(byColor, 1.2));
    const plain = plan(seed, 200).filter(({ sticky }) => sticky === undefined);
    expect(told.settledAnswers).toBe(plain.length);
    expect(told.candidateShare).toBe(plain.filter(({ what }) => what === "order").length / plain.length);

    const byVersion = startLoad(options([address], colors));
    byVersion.settled();
    expect(stageOf(await ended(byVersion, 1.2))).toMatchObject({ settledAnswers: 0, candidateShare: null });
  });

  test("who answered may become known later, and is waited for at the end", async () => {
    const { address } = await serve(good);
    const traces = new Set<string>();
    const load = startLoad(
      options([address], {
        maxSeconds: 60,
        stage: { ...stage, candidate: "green" },
        environmentOf: async ({ trace }) => {
          traces.add(trace);
          await sleep(300);
          return "green";
        },
      }),
    );
    load.settled();
    await sleep(400);
    const result = await load.stop();
    expect(traces.size).toBe(result.sent);
    expect(result.timeline.seconds[0]?.environments).toMatchObject({ green: { requests: result.sent } });
    expect(stageOf(result)).toMatchObject({ candidateShare: 1 });
    expect(stageOf(result).p99Ms).toBeLessThan(250);
  });

  test("a request belongs to the stage in which it was sent", async () => {
    const { address } = await serve((_, response) => setTimeout(() => response.writeHead(502, elb).end(), 500));
    const load = startLoad(options([address], { maxSeconds: 60 }));
    await sleep(400);
    const { sent } = load.snapshot();
    expect(load.snapshot()).toMatchObject({ answered: 0, lost: 0 });
    load.mark({ name: "canary-5", weight: 5 });
    await sleep(200);
    const result = await load.stop();
    expect(result.stages.map(({ name, total, lost }) => [name, total, lost])).toEqual([
      ["idle", sent, sent],
      ["canary-5", result.sent - sent, result.sent - sent],
    ]);
    expect(sent).toBeGreaterThan(0);
    expect(result.sent).toBeGreaterThan(sent);
  });

  test("the timeline has every request, the stages' beginnings and the notes", async () => {
    const { address } = await serve((request, response) => {
      response.setHeader("x-shop-version", "v1");
      if (whatOf(request) === "order") response.writeHead(502, elb).end();
      else good(request, response);
    });
    const load = startLoad(options([address], { maxSeconds: 60 }));
    await sleep(600);
    load.mark({ name: "canary-5", weight: 5 });
    await sleep(600);
    load.note("refused");
    const { timeline, stages, sent, lost } = await load.stop();
    expect(timeline.seconds.map(({ second }) => second)).toEqual([...timeline.seconds.keys()]);
    expect(timeline.seconds.length).toBeGreaterThan(1);
    const sum = (of: (second: (typeof timeline.seconds)[number]) => number) =>
      timeline.seconds.reduce((total, second) => total + of(second), 0);
    expect(lost).toBeGreaterThan(0);
    expect(sum((second) => second.lost)).toBe(lost);
    expect(sum(({ environments }) => environments.v1?.requests ?? 0)).toBe(sent - lost);
    const [first, second] = stages;
    expect(first?.atMs).toBe(0);
    expect(second?.atMs).toBeGreaterThan(590);
    expect(timeline.marks).toEqual([{ atMs: expect.any(Number), label: "refused" }]);
    expect(timeline.marks[0]?.atMs).toBeGreaterThan((second?.atMs ?? 0) + 590);
  });

  test("long requests and streams take 0.9 of the drain, and are left out of the percentiles", async () => {
    const { address, received } = await serve((request, response) => {
      setTimeout(() => good(request, response), /^.(slow|stream)/.test(request.url ?? "") ? 800 : 0);
    });
    // Few requests, of which both kinds are more than 1 %: they would be the p99.
    const kinds = (from: number) => new Set(plan(from, 50).map(({ what }) => what)).size;
    let both = seed;
    while (kinds(both) < 4) both++;
    const result = await run([address], { seed: both, maxSeconds: 0.25, drainSeconds: 1 });
    expect(received.length).toBe(50);
    const urls = received.map(({ url }) => url).filter((url) => url?.includes("ms="));
    expect(new Set(urls)).toEqual(new Set(["/slow?ms=900", "/stream?ms=900&every=100"]));
    expect(stageOf(result).p99Ms).toBeLessThan(600);
    expect(stageOf(result).lost).toBe(0);
  });
});

test.each([
  "10.0.0.1:80",
  "shop.example.com:80",
  "localhost:80",
  "127.0.0.1.example.com:80",
  "127.0.0.1:80@example.com:80",
  "127.0.0.1",
  "127.0.0.999:80",
  "127.0.0.1:99999",
  "http://127.0.0.1:80",
  "[::ffff:10.0.0.1]:80",
  "0.0.0.0:80",
  "",
])("an address that is not this machine's loopback is refused: %j", (address) => {
  expect(() => startLoad(options(["127.0.0.1:9", address], {}))).toThrow("loopback addresses only");
});

test.each([
  { rate: 0 },
  { rate: 1001 },
  { rate: Number.NaN },
  { seed: -1 },
  { drainSeconds: -1 },
  { timeoutMs: 0 },
  { maxSeconds: 100_001 },
  { host: "a\nb" },
  { addresses: [] },
])("%j is refused", (bad) => {
  expect(() => startLoad({ ...options(["127.0.0.1:9"], {}), ...bad })).toThrow();
});

test("an IPv6 loopback address works", async () => {
  const { address } = await serve(good, "::1");
  expect(await run([address], { maxSeconds: 0.2 })).toMatchObject({ sent: 40, lost: 0 });
});

test("a histogram's percentiles are the exact ones to within 1 %", () => {
  const histogram = new Histogram();
  expect(histogram.percentile(0.5)).toBeNull();
  const durations = Array.from({ length: 10_000 }, (_, i) => 0.3 + ((i * 7919) % 10_000) ** 2 / 20_000);
  for (const ms of durations) histogram.add(ms);
  durations.sort((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
    const exact = durations[Math.ceil(share * durations.length) - 1] ?? 0;
    expect(Math.abs((histogram.percentile(share) ?? 0) / exact - 1), `${share}`).toBeLessThan(0.01);
  }
});

test("a cookie is replaced, and forgotten when its time is over", async () => {
  const jar = new CookieJar();
  expect(jar.header()).toBe("");
  const past = new Date(Date.now() - 60_000).toUTCString();
  jar.keep(["a=1; Path=/", "b=x=y; Max-Age=1; HttpOnly", "c=3; Max-Age=60", `d=4; Expires=${past}`, "nonsense"]);
  expect(jar.header()).toBe("a=1; b=x=y; c=3");
  jar.keep(["a=2", "c=; Max-Age=0"]);
  expect(jar.header()).toBe("a=2; b=x=y");
  await sleep(1100);
  expect(jar.header()).toBe("a=2");
});

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;
const elb = { server: "awselb/2.0" };

async function serve(handler: Handler, host = "127.0.0.1") {
  const received: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    received.push(request);
    handler(request, response);
  });
  // Node's 5 s would close connections that the load believes to be kept for longer.
  server.keepAliveTimeout = 60_000;
  servers.push(server);
  await once(server.listen(0, host), "listening");
  const { port, family } = server.address() as AddressInfo;
  return { server, received, address: family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}` };
}

/** Answers each kind of request as the shop does, at once. */
function good(request: IncomingMessage, response: ServerResponse): void {
  if (whatOf(request) === "order") order(request, response, "first");
  else response.end(whatOf(request) === "stream" ? "line 1\nend\n" : "{}");
}

function order(request: IncomingMessage, response: ServerResponse, seen: string): void {
  const id = request.headers["idempotency-key"];
  response.writeHead(201, { "x-order-seen": seen }).end(JSON.stringify({ id }));
}

function whatOf({ url = "" }: IncomingMessage): Planned["what"] {
  if (url.startsWith("/slow")) return "long";
  if (url.startsWith("/stream")) return "stream";
  return url === "/orders" ? "order" : "page";
}

function cut(response: ServerResponse, headers: Record<string, number>): void {
  response.writeHead(200, headers).write("line 1\n");
  setTimeout(() => response.destroy(), 20);
}

function plan(from: number, count: number): Planned[] {
  const requests = planRequests(from);
  return Array.from({ length: count }, () => requests.next().value);
}

function options(addresses: string[], more: Partial<LoadOptions>): LoadOptions {
  return { addresses, host: "shop.example.com", stage, rate: 200, seed, drainSeconds: 0.2, maxSeconds: 1, ...more };
}

function run(addresses: string[], more: Partial<LoadOptions>): Promise<LoadResult> {
  const { maxSeconds = 1 } = more;
  return ended(startLoad(options(addresses, more)), maxSeconds);
}

/** The load ends by itself; to stop it later than that only asks for its result. */
async function ended(load: ReturnType<typeof startLoad>, seconds: number): Promise<LoadResult> {
  await sleep(seconds * 1000 + 50);
  return load.stop();
}

function stageOf(result: LoadResult): LoadResult["stages"][number] {
  const [first] = result.stages;
  if (!first) throw new Error("no stage");
  return first;
}
