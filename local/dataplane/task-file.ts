import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { processStart } from "../process-start";

/** Which tasks run, on disk, so that the next start can end those that a kill -9 of this one left behind. */
export class TaskFile {
  private readonly running = new Map<number, string>();

  constructor(private readonly path: string | undefined) {
    if (path) endLeftovers(path);
    this.write();
  }

  add(pid: number) {
    this.running.set(pid, processStart(pid) ?? "");
    this.write();
  }

  remove(pid: number) {
    this.running.delete(pid);
    this.write();
  }

  private write() {
    if (!this.path) return;
    const lines = [...this.running].map(([pid, started]) => `${pid} ${started}\n`);
    writeFileSync(`${this.path}.new`, lines.join(""));
    renameSync(`${this.path}.new`, this.path);
  }
}

/** Ends the tasks that a file says to be running; for when nobody else can. */
export function endLeftovers(path: string) {
  if (!existsSync(path)) return;
  for (const [, pid, started] of readFileSync(path, "utf8").matchAll(/^(\d+) (.+)$/gm)) {
    // The same pid with another start time is somebody else's process.
    if (processStart(Number(pid)) === started) signalGroup(Number(pid), "SIGKILL");
  }
}

/** To a task and all that it started: each task leads a process group of its own. False: nobody is left; 0 only asks. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
