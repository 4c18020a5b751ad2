import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { processStart } from "./process-start";

export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock at `path` for this process, or says which live process has it. A lock whose process is gone, however
 * it ended, is taken over. Processes of other machines are not seen: keep the file on a local disk.
 */
export async function acquireLock(path: string): Promise<Lock | { heldBy: number }> {
  await mkdir(dirname(path), { recursive: true });
  const claim = JSON.stringify({ pid: process.pid, started: processStart(process.pid), id: randomUUID() });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, claim); // written aside and linked, so that nobody ever reads half a claim
  try {
    for (;;) {
      if (await link(draft, path).then(() => true, unless("EEXIST"))) return lock(path, claim);
      const found = await read(path);
      if (found === undefined) continue;
      const holder = liveProcess(found);
      if (holder !== undefined) return { heldBy: holder };
      // Two takers of a stale lock must not each remove "the stale one", for the second would remove the first one's
      // fresh lock. So only the holder of a guard, named after this one dead claim, may replace it; and in one step.
      const guard = await acquireLock(`${path}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`);
      if ("heldBy" in guard) return guard;
      try {
        if ((await read(path)) === found) {
          await rename(draft, path);
          return lock(path, claim);
        }
      } finally {
        await guard.release();
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}

function lock(path: string, claim: string): Lock {
  return {
    release: async () => {
      if ((await read(path)) === claim) await rm(path, { force: true });
    },
  };
}

function liveProcess(claim: string): number | undefined {
  const { pid, started } = parse(claim);
  if (typeof pid !== "number" || !(pid > 0)) return undefined;
  return started !== undefined && processStart(pid) === started ? pid : undefined;
}

function parse(claim: string): { pid?: unknown; started?: unknown } {
  try {
    return Object(JSON.parse(claim));
  } catch {
    return {};
  }
}

const read = (path: string) => readFile(path, "utf8").catch(unless("ENOENT"));

const unless = (code: string) => (error: NodeJS.ErrnoException) => {
  if (error.code !== code) throw error;
  return undefined;
};
