import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../load/report";
import { ensureEngine } from "../local/engine/ensure-engine";
import { ROOT } from "./local-world";
import { endRuns, isCloud, leftRunning, PORT, rehearse, report as reported, running } from "./rehearsal-runs";

beforeAll(async () => {
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});
afterEach(endRuns);

describe("faults", () => {
  // At random moments: test/kills.test.ts.
  test("Ctrl-C at the install leaves nothing running", async () => {
    const run = rehearse("--bake", "1", "--requests", "1");
    await run.until("install");
    run.child.kill("SIGINT");
    const { code, output } = await run.end();
    expect(output).toContain("stopped: nothing is left running");
    expect(output).not.toMatch(/^\s+at .*:\d+/m);
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });

  test("a closed terminal leaves nothing running", async () => {
    const run = rehearse("--bake", "1", "--requests", "1");
    await run.until("idle, 100/0");
    process.kill(-(run.child.pid ?? Number.NaN), "SIGHUP"); // as a terminal does it: to all that belong to it
    const { code, output } = await run.end();
    expect(output).toContain("stopped: nothing is left running");
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });

  test("a second start beside the first is refused, and the first goes on", async () => {
    const first = rehearse("--bake", "1", "--requests", "1");
    await first.until("install");
    const { code, output } = await rehearse().end();
    expect(output).toContain(`a rehearsal is already running here (process ${first.child.pid})`);
    expect(code).toBe(1);
    expect(first.child.exitCode).toBeNull();
    first.child.kill("SIGINT");
    await first.end();
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
    await run.until("idle, 100/0");
    for (const { pid } of running(isCloud)) process.kill(pid, "SIGKILL");
    const { code, output } = await run.end();
    expect(output).toContain("the local cloud has died");
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });
});

describe("somebody's own servers", () => {
  const server = `node ${join(ROOT, "test/servers/graceful.js")}`;

  test("are released and brought back; kept, they answer until Ctrl-C", async () => {
    const run = rehearse(
      ...["--stable", `VERSION=v1 PORT={port} ${server}`, "--candidate", `VERSION=v2 PORT={port} ${server}`],
      ...["--rps", "40", "--bake", "1", "--keep", "--json"],
    );
    await run.until("the service goes on at ");
    const [, url = ""] = /goes on at (\S+) and/.exec(run.output) ?? [];
    expect(new URL(url).port).toBe(String(PORT));
    const answer = await fetch(url); // the Host header is not the service's
    expect(answer.headers.get("server")).toBe("awselb/2.0");
    run.child.kill("SIGINT");
    const { code, output } = await run.end();
    expect(code, output).toBe(0);
    const report: Report = JSON.parse(output.split("\n").find((line) => line.startsWith("{")) ?? "");
    expect(report.requests).toMatchObject({ lost: 0, serverErrors: 0 });
    expect(report).toMatchObject({ faults: [], refused: [], losses: [] });
    const stages = report.requests.byStage.map(({ stage, candidate }) => [stage, candidate]);
    const names = ["idle", "canary-5", "canary-25", "canary-50", "full", "finish", "back"];
    expect(stages).toEqual(names.map((name) => [name, "green"]));
    expect(report.requests.byStage.find(({ stage }) => stage === "finish")?.candidateShare).toBe(1);
    const [back, ...others] = report.rollBacks;
    expect(back).toMatchObject({ cause: "decision", candidate: "green", did: { errors: 0 } });
    expect(back?.did.answers).toBeGreaterThan(0);
    expect(others).toEqual([]);
    expect(leftRunning()).toEqual([]);
  }, 1_800_000);

  test.each<[string, string[], string]>([
    ["without a candidate", ["--stable", "serve {port}"], "--candidate is missing"],
    [
      "with a wrong path",
      ["--stable", "a {port}", "--candidate", "b {port}", "--path", "x"],
      "--path x must begin with /",
    ],
  ])("are refused %s", async (_, args, message) => {
    const { code, output } = await rehearse(...args).end();
    expect(output).toContain(message);
    expect(code).toBe(2);
  });

  test("that cannot be started end it, and say why", async () => {
    const { code, output } = await rehearse("--stable", "no-such-program {port}", "--candidate", "true {port}").end();
    expect(output).toMatch(/ECS deployment circuit breaker: tasks failed to start: the last one exited with code 127/);
    expect(output).toContain('Does "no-such-program {port}" listen on the port that is in $PORT');
    expect(output).not.toMatch(/^\s+at .*:\d+/m);
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });
});

test("a release from install to finish loses nothing, bad ones are rolled back, and what would lose requests is refused", async () => {
  const { code, output } = await rehearse("--bake", "3", "--requests", "6000", "--seed", "7", "--json").end();
  const report = reported();
  expect(report.requests, output).toMatchObject({ lost: 0 });
  expect(code).toBe(0);
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
