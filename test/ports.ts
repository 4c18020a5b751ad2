import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FIRST = 12_000;
const BLOCKS = 16;
const IN_BLOCK = 10;

let block: number | undefined;
let given = 0;

/** A base port for a local cloud that no other process on this machine has: each process has ten of them, a hundred apart. */
export function freshPort(): number {
  block ??= reserve();
  return FIRST + 100 * (IN_BLOCK * block + (given++ % IN_BLOCK));
}

/** By a file that holds this process' number, until it ends; one of a process that has ended is nobody's. */
function reserve(): number {
  for (let number = 0; number < BLOCKS; number++) {
    const file = join(tmpdir(), `crossfade-test-ports-${number}`);
    if (!take(file)) continue;
    process.once("exit", () => rmSync(file, { force: true }));
    return number;
  }
  throw new Error(`${BLOCKS} processes have all ports of the tests: ${tmpdir()}/crossfade-test-ports-* say which`);
}

function take(file: string): boolean {
  const holder = holderIn(file);
  if (holder === undefined) return hasMade(file);
  if (isAlive(Number(holder))) return false;
  // Workers start together, and may both find what a dead one left: as in local/lock.ts, which callers here cannot wait for, only
  // who has made the guard named after that one may take its place, in one step, and only while it is still there.
  const guard = `${file}-after-${holder}`;
  if (!hasMade(guard)) return false;
  const isStillLeft = holderIn(file) === holder;
  if (isStillLeft) renameSync(guard, file);
  else rmSync(guard);
  return isStillLeft;
}

function holderIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Whether this process has made the file, with its number; not where there is one. */
function hasMade(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    return false; // somebody was quicker
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
