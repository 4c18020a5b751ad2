import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { processStart } from "./process-start";

/** Which processes run, on disk, so that the next start can end those that a kill -9 of this one left behind. */
export class ProcessFile {
  private readonly running = new Map<number, string>();

  constructor(private readonly path: string | undefined) {
    if (path) void endLeftovers(path);
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

/** Kills the processes that a file says to be running, at once; for when nobody else can. Resolves when they are gone. */
export async function endLeftovers(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const listed = [...readFileSync(path, "utf8").matchAll(/^(\d+) (.+)$/gm)].map(([, pid, started]) => {
    // The same pid with another start time is somebody else's process.
    return { pid: Number(pid), runs: () => processStart(Number(pid)) === started };
  });
  const left = listed.filter(({ runs }) => runs());
  for (const { pid } of left) signalGroup(pid, "SIGKILL");
  while (left.some(({ runs }) => runs())) await sleep(10);
}

/** To a process and all that it started: each leads a process group of its own. False: nobody is left; 0 only asks. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
