import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../load/report";
import { ensureEngine } from "../local/engine/ensure-engine";
import { ROOT } from "./local-world";

class Run {
  output = "";
  private readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcess) {
    const keep = (chunk: Buffer) => {
      this.output += chunk;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    this.ended = once(child, "close").then(([code]) => code);
  }

  async end(): Promise<{ code: number | null; output: string }> {
    return { code: await this.ended, output: this.output };
  }

  /** Waits until the output has a text; fails when it ends before. */
  async until(text: string): Promise<void> {
    for (; !this.output.includes(text); ) {
      if (this.child.exitCode !== null) throw new Error(`ended without "${text}":\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const runs: Run[] = [];
function rehearse(...args: string[]): Run {
  const run = new Run(
    spawn("node", ["cli/bin.js", "rehearse", ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    }),
  );
  runs.push(run);
  return run;
}

/** What a rehearsal has started: its cloud, tasks, engine, language hosts and programs. */
function leftRunning(): string[] {
  const mark = join(ROOT, ".crossfade/rehearsal");
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const of = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "utf8").replaceAll("\0", " ");
    } catch {
      return ""; // it has ended
    }
  };
  const here = (pid: string) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === ROOT;
    } catch {
      return false;
    }
  };
  const isOurs = (pid: string) => here(pid) && /cloud-process|examples\/shop/.test(of(pid, "cmdline"));
  return pids
    .filter((pid) => of(pid, "environ").includes(mark) || isOurs(pid))
    .map((pid) => `${pid} ${of(pid, "cmdline")}`);
}

beforeAll(async () => {
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
});
afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.child.kill("SIGKILL");
    await run.end();
  }
});

describe("faults", () => {
  test.each(["install", "idle, 100/0", "canary-5, 95/5: done"])(
    "Ctrl-C at %s leaves nothing running",
    async (moment) => {
      const run = rehearse("--bake", "1", "--requests", "1");
      await run.until(moment);
      run.child.kill("SIGINT");
      const { code, output } = await run.end();
      expect(output).toContain("stopped: nothing is left running");
      expect(output).not.toMatch(/^\s+at .*:\d+/m);
      expect(code).toBe(1);
      expect(leftRunning()).toEqual([]);
    },
  );

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
    const other = createServer().listen(4180, "127.0.0.1");
    await once(other, "listening");
    const { code, output } = await rehearse().end();
    other.close();
    expect(output).toMatch(/Port 4180 .* is in use/);
    expect(output).not.toMatch(/^\s+at .*:\d+/m);
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });

  test("a dead local cloud ends it, and nothing is left running", async () => {
    const run = rehearse("--bake", "1", "--requests", "1");
    await run.until("idle, 100/0");
    execFileSync("pkill", ["-KILL", "-f", "cloud-process"]);
    const { code, output } = await run.end();
    expect(output).toContain("the local cloud has died");
    expect(code).toBe(1);
    expect(leftRunning()).toEqual([]);
  });
});

test("a release from install to finish loses nothing, and the replacement is refused", async () => {
  const { code, output } = await rehearse("--bake", "5", "--requests", "6000", "--seed", "7", "--json").end();
  const report: Report = JSON.parse(readFileSync(join(ROOT, "rehearsal/report.json"), "utf8"));
  expect(report.requests, output).toMatchObject({ lost: 0, serverErrors: 0 });
  expect(code).toBe(0);
  expect(report.requests.total).toBeGreaterThanOrEqual(6000);
  expect(report.seed).toBe(7);
  const stages = report.requests.byStage;
  expect(stages.map(({ stage, weight }) => [stage, weight])).toEqual([
    ["idle", 0],
    ["canary-5", 5],
    ["canary-25", 25],
    ["canary-50", 50],
    ["full", 100],
    ["finish", 100],
  ]);
  for (const { weight, candidateShare, p50Ms, p99Ms } of stages) {
    // Some 350 settled answers a stage: five standard deviations.
    const bound = 5 * Math.sqrt(((weight / 100) * (1 - weight / 100)) / 300);
    expect(Math.abs((candidateShare ?? Number.NaN) - weight / 100)).toBeLessThanOrEqual(bound);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms ?? Number.NaN);
  }
  expect(report.refused.map(({ policy }) => policy)).toEqual([
    "serving-replacement",
    "release-without-canary",
    "stage-order",
    "serving-deletion",
    "serving-replacement",
  ]);
  for (const { message } of report.refused) expect(message).toMatch(/serves|receives|carries|runs behind|skips/);
  expect(leftRunning()).toEqual([]);
}, 300_000);
