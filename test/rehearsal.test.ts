import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { ensureEngine } from "../local/engine/ensure-engine";
import { endRuns, isCloud, leftRunning, PORT, rehearse, report as reported, running } from "./rehearsal-runs";

beforeAll(async () => {
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});
afterEach(endRuns);

describe("faults", () => {
  // At random moments: test/kills.test.ts.
  test("a second start beside the first is refused, the first goes on, and Ctrl-C leaves nothing of it running", async () => {
    const first = rehearse("--bake", "1", "--requests", "1");
    await first.until("install");
    const second = await rehearse().end();
    expect(second.output).toContain(`a rehearsal is already running here (process ${first.child.pid})`);
    expect(second.code).toBe(1);
    expect(first.child.exitCode).toBeNull();
    first.child.kill("SIGINT");
    const { code, output } = await first.end();
    expect(output).toContain("stopped: nothing is left running");
    expect(output).not.toMatch(/^\s+at .*:\d+/m);
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });

  test("a closed terminal leaves nothing running", async () => {
    const run = rehearse("--bake", "1", "--requests", "1");
    await run.until("install");
    process.kill(-(run.child.pid ?? Number.NaN), "SIGHUP"); // as a terminal does it: to all that belong to it
    const { code, output } = await run.end();
    expect(output).toContain("stopped: nothing is left running");
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });

  test("a busy port is named", async () => {
    const other = createServer().listen(PORT, "127.0.0.1");
    await once(other, "listening");
    const { code, output } = await rehearse().end();
    other.close();
    expect(output).toMatch(new RegExp(`Port ${PORT} .* is in use`));
    expect(output).not.toMatch(/^\s+at .*:\d+/m);
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });

  test("a dead local cloud ends it, and nothing is left running", async () => {
    const run = rehearse("--bake", "1", "--requests", "1");
    await run.until("install");
    for (const { pid } of running(isCloud)) process.kill(pid, "SIGKILL");
    const { code, output } = await run.end();
    expect(output).toContain("the local cloud has died");
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });
});

test("a release from install to finish loses nothing, bad ones are rolled back, and what would lose requests is refused", async () => {
  const { code, output } = await rehearse("--bake", "3", "--requests", "6000", "--seed", "7", "--json").end();
  // Where it did not come to its end there is no report.
  expect(code, output).toBe(0);
  const report = reported();
  expect(report.requests, output).toMatchObject({ lost: 0 });
  expect(report.requests.total).toBeGreaterThanOrEqual(6000);
  expect(report.seed).toBe(7);
  const stages = report.requests.byStage;
  expect(stages.map(({ candidate, stage, weight }) => [candidate, stage, weight])).toEqual([
    ["v2", "idle", 0],
    ["v2", "canary-5", 5],
    ["v2", "canary-25", 25],
    ["v2", "canary-50", 50],
    ["v2", "full", 100],
    ["v2", "finish", 100],
    ["v2", "back", 0],
    ["v3", "idle", 0],
    ["v3", "canary-5", 5],
    ["v3", "idle", 0],
    ["v4", "idle", 0],
    ["v5", "idle", 0],
    ["v5", "canary-5", 5],
    ["v5", "canary-25", 25],
    ["v5", "canary-50", 50],
    ["v5", "idle", 0],
  ]);
  for (const { weight, candidateShare, serverErrors, p50Ms, p99Ms } of stages.slice(0, 6)) {
    // Some 250 settled answers a stage: five standard deviations.
    const bound = 5 * Math.sqrt(((weight / 100) * (1 - weight / 100)) / 200);
    expect(Math.abs((candidateShare ?? Number.NaN) - weight / 100)).toBeLessThanOrEqual(bound);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms ?? Number.NaN);
    expect(serverErrors).toBe(0);
  }
  for (const stage of stages.filter(({ stage }) => stage === "back")) expect(stage.serverErrors).toBe(0);
  for (const { stage, candidateShare } of stages.slice(6).filter(({ weight }) => weight === 0)) {
    if (stage === "idle" && candidateShare === null) continue; // not held
    expect(candidateShare).toBe(0);
  }

  expect(report.rollBacks.map(({ cause, candidate, stage }) => [cause, candidate, stage])).toEqual([
    ["decision", "v2", "back"],
    ["errors", "v3", "canary-5"],
    ["update", "v4", "idle"],
    ["errors", "v5", "canary-50"],
  ]);
  const [back, errors, unhealthy, capacity] = report.rollBacks;
  expect(back?.did).toMatchObject({ errors: 0 });
  expect(unhealthy?.did).toMatchObject({ answers: 0 });
  expect(unhealthy?.evidence).toContain("circuit breaker");
  for (const [bad, most] of [
    [errors, 0.02],
    [capacity, 0.03],
  ] as const) {
    const did = bad?.did;
    if (!bad || !did) throw new Error("the answers tell their version, so it must be known what they did");
    expect(bad.evidence).toMatch(/ answers failed, of stable's .*: a regression of more than 1 % \(alpha 0.01\)$/);
    expect(did.errors).toBeGreaterThan(0);
    expect(did.errors / did.requests).toBeLessThan(most);
    expect(bad.noticedAtMs).toBeGreaterThanOrEqual(bad.beganAtMs);
    expect(did.plain.lastAtMs).toBeGreaterThan(bad.noticedAtMs); // an update takes its time
  }
  // The errors are the bad versions', and all of them.
  expect((errors?.did?.errors ?? 0) + (capacity?.did?.errors ?? 0)).toBe(report.requests.serverErrors);

  expect(report.refused.map(({ policy }) => policy)).toEqual([
    "stage-order",
    "serving-replacement",
    "release-without-canary",
    "serving-replacement",
    "serving-deletion",
  ]);
  for (const { message } of report.refused) expect(message).toMatch(/serves|receives|carries|runs behind|skips/);
  expect(leftRunning()).toEqual([]);
}, 1_800_000);
