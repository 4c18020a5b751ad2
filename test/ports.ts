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
    if (!isLeft(file)) continue;
    const own = `${file}.${process.pid}`;
    writeFileSync(own, String(process.pid));
    renameSync(own, file);
    // Workers start together, and another one may have found it left as well: the last to put its number there has it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    if (Number(readFileSync(file, "utf8")) !== process.pid) continue;
    process.once("exit", () => rmSync(file, { force: true }));
    return number;
  }
  throw new Error(`${BLOCKS} processes have all ports of the tests: ${tmpdir()}/crossfade-test-ports-* say which`);
}

function isLeft(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EPERM"; // no file, or no such process
  }
}
