import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { AccessLine, DesiredService, Incident, TaskEvent } from "../local/dataplane";
import { ask, desire, forwardTo, group, onlyTarget, service, startDataPlane, states, until } from "./facts/local-cloud";

// The data plane's own word for what AWS's access log leaves one to guess. Each mechanism is made to happen, for real.

async function start(shop: DesiredService, { idleTimeout = 60, drain = 1 } = {}) {
  const requests: AccessLine[] = [];
  const tasks: TaskEvent[] = [];
  const told = {
    onRequest: (line: AccessLine) => requests.push(line),
    onTask: (event: TaskEvent) => tasks.push(event),
  };
  const { plane, log } = startDataPlane(told);
  const groups = [group("shop", { deregistrationDelay: drain })];
  const apply = (next: DesiredService) =>
    plane.apply(desire([forwardTo({ shop: 1 })], [next], { idleTimeout, groups }));
  await apply(shop);
  const [node] = plane.addresses("alb", 80);
  /** The log's next line, for one request. */
  const lineOf = async (path: string) => {
    const known = requests.length;
    await ask(node, path).catch(() => {});
    await until(() => requests.length > known);
    return requests[known];
  };
  return { plane, log, node, requests, tasks, apply, lineOf };
}

async function startHealthy(env: Record<string, string> = {}, options = {}) {
  const started = await start(service("shop", env), options);
  await started.plane.steady("shop");
  return { ...started, id: onlyTarget(started.plane, "shop").id };
}

const incident = (kind: Incident["kind"], more = {}) => ({ incident: { kind, ...more } });

describe("the access log", () => {
  it("has each request once, when its answer has ended", async () => {
    const { node, requests, id, lineOf } = await startHealthy();
    const before = Date.now();
    const line = await lineOf("/?parts=3&every=100");
    expect(line).toEqual({
      time: expect.any(Number),
      traceId: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      balancerArn: "alb",
      zone: "local-a",
      targetGroupArn: "shop",
      target: id,
      elbStatusCode: 200,
      targetStatusCode: 200,
      targetSeconds: expect.any(Number),
    });
    // Until the answer began: two more of its parts came 100 ms apart.
    expect((line?.time ?? 0) - before - 1000 * (line?.targetSeconds ?? 0)).toBeGreaterThan(190);
    expect((line?.time ?? 0) - before).toBeGreaterThan(290);
    expect(await lineOf("/?status=503")).toMatchObject({ elbStatusCode: 503, targetStatusCode: 503 });
    expect(requests.filter((entry) => entry.incident)).toEqual([]);
    await ask(node, "/", { headers: { "x-amzn-trace-id": "Root=1-2-3" } });
    await until(() => requests.length === 3);
    expect(requests[2]?.traceId).toMatch(/^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-2-3$/);
  });

  // "HTTP 460: The load balancer received a request from a client, but the client closed the connection": ALB's guide.
  it("has 460, and no incident, where the client went away", async () => {
    const { node, requests, id } = await startHealthy();
    const impatient = get(`http://${node}/?delay=60000`, { agent: false }).on("error", () => {});
    await sleep(200);
    impatient.destroy();
    await until(() => requests.length > 0);
    expect(requests[0]).toMatchObject({ elbStatusCode: 460, target: id });
    expect(requests[0]).not.toHaveProperty("incident");
  });
});

describe("an incident", () => {
  it("closed-idle: how long the connection was idle when the target closed it, not when it was used", async () => {
    const { lineOf } = await startHealthy({ KEEP_ALIVE: "500" }); // Node adds a second
    await lineOf("/");
    await sleep(3000);
    const line = await lineOf("/");
    expect(line).toMatchObject({ elbStatusCode: 502, incident: { kind: "closed-idle" } });
    const { idleMs = 0, closedAt = 0 } = line?.incident ?? {};
    expect(idleMs).toBeGreaterThan(400);
    expect(idleMs).toBeLessThan(2200);
    expect((line?.time ?? 0) - closedAt).toBeGreaterThan(800);
  });

  it("refused", async () => {
    const { plane, lineOf } = await start(service("shop", { LISTEN_AFTER: "60000" }));
    await until(() => states(plane, "shop").includes("unhealthy"));
    expect(await lineOf("/")).toMatchObject({ elbStatusCode: 502, ...incident("refused") });
  });

  it.each(["/?reset", "/?fin"])("closed-early: %s", async (path) => {
    const { lineOf, id } = await startHealthy();
    const line = await lineOf(path);
    expect(line).toMatchObject({ elbStatusCode: 502, target: id, ...incident("closed-early") });
    expect(line).not.toHaveProperty("targetStatusCode");
  });

  it("closed-early on a kept connection says how long that was idle", async () => {
    const { lineOf } = await startHealthy();
    await lineOf("/");
    await sleep(300);
    const { kind, idleMs = 0, closedAt } = (await lineOf("/?reset"))?.incident ?? {};
    expect([kind, closedAt]).toEqual(["closed-early", undefined]);
    expect(idleMs).toBeGreaterThan(250);
    expect(idleMs).toBeLessThan(2000);
  });

  it("broke-off", async () => {
    const { lineOf } = await startHealthy();
    expect(await lineOf("/?cut")).toMatchObject({
      elbStatusCode: 200,
      targetStatusCode: 200,
      ...incident("broke-off"),
    });
  });

  it("no-answer, before an answer and in the middle of one", async () => {
    const { lineOf } = await startHealthy({}, { idleTimeout: 0.5 });
    expect(await lineOf("/?delay=60000")).toMatchObject({ elbStatusCode: 504, ...incident("no-answer") });
    expect(await lineOf("/?parts=2&every=60000")).toMatchObject({ elbStatusCode: 200, ...incident("no-answer") });
  });

  it("no-target", async () => {
    const { lineOf } = await start(service("shop", {}, { desiredCount: 0 }));
    const line = await lineOf("/");
    expect(line).toMatchObject({ elbStatusCode: 503, targetGroupArn: "shop", ...incident("no-target") });
    expect(line).not.toHaveProperty("target");
  });

  it.each(["This is no HTTP.", "HTTP/1.1 042 Odd"])("malformed: %s", async (text) => {
    const { lineOf } = await startHealthy();
    expect(await lineOf(`/?raw=${encodeURIComponent(text)}`)).toMatchObject({
      elbStatusCode: 502,
      ...incident("malformed"),
    });
  });

  it.each(["/?delay=20000", "/?parts=1000&every=100"])("let-go, when the drain is over: %s", async (path) => {
    const { lineOf, apply, id, tasks } = await startHealthy();
    const slow = lineOf(path);
    await until(async () => (await ask(id, "/attempts")).body === "1");
    await apply(service("shop", {}, { desiredCount: 0 }));
    expect(await slow).toMatchObject({ target: id, ...incident("let-go") });
    await until(() => tasks.length === 2);
  });
});

describe("a task", () => {
  it("that is no longer asked for: SIGTERM, and its end", async () => {
    const { apply, tasks, id } = await startHealthy();
    await apply(service("shop", {}, { desiredCount: 0 }));
    await until(() => tasks.length === 2);
    const own = { target: id, targetGroupArn: "shop", time: expect.any(Number) };
    expect(tasks).toEqual([
      { ...own, what: "stopping", why: "it is no longer asked for" },
      { ...own, what: "ended", why: "exited with code 0" },
    ]);
  });

  it("that does not end on SIGTERM", async () => {
    const stubborn = service("shop", { IGNORE_SIGTERM: "1" });
    stubborn.task.stopTimeout = 1;
    const { plane, apply, tasks } = await start(stubborn);
    await plane.steady("shop");
    await apply({ ...stubborn, desiredCount: 0 });
    await until(() => tasks.length === 2);
    expect(tasks[1]).toMatchObject({ what: "ended", why: "was ended by SIGKILL" });
    expect((tasks[1]?.time ?? 0) - (tasks[0]?.time ?? 0)).toBeGreaterThan(900);
  });

  it("that fails its health checks is stopped for that", async () => {
    const { plane, tasks } = await start(service("shop", {}, { healthCheckGracePeriod: 0 }));
    await plane.steady("shop");
    const { id } = onlyTarget(plane, "shop");
    await ask(id, "/health?status=500");
    await until(() => tasks.length === 2);
    expect(tasks[0]).toMatchObject({ target: id, what: "stopping" });
    expect(tasks[0]?.why).toBe("failed its health checks (Target.ResponseCodeMismatch)");
  });

  it("that is killed: its end, which nobody asked for", async () => {
    const { tasks, log, id } = await startHealthy();
    const pid = Number(/pid (\d+)/.exec(log.join())?.[1]);
    process.kill(pid, "SIGKILL");
    await until(() => tasks.length > 0);
    expect(tasks).toEqual([
      { target: id, targetGroupArn: "shop", time: expect.any(Number), what: "ended", why: "was ended by SIGKILL" },
    ]);
  });
});
