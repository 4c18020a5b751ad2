import http, { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { DataPlaneOptions } from "../../local/dataplane";
import { ask, desire, forwardTo, service, startDataPlane, until } from "./local-cloud";

async function start(options: DataPlaneOptions = {}) {
  const { plane, log } = startDataPlane(options);
  await plane.apply(desire([forwardTo({ shop: 1 })], [service("shop")]));
  await plane.steady("shop");
  const [node] = plane.addresses("alb", 80);
  return { node, log };
}

// "If the X-Forwarded-For request header is not included in the request, the load balancer creates one with the client IP address
// as the request value. Otherwise, the load balancer appends the client IP address to the existing header" "stores the protocol used
// between the client and the load balancer in the X-Forwarded-Proto request header" "X-Forwarded-Port … the destination port that
// the client used to connect to the load balancer"
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
// "If the X-Amzn-Trace-Id header is not present on an incoming request, the load balancer generates a header with a Root field" "If
// the X-Amzn-Trace-Id header is present and has a Root field, the load balancer inserts a Self field"
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
it("adds its headers and leaves the others, in order and spelling", async () => {
  const { node } = await start();
  const got = async (headers: Record<string, string>) => {
    const answer = await ask(node, "/?echo", { headers });
    const raw: string[] = JSON.parse(String(answer.headers["x-got"]));
    return Object.fromEntries(raw.flatMap((name, i) => (i % 2 ? [] : [[name, raw[i + 1]]])));
  };
  expect(await got({ Host: "shop.test", "X-Odd-Name": "1", "Keep-Alive": "timeout=1", TE: "trailers" })).toEqual({
    Host: "shop.test",
    "X-Odd-Name": "1",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Port": "80",
    "X-Amzn-Trace-Id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    Connection: "keep-alive",
  });
  expect(await got({ "x-forwarded-for": "10.0.0.1", "x-amzn-trace-id": "Root=1-2-3" })).toMatchObject({
    "X-Forwarded-For": "10.0.0.1, 127.0.0.1",
    "X-Amzn-Trace-Id": expect.stringMatching(/^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-2-3$/),
  });
});

// "The load balancer forwards valid HTTP responses from targets to the client"
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
it("leaves the target's answer as it is", async () => {
  const { node } = await start();
  const answer = await ask(node, "/?echo", { method: "POST", body: "Grüße" });
  expect(answer).toMatchObject({ status: 200, body: "Grüße", cut: false });
  expect(answer.headers).toMatchObject({ server: "target/1", "x-twice": "a, b", connection: "close" });
  const head = await ask(node, "/", { method: "HEAD" });
  expect([head.status, head.body]).toEqual([200, ""]);
});

// Not stated, but of HTTP: an answer without a length, of a server that speaks HTTP/1.0, ends with its connection.
it("passes an HTTP/1.0 answer on, whole, to its end", async () => {
  const { node } = await start();
  for (const head of ["HTTP/1.0 200 OK", "HTTP/1.1 200 OK\r\nConnection: close"]) {
    const answer = await ask(node, `/?raw=${encodeURIComponent(`${head}\r\n\r\nits body`)}`);
    expect(answer).toMatchObject({ status: 200, body: "its body\r\n\r\n", cut: false });
  }
});

// No page says that an ALB holds bodies back; server-sent events and downloads through one rest on that it does not.
it("passes each part of an answer on when it comes", async () => {
  const { node } = await start();
  const times: number[] = [];
  await new Promise<void>((resolve, reject) => {
    const request = http.get(`http://${node}/?parts=3&every=400`, { agent: false }, (response) => {
      response.on("data", () => times.push(performance.now()));
      response.on("end", resolve);
    });
    request.on("error", reject);
  });
  expect(times).toHaveLength(3);
  expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(400);
});

it("passes a request on before it has ended", async () => {
  const { node } = await start();
  const request = http.request(`http://${node}/?echo`, { agent: false, method: "POST" });
  request.write("first");
  const response = await new Promise<http.IncomingMessage>((resolve) => request.on("response", resolve));
  const body = response[Symbol.asyncIterator]();
  expect(String((await body.next()).value)).toBe("first");
  request.end("second");
  expect(String((await body.next()).value)).toBe("second");
});

it("holds no body: a client that does not read stops the target from sending", async () => {
  const { node, log } = await start();
  const request = http.get(`http://${node}/?flood=1000000000`, { agent: false });
  const response = await new Promise<http.IncomingMessage>((resolve) => request.on("response", resolve));
  response.pause();
  await sleep(1000);
  request.destroy();
  await until(() => log.some((line) => line.includes("flood sent")));
  const sent = Number(/flood sent (\d+)/.exec(log.join())?.[1]);
  expect(sent).toBeLessThan(50_000_000); // the sockets' buffers
});

// Not stated; the status is gone out, so only the connection can be cut.
it("cuts the client's connection when a target breaks off in the middle of a body", async () => {
  const { node } = await start();
  expect(await ask(node, "/?cut")).toMatchObject({ status: 200, body: "the first part", cut: true });
});

// "client keepalive": https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
it("keeps a client's connection for its next requests", async () => {
  const { node } = await start();
  const agent = new Agent({ keepAlive: true });
  const sockets = new Set();
  for (let i = 0; i < 3; i++) {
    const answer = await ask(node, "/", { agent });
    expect(answer.headers).toMatchObject({ connection: "keep-alive" });
    expect(answer.headers).not.toHaveProperty("keep-alive");
    sockets.add(Object.values(agent.freeSockets)[0]?.[0]);
  }
  expect(sockets.size).toBe(1);
  agent.destroy();
});

// "HTTP 460: The load balancer received a request from a client, but the client closed the connection with the load balancer
// before the idle timeout period elapsed." (troubleshooting guide) That the target loses its connection then is assumed.
it("lets the target's connection go with its client", async () => {
  const { node, log } = await start();
  const impatient = http.get(`http://${node}/?delay=60000`, { agent: false }).on("error", () => {});
  await sleep(200);
  impatient.destroy();
  await until(() => log.some((line) => line.includes("shop lost the client of /?delay=60000")));
});
