import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "../load/report";
import { processStart } from "../local/process-start";
import { QUICK, ROOT, WITH_TRACES } from "./local-world";
import { freshPort } from "./ports";

export const PORT = freshPort();
/** Of the rehearsals of a test file: other files' go on beside them. */
const NAME = `test-${PORT}`;
const HOME = join(ROOT, `.crossfade/rehearsal-${NAME}`);
const REPORT = join(ROOT, `rehearsal-${NAME}`);

/** In the environment of all that a rehearsal of this file has started, save its tasks, which get an environment of their own. */
const MARK = ["CROSSFADE_TEST_RUN", HOME] as const;

/** The real command in a process of its own. */
export class Run {
  output = "";
  readonly began = Date.now();
  private readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(readonly child: ChildProcess) {
    const keep = (chunk: Buffer) => {
      this.output += chunk;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    this.ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    return this.child.pid ?? Number.NaN;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async end(): Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }> {
    return { ...(await this.ended), output: this.output };
  }

  /** Waits until the output has a text; fails when it ends before. */
  async until(text: string): Promise<void> {
    for (; !this.output.includes(text); await sleep(50)) {
      if (!this.isRunning) throw new Error(`ended without "${text}":\n${this.output}`);
    }
  }
}

const runs: Run[] = [];
export function rehearse(...args: string[]): Run {
  const [mark, value] = MARK;
  rmSync(REPORT, { recursive: true, force: true });
  const run = new Run(
    spawn("node", [WITH_TRACES, "cli/bin.js", "rehearse", "--name", NAME, "--port", String(PORT), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...QUICK, [mark]: value },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    }),
  );
  runs.push(run);
  return run;
}

/** What the last one reported. */
export function report(): Report {
  return JSON.parse(readFileSync(join(REPORT, "report.json"), "utf8"));
}

/** The tasks of this file's rehearsals, by pid and start, as the cloud recorded them: also those that it has forgotten since. */
const tasksSeen = new Set<string>();
setInterval(seeTasks, 50).unref();

function seeTasks(): void {
  const file = join(HOME, "tasks.json");
  if (!existsSync(file)) return;
  for (const line of readFileSync(file, "utf8").split("\n")) if (line) tasksSeen.add(line);
}

/** For `afterEach`: no run of a failed test goes on. */
export async function endRuns(): Promise<void> {
  for (const run of runs.splice(0)) {
    run.child.kill("SIGKILL");
    await run.end();
  }
}

/** What a rehearsal has started: its cloud, tasks, engine, language hosts and programs; and itself. */
export function leftRunning(): string[] {
  seeTasks();
  return running(({ pid, environ }) => environ.includes(`${MARK.join("=")} `) || isTask(pid)).map(
    ({ pid, command }) => `${pid} ${command}`,
  );
}

function isTask(pid: number): boolean {
  return tasksSeen.has(`${pid} ${processStart(pid)}`);
}

export interface Running {
  pid: number;
  parent: number;
  /** The program's file. */
  program: string;
  command: string;
  cwd: string;
  environ: string;
}

/** The local cloud of a rehearsal of this file. */
export function isCloud({ command, environ }: Running): boolean {
  const isOurs = environ.includes(`${MARK.join("=")} `);
  return isOurs && command.endsWith(join(ROOT, "local/rehearsal/cloud-process.ts"));
}

/** The processes of this machine, save this one, those that have ended, and those that are not ours to look into. */
export function running(which: (process: Running) => boolean): Running[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    const text = (file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8").replaceAll("\0", " ");
    try {
      const stat = text("stat");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") return [];
      const found = {
        pid: Number(pid),
        parent: Number(parent),
        program: readlinkSync(`/proc/${pid}/exe`),
        command: text("cmdline").trim(),
        cwd: readlinkSync(`/proc/${pid}/cwd`),
        environ: text("environ"),
      };
      return which(found) ? [found] : [];
    } catch {
      return []; // it has ended
    }
  });
}

/** Which of these ports of this machine somebody listens on. */
export function listening(ports: number[]): number[] {
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  return ports.filter((port) => {
    const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    return lines.some((line) => {
      const [, address, , state] = line.trim().split(/\s+/);
      return address?.endsWith(local) && state === "0A";
    });
  });
}
