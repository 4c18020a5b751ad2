import { describe, expect, test } from "vitest";
import type { DnsKind } from "../load/dns-kinds";
import type { FaultName } from "../load/fault";
import type { Loss } from "../load/load";
import type { Cause } from "../load/load-client";
import type { AccessLine, Incident, TaskEvent } from "../local/dataplane";
import { explain } from "../local/rehearsal/faults";
import { TrafficLog } from "../local/rehearsal/traffic-log";

const at = Date.parse("2026-01-31T12:00:00Z");
const target = "127.0.0.1:20001";
const BLUE = "arn:aws:elasticloadbalancing:eu-local-1:000000000000:targetgroup/shop-blue-1a2b3c4/1a2b3c4";
const GREEN = BLUE.replace("blue", "green");

let number = 0;
function loss(cause: Cause = "502", more: Partial<Loss> = {}): Loss {
  number += 1;
  return { at: "", stage: "idle", what: "page", address: "127.0.0.1:4080", cause, trace: `1-0-${number}`, ...more };
}

/** A loss and its line in the access log. */
function met(incident: Incident, line: Partial<AccessLine> = {}, cause: Cause = "502"): [Loss, AccessLine] {
  const lost = loss(cause);
  const traceId = `Self=1-2-3;Root=${lost.trace}`;
  const balancer = { balancerArn: "alb", zone: "local-a" };
  return [
    lost,
    { time: at, traceId, ...balancer, targetGroupArn: BLUE, target, elbStatusCode: 502, incident, ...line },
  ];
}

/** What became of the task: in milliseconds from the loss. */
const stopping = (ms: number): TaskEvent => {
  return { time: at + ms, target, targetGroupArn: BLUE, what: "stopping", why: "it is no longer asked for" };
};
const ended = (ms: number, why = "exited with code 1"): TaskEvent => {
  return { time: at + ms, target, targetGroupArn: BLUE, what: "ended", why };
};

function faultsOf(requests: [Loss, AccessLine?][], tasks: TaskEvent[] = []) {
  const lines = requests.flatMap(([{ trace }, line]) => (line ? [[trace, line] as const] : []));
  const losses = requests.map(([lost]) => lost);
  const environmentOf = (arn: string) => (arn === BLUE ? "blue" : "green");
  return explain({ losses, incidents: new Map(lines), tasks, addresses: ["127.0.0.1:4080"], environmentOf });
}

const idle = (idleMs: number, closed = -2000): Incident => ({ kind: "closed-idle", idleMs, closedAt: at + closed });

describe("one loss is named", () => {
  const cases: [string, FaultName, [Loss, AccessLine?], TaskEvent[]][] = [
    ["a kept connection that was closed", "short-keep-alive", met(idle(5000)), []],
    ["closed long before the task crashed", "short-keep-alive", met(idle(5000, -5000)), [ended(-10)]],
    ["closed by the crash", "crashed", met(idle(300, -10)), [ended(-5)]],
    ["closed by the end after SIGTERM", "drops-on-sigterm", met(idle(300, -10)), [stopping(-20), ended(-5)]],
    ["refused by a task that runs", "refused", met({ kind: "refused" }), []],
    ["refused by one that has crashed", "crashed", met({ kind: "refused" }), [ended(-3000)]],
    ["refused by one that got SIGTERM", "drops-on-sigterm", met({ kind: "refused" }), [stopping(-10)]],
    ["not answered, and it runs on", "closed-without-answer", met({ kind: "closed-early" }), []],
    ["not answered, and it runs on until later", "closed-without-answer", met({ kind: "closed-early" }), [ended(5000)]],
    ["not answered, for it crashed", "crashed", met({ kind: "closed-early" }), [ended(3)]],
    ["not answered after SIGTERM", "drops-on-sigterm", met({ kind: "closed-early" }), [stopping(-10), ended(3)]],
    ["not answered before SIGTERM", "closed-without-answer", met({ kind: "closed-early" }), [stopping(10), ended(20)]],
    [
      "by SIGTERM of somebody else",
      "drops-on-sigterm",
      met({ kind: "closed-early" }),
      [ended(1, "was ended by SIGTERM")],
    ],
    [
      "by SIGKILL of somebody else",
      "crashed",
      met({ kind: "broke-off" }, {}, "cut"),
      [ended(1, "was ended by SIGKILL")],
    ],
    ["in the middle of an answer", "broke-off", met({ kind: "broke-off" }, {}, "cut"), []],
    ["at the end of the drain", "outlasts-drain", met({ kind: "let-go" }), [stopping(1), ended(2)]],
    ["silent for the idle time-out", "too-slow", met({ kind: "no-answer" }, {}, "504"), []],
    ["silent for the load's time-out", "too-slow", [loss("timeout")], []],
    ["no HTTP", "malformed", met({ kind: "malformed" }), []],
    ["nobody there", "no-target", met({ kind: "no-target" }, { target: undefined }, "503"), []],
    ["nobody left there", "crashed", met({ kind: "no-target" }, { target: undefined }, "503"), [ended(-500)]],
    [
      "nobody there, long after",
      "no-target",
      met({ kind: "no-target" }, { target: undefined }, "503"),
      [ended(-61_000)],
    ],
    [
      "nobody there, as asked",
      "no-target",
      met({ kind: "no-target" }, { target: undefined }, "503"),
      [stopping(-2), ended(-1)],
    ],
    ["a page that is not there", "wrong-answer", [loss("404", { environment: "green" })], []],
    ["somebody else's order", "wrong-answer", [loss("wrong", { environment: "green" })], []],
    ["a balancer that is gone", "gone-edge", [loss("reset", { dns: "pool", address: "127.0.1.1:4080" })], []],
    ["a balancer that is there", "unexplained", [loss("reset", { dns: "pool" })], []],
    ["a look-up that failed", "no-address", [loss("no-address", { dns: "ttl", address: "" })], []],
    ["a 404 of the balancer's own", "unexplained", [loss("404")], []],
    ["a 502 that is in no log", "unexplained", [loss("502")], []],
    ["a cut that is in no log", "unexplained", [loss("cut", { environment: "blue" })], []],
  ];
  test.each(cases)("%s: %s", (_, name, lost, tasks) => {
    const faults = faultsOf([lost], tasks);
    expect(faults.map((fault) => [fault.name, fault.requests])).toEqual([[name, 1]]);
    for (const text of [faults[0]?.seen, faults[0]?.why, faults[0]?.remedy]) expect(text).toMatch(/\w.{20}/);
  });

  test("another task's end explains nothing", () => {
    const other = { ...ended(-1), target: "127.0.0.1:20002" };
    expect(faultsOf([met({ kind: "refused" })], [other])[0]?.name).toBe("refused");
    expect(
      faultsOf([met({ kind: "no-target" }, { target: undefined })], [{ ...other, targetGroupArn: GREEN }])[0]?.name,
    ).toBe("no-target");
  });

  test("closed just as it was used: the keep-alive, where that was measured", () => {
    const race = () => met({ kind: "closed-early", idleMs: 5100 });
    expect(faultsOf([race()])[0]?.name).toBe("closed-without-answer");
    expect(faultsOf([race(), met(idle(5005))])).toMatchObject([{ name: "short-keep-alive", requests: 2 }]);
    const soon = met({ kind: "closed-early", idleMs: 200 });
    expect(faultsOf([soon, met(idle(5005))]).map(({ name }) => name)).toContain("closed-without-answer");
    const elsewhere = met(idle(5005), { targetGroupArn: GREEN });
    expect(faultsOf([race(), elsewhere]).map(({ name }) => name)).toContain("closed-without-answer");
  });
});

describe("many losses", () => {
  test("are grouped by cause and environment: the worst first, the unexplained last, and all of them counted", () => {
    const green = { targetGroupArn: GREEN };
    const requests: [Loss, AccessLine?][] = [
      [loss("reset")],
      [loss("reset")],
      [loss("reset")],
      met({ kind: "refused" }),
      met(idle(5001), green),
      met(idle(5003), green),
      met(idle(6000)),
    ];
    const faults = faultsOf(requests);
    expect(faults.map(({ name, environment, requests }) => [name, environment, requests])).toEqual([
      ["short-keep-alive", "green", 2],
      ["refused", "blue", 1],
      ["short-keep-alive", "blue", 1],
      ["unexplained", undefined, 3],
    ]);
  });

  test("those beyond what is listed stay unexplained", () => {
    const evidence = { losses: [loss()], lost: 5, incidents: new Map(), tasks: [], environmentOf: () => undefined };
    expect(explain(evidence).map(({ name, requests }) => [name, requests])).toEqual([
      ["unexplained", 4],
      ["unexplained", 1],
    ]);
  });

  test("none: no fault", () => expect(faultsOf([], [ended(0)])).toEqual([]));
});

test("a short keep-alive is told with its figures", () => {
  const [fault] = faultsOf([met(idle(5002)), met(idle(5010)), met(idle(6100))]);
  expect(fault?.seen).toBe(
    "the server closes a connection that was idle for 5.0 s (measured: 5.0 to 6.1 s); 3 requests met one that was just closed",
  );
  expect(fault?.remedy).toContain("server.keepAliveTimeout = 65_000");
});

test("a balancer that is gone is told with its address and those who went there", () => {
  const gone = (dns: DnsKind): [Loss] => [loss("reset", { dns, address: "127.0.1.1:4080" })];
  const [fault] = faultsOf([gone("ttl"), gone("ttl"), gone("pool")]);
  expect(fault?.seen).toBe(
    "3 requests were sent to a balancer that had been removed: 3 × 127.0.1.1:4080, by 2 × caches that keep to the TTL, 1 × pools that keep their connections",
  );
});

test("a crash is told with the tasks, how they ended and when", () => {
  const [fault] = faultsOf(
    [met({ kind: "closed-early" }), met({ kind: "refused" })],
    [ended(-100, "was ended by SIGKILL")],
  );
  expect(fault?.seen).toBe(
    "2 requests met a task that ended though nobody had asked it to: 2 × 127.0.0.1:20001 was ended by SIGKILL at 11:59:59",
  );
});

describe("the traffic log", () => {
  const line = (trace: string, more: Partial<AccessLine> = {}): AccessLine => {
    return {
      time: at,
      traceId: `Self=1-2-3;Root=${trace}`,
      balancerArn: "alb",
      zone: "local-a",
      targetGroupArn: GREEN,
      target,
      elbStatusCode: 200,
      ...more,
    };
  };
  const outcome = (trace: string) => ({ trace, address: "", verdict: "served" as const, ms: 1, headers: {} });

  test("tells who answered, be the line there before the question or after it", async () => {
    const log = new TrafficLog();
    log.add({ requests: [line("1-0-a")], tasks: [] });
    expect(await log.environmentOf(outcome("1-0-a"))).toBe("green");
    const asked = log.environmentOf(outcome("1-0-b"));
    log.add({ requests: [line("1-0-x"), line("1-0-b", { targetGroupArn: BLUE })], tasks: [] });
    expect(await asked).toBe("blue");
  });

  test("gives up on a line that never comes, and on one that names no environment", async () => {
    const log = new TrafficLog();
    log.add({ requests: [line("1-0-a", { targetGroupArn: undefined })], tasks: [] });
    expect(await log.environmentOf(outcome("1-0-a"))).toBeUndefined();
    const start = performance.now();
    expect(await log.environmentOf(outcome("1-0-b"))).toBeUndefined();
    expect(performance.now() - start).toBeGreaterThan(1900);
  });

  test("keeps the last 10,000 lines that nobody asks for", async () => {
    const log = new TrafficLog();
    for (let i = 0; i <= 10_000; i++) log.add({ requests: [line(`1-0-${i}`)], tasks: [] });
    expect(await log.environmentOf(outcome("1-0-1"))).toBe("green");
    expect(await log.environmentOf(outcome("1-0-0"))).toBeUndefined();
  });

  test("explains losses", () => {
    const log = new TrafficLog();
    const [lost, seen] = met(idle(5000));
    log.add({ requests: [seen], tasks: [ended(60_000)] });
    expect(log.faults({ losses: [lost], lost: 1 })).toMatchObject([
      { name: "short-keep-alive", requests: 1, environment: "blue" },
    ]);
  });
});
