import { execFileSync } from "node:child_process";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, expect, test } from "vitest";
import { ensureEngine } from "../local/engine/ensure-engine";
import { seeded } from "./facts/local-cloud";
import { ROOT } from "./local-world";
import {
  endRuns,
  isCloud,
  leftRunning,
  listening,
  PORT,
  type Run,
  type Running,
  rehearse,
  report,
  running,
} from "./rehearsal-runs";

/**
 * Ctrl-C, and `kill -9` of the rehearsal, of `pulumi` and of tasks, at random moments: nothing is left running, the next start
 * works (each run here is the next start of the one before), and what was lost has a cause that is not the rollout.
 * `CROSSFADE_SOAK=20` takes 20 moments in all, of each kind as many; without it the seed chooses one kind, and one moment of it.
 * `CROSSFADE_SEED` repeats a run's.
 */
const seed = Number(process.env.CROSSFADE_SEED ?? Date.now() % 2 ** 32);
const isSoak = process.env.CROSSFADE_SOAK !== undefined;
const each = Math.ceil(Number(process.env.CROSSFADE_SOAK ?? 4) / 4);
/** The part of a run that the moments are of: the short form has no time for runs that are almost over. */
const part = isSoak ? 1 : 0.5;
const random = seeded(seed);

const ports = [PORT];
/** Of the machine that is left with a half-dead rehearsal, in milliseconds. */
const endsWithin = 30_000;
const timeout = 1_800_000;

/** How long a whole run takes, in milliseconds: as the last one that was not interrupted did. */
let whole = 75_000;

/** What the steps of a run say first, and how long each takes, in milliseconds, on a machine with nothing else to do. */
const stages = ["idle", "canary-5", "canary-25", "canary-50", "full", "finish"];
const steps = ["install", ...stages.map((stage) => `green ${stage},`)];
const stepTakes = 10_000;

const server = `node '${join(__dirname, "servers/graceful.js")}' {port}`;
const start = () => {
  const servers = ["--stable", `${server} stable`, "--candidate", `${server} candidate`];
  return rehearse("--bake", "1", "--requests", "1", "--json", ...servers);
};

let files = "";
beforeAll(async () => {
  console.log(`CROSSFADE_SEED=${seed}, ${each} moments of each kind`);
  await ensureEngine({ progress: (line) => process.stderr.write(`${line}\n`) });
  files = usersFiles();
  expect(leftRunning()).toEqual([]);
  expect(listening(ports)).toEqual([]);
});
afterEach(endRuns);

const tasks = (of = "") => running(({ command, cwd }) => cwd === ROOT && isTask.test(command) && command.endsWith(of));
const isTask = /^node \S+servers\/graceful\.js \d+ \w+$/;

test(
  `a killed cloud's tasks are ended by the next start; kill -9 of ${each} of its own, and of one that has all the load: the losses are theirs`,
  async () => {
    const left = await killedWithItsCloud();
    expect(left.length).toBeGreaterThanOrEqual(2);
    expect(leftRunning()).toEqual(expect.arrayContaining(left.map(({ pid, command }) => `${pid} ${command}`)));
    const run = start();
    await run.until("install");
    expect(tasks().filter(({ pid }) => left.some((task) => task.pid === pid))).toEqual([]);
    const killOne = async (of?: string) => {
      const task = await oneOf(run, () => tasks(of));
      if (!task) throw new Error(`the run ended before a task could be killed:\n${run.output}`);
      kill(run, task);
    };
    const atRandom = async () => {
      // By its steps, so that the moments are spread over the whole run however slow the machine is.
      const moments = Array.from({ length: each }, () => random() * steps.length).sort((a, b) => a - b);
      for (const moment of moments) {
        await run.until(steps[Math.floor(moment)] ?? "");
        await sleep((moment % 1) * stepTakes);
        await killOne();
      }
    };
    // The candidate has all requests then, so that something is lost in every run.
    const atFull = () => run.until("green full, 0/100: done").then(() => killOne("candidate"));
    await Promise.all([atRandom(), atFull()]);

    const { code, output } = await run.end();
    whole = Date.now() - run.began;
    const { requests, faults } = report();
    console.log(`${whole} ms; ${requests.total} requests, ${requests.lost} lost`, ...faults.map(({ seen }) => seen));
    expect(requests.lost, output).toBeGreaterThan(0);
    expect(faults.map(({ name }) => name).filter((name) => name !== "crashed")).toEqual([]);
    expect(faults.reduce((sum, { requests }) => sum + requests, 0)).toBe(requests.lost);
    expect(requests.serverErrors).toBe(0);
    expect(output).not.toMatch(stackTrace);
    expect(code).toBe(1);
    expectNothingLeft();
  },
  timeout,
);

const kinds = {
  "Ctrl-C": async (run: Run, _: number) => {
    const begun = run.output !== "";
    run.child.kill("SIGINT");
    const { code, signal, output } = await run.end();
    // Nothing is there to be ended before the first line; the signal then does what it does to any program.
    if (!begun && signal === "SIGINT") return;
    expect(output).toContain("stopped: nothing is left running");
    expect(code).toBe(1);
  },
  "kill -9 of the rehearsal": async (run: Run, moment: number) => {
    // Every other time the cloud has something to tell before it can see that nobody listens: it must survive that.
    const stalled = moment % 2 === 1 ? running(isCloud) : [];
    for (const { pid } of stalled) process.kill(pid, "SIGSTOP");
    await sleep(stalled.length > 0 ? 300 : 0);
    run.child.kill("SIGKILL");
    await run.end();
    for (const { pid } of stalled) process.kill(pid, "SIGCONT");
    const killed = Date.now();
    while (leftRunning().length > 0 && Date.now() < killed + endsWithin) await sleep(50);
    console.log(`all had ended ${Date.now() - killed} ms later`);
  },
  "kill -9 of pulumi": async (run: Run, _: number) => {
    const engines = () => running(({ parent, program }) => parent === run.child.pid && basename(program) === "pulumi");
    const engine = await oneOf(run, engines);
    if (!engine) return "missed";
    kill(run, engine);
    const { code, output } = await run.end();
    expect(output).toMatch(/"pulumi \w+" was killed by SIGKILL, and not by Crossfade/);
    expect(code).toBe(1);
  },
};

const all = Object.entries(kinds);
const chosen = isSoak ? all : [all[seed % all.length] as (typeof all)[number]];
for (let i = 1; i <= each; i++) {
  test.each(chosen)(
    `%s, moment ${i}`,
    async (_, strike) => {
      let struck = false;
      while (!struck) {
        const run = start();
        const moment = random() * whole * part;
        await until(run, moment);
        // Where the report is out there is nothing left to interrupt: another moment.
        const over = run.output.includes('"requests"') || !run.isRunning;
        console.log(`at ${Math.round(moment)} ms: ${over ? "over" : run.output.trim().split("\n").at(-1)}`);
        struck = !over && (await strike(run, i)) !== "missed";
        const { output } = await run.end();
        if (!struck) whole = Date.now() - run.began;
        expect(output).not.toMatch(stackTrace);
        expectNothingLeft();
      }
    },
    timeout,
  );
}

/** The tasks of a rehearsal that was killed together with its cloud, while the engine ran. */
async function killedWithItsCloud(): Promise<Running[]> {
  const run = start();
  await run.until("green idle, 100/0");
  await oneOf(run, () => running(({ program, cwd }) => cwd === ROOT && basename(program) === "pulumi"));
  run.child.kill("SIGKILL");
  for (const { pid } of running(isCloud)) process.kill(pid, "SIGKILL");
  await run.end();
  return tasks();
}

const stackTrace = /^\s+at .*:\d+/m;

function kill(run: Run, { pid, command }: Running): void {
  console.log(`at ${Date.now() - run.began} ms: kill -9 ${pid} ${command.slice(0, 60)}`);
  process.kill(pid, "SIGKILL");
}

/** Waits for a moment of the run, in milliseconds, or for its end. */
async function until(run: Run, moment: number): Promise<void> {
  while (run.isRunning && Date.now() < run.began + moment) await sleep(10);
}

/** One of these processes, as soon as there are some; none where the run ends before. */
async function oneOf(run: Run, find: () => Running[]): Promise<Running | undefined> {
  for (; run.isRunning; await sleep(20)) {
    const found = find();
    if (found.length > 0) return found[Math.floor(random() * found.length)];
  }
  return undefined;
}

function expectNothingLeft(): void {
  expect(leftRunning()).toEqual([]);
  expect(listening(ports)).toEqual([]);
  expect(usersFiles()).toBe(files);
}

/** What differs from the last commit: which files, and what in the stacks'. */
function usersFiles(): string {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" });
  return git("status", "--porcelain") + git("diff", "HEAD", "--", "stacks", "Pulumi.yaml");
}
