import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { DesiredTask } from "./desired";
import { signalGroup, type TaskFile } from "./task-file";

/** A running task: a process on a loopback port of its own. */
export class Task {
  /** Why it is not running: `exited with code 1`. */
  ended: string | undefined;
  private readonly gone: Promise<unknown>;

  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {
    this.gone = once(child, "exit").then(
      ([code, signal]) => (this.ended = signal ? `was ended by ${signal}` : `exited with code ${code}`),
      (error) => (this.ended = error.message), // it could not be started
    );
  }

  static async start(task: DesiredTask, file: TaskFile, log?: (line: string) => void): Promise<Task> {
    const port = await freePort();
    const [program = "", ...args] = task.command.map((word) => word.replaceAll("{port}", String(port)));
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, ...task.env, PORT: String(port) },
      detached: true, // leads a process group, so that what it starts ends with it
      stdio: ["ignore", log ? "pipe" : "ignore", log ? "pipe" : "ignore"],
    });
    const { pid } = child;
    if (pid !== undefined) {
      file.add(pid);
      child.on("exit", () => {
        signalGroup(pid, "SIGKILL");
        file.remove(pid);
      });
    }
    for (const output of [child.stdout, child.stderr]) {
      if (output && log) createInterface({ input: output }).on("line", log);
    }
    return new Task(port, child);
  }

  /** SIGTERM, and SIGKILL once the stop time-out is over. */
  async stop(stopTimeout: number): Promise<void> {
    const { pid } = this.child;
    if (this.ended !== undefined || pid === undefined) return;
    signalGroup(pid, "SIGTERM");
    const late = setTimeout(() => signalGroup(pid, "SIGKILL"), stopTimeout * 1000);
    await this.gone;
    clearTimeout(late);
  }
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
