import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startLoad } from "../load/load";
import type { AccessLine, DesiredService, TaskEvent } from "../local/dataplane";
import { TrafficLog } from "../local/rehearsal/traffic-log";
import { desire, forwardTo, group, service, startDataPlane } from "./facts/local-cloud";

// How a server ends decides what a release loses. Each pair is the same end under the same load, of a server that minds it and of
// one that does not.

const name = "shop-blue-1a2b3c4";

/** Two tasks under load; what happens to them; and what was lost, with its causes. */
async function underLoad(
  script: string,
  env: Record<string, string>,
  drain: number,
  happens: (world: { pids: () => number[]; redeploy: () => Promise<void> }) => Promise<void>,
) {
  const tasksFile = join(mkdtempSync(join(tmpdir(), "crossfade-")), "tasks");
  const log = new TrafficLog();
  const tasks: TaskEvent[] = [];
  const { plane } = startDataPlane({
    tasksFile,
    adoptionDelay: [0, 500],
    onRequest: (line: AccessLine) => log.add({ requests: [line], tasks: [] }),
    onTask: (event: TaskEvent) => {
      tasks.push(event);
      log.add({ requests: [], tasks: [event] });
    },
  });
  const apply = (revision: string) => {
    const shop: DesiredService = service(name, {}, { desiredCount: 2 });
    shop.task = { revision, command: [process.execPath, join(__dirname, "servers", script)], env, stopTimeout: 10 };
    return plane.apply(
      desire([forwardTo({ [name]: 1 })], [shop], { groups: [group(name, { deregistrationDelay: drain })] }),
    );
  };
  await apply("1");
  expect(await plane.steady(name)).toEqual({ ok: true });
  await plane.settled();
  const load = startLoad({
    addresses: plane.addresses("alb", 80),
    host: "any.local",
    ask: { path: "/" },
    stage: { name: "end", weight: 0 },
    rate: 50,
    seed: 1,
    drainSeconds: 0,
    maxSeconds: 60,
    environmentOf: log.environmentOf,
  });
  await sleep(1000);
  await happens({
    pids: () => readFileSync(tasksFile, "utf8").split("\n").filter(Boolean).map(parseFloat),
    redeploy: async () => {
      await apply("2");
      expect(await plane.steady(name)).toEqual({ ok: true });
    },
  });
  const result = await load.stop();
  const faults = log.faults(result);
  console.log(`${result.sent} requests, ${result.lost} lost`, ...faults.map(({ seen }) => seen));
  return {
    lost: result.lost,
    named: faults.map(({ name, environment, requests }) => ({ name, environment, requests })),
    tasks,
  };
}

describe("SIGTERM that the service did not send, as of a machine that goes away", () => {
  const signal =
    (name: "SIGTERM" | "SIGKILL") =>
    async ({ pids }: { pids: () => number[] }) => {
      const [pid = Number.NaN] = pids();
      process.kill(pid, name);
      await sleep(4000);
    };
  const slow = { KEEP_ALIVE_SECONDS: "65", ANSWER_MS: "100" };

  test("a server that ends at once drops its requests", async () => {
    const { lost, named, tasks } = await underLoad("plain.js", slow, 5, signal("SIGTERM"));
    expect(lost).toBeGreaterThan(0);
    expect(named).toEqual([{ name: "drops-on-sigterm", environment: "blue", requests: lost }]);
    expect(tasks.map(({ why }) => why)).toEqual(["was ended by SIGTERM"]);
  });

  test("one that says it is unhealthy, and serves until nobody asks, loses none", async () => {
    const { lost, named, tasks } = await underLoad("graceful.js", slow, 5, signal("SIGTERM"));
    expect([lost, named]).toEqual([0, []]);
    expect(tasks.at(-1)).toMatchObject({ what: "ended", why: "exited with code 0" });
  });

  test("but no server survives kill -9", async () => {
    const { lost, named } = await underLoad("graceful.js", slow, 5, signal("SIGKILL"));
    expect(lost).toBeGreaterThan(0);
    expect(named).toEqual([{ name: "crashed", environment: "blue", requests: lost }]);
  });
});

// ECS takes a task out of its target group first, and sends SIGTERM when the drain is over: a server that ends at once on it
// loses only what takes longer than the drain, and loses that even where it would have waited.
describe("a deployment, with answers that take 2 s", () => {
  const redeploy = async ({ redeploy }: { redeploy: () => Promise<void> }) => redeploy();

  test.each([{ script: "plain.js" }, { script: "graceful.js" }])("$script and a drain of 1 s", async ({ script }) => {
    const { lost, named } = await underLoad(script, { KEEP_ALIVE_SECONDS: "65", ANSWER_MS: "2000" }, 1, redeploy);
    expect(lost).toBeGreaterThan(0);
    expect(named).toEqual([{ name: "outlasts-drain", environment: "blue", requests: lost }]);
  });

  test.each([{ script: "plain.js" }, { script: "graceful.js" }])("$script and a drain of 4 s", async ({ script }) => {
    const { lost } = await underLoad(script, { KEEP_ALIVE_SECONDS: "65", ANSWER_MS: "2000" }, 4, redeploy);
    expect(lost).toBe(0);
  });
});
