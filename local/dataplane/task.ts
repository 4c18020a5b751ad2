import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessFile, signalGroup } from "../process-file";
import type { DesiredTask } from "./desired";

/** A running task: a process on a loopback port of its own. */
export class Task {
  /** Why it is not running: `exited with code 1`. */
  ended: string | undefined;
  /** Once it has ended, where no signal has ended it. */
  exitCode: number | undefined;
  /** Resolves with that. */
  readonly gone: Promise<string>;
  /** Until when what it has started may outlive it, in milliseconds since 1970. */
  private killAt = 0;

  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly file: ProcessFile,
    command: string,
  ) {
    this.gone = once(child, "exit")
      .then(
        ([code, signal]) => {
          this.exitCode = code ?? undefined;
          return this.leave(signal ? `was ended by ${signal}` : `exited with code ${code}${hint(code, command)}`);
        },
        (error) => error.message, // it could not be started
      )
      .then((how) => {
        this.ended = how;
        return how;
      });
  }

  static async start(task: DesiredTask, file: ProcessFile, log?: (line: string) => void): Promise<Task> {
    const port = await freePort();
    const [program = "", ...args] = task.command.map((word) => word.replaceAll("{port}", String(port)));
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, ...task.env, PORT: String(port) },
      detached: true, // leads a process group, so that what it starts ends with it
      stdio: ["ignore", log ? "pipe" : "ignore", log ? "pipe" : "ignore"],
    });
    if (child.pid !== undefined) file.add(child.pid);
    for (const output of [child.stdout, child.stderr]) {
      if (output && log) createInterface({ input: output }).on("line", log);
    }
    return new Task(port, child, file, task.command.at(-1) ?? "");
  }

  /** SIGTERM, and SIGKILL once the stop time-out is over. */
  async stop(stopTimeout: number): Promise<void> {
    const { pid } = this.child;
    if (this.ended !== undefined || pid === undefined) return;
    this.killAt = Date.now() + stopTimeout * 1000;
    signalGroup(pid, "SIGTERM");
    const late = setTimeout(() => signalGroup(pid, "SIGKILL"), stopTimeout * 1000);
    await this.gone;
    clearTimeout(late);
  }

  /** A shell that leads the group ends on SIGTERM at once, while the server that it started still serves. */
  private async leave(how: string): Promise<string> {
    const { pid } = this.child;
    if (pid === undefined) return how;
    while (Date.now() < this.killAt && signalGroup(pid, 0)) await sleep(20);
    signalGroup(pid, "SIGKILL");
    this.file.remove(pid);
    return how;
  }
}

function hint(code: number, command: string): string {
  return code === 127 ? `, by which a shell says that there is no such program: ${command}` : "";
}

// Below the ports that the system gives to outgoing connections: one of those could take a port between here and the
// task's listen.
const firstPort = 20_000;
const ports = 10_000;
let next = Math.floor(Math.random() * ports);

/** The next port that nobody listens on. A port is not used again soon, as an address on AWS is not. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < ports; tries++) {
    const port = firstPort + (next++ % ports);
    const probe = createServer().listen(port, "127.0.0.1");
    const free = await once(probe, "listening").catch(() => undefined);
    probe.close();
    if (free) return port;
  }
  throw new Error(`No port of 127.0.0.1 from ${firstPort} on is free for a task.`);
}
