import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { acquireLock } from "./lock";

interface Installation {
  /** `Pulumi 3.259.0` */
  what: string;
  /** The folder that holds all of it, once it is there. */
  root: string;
  isComplete: (root: string) => boolean;
  /** Makes it in `work`, a new folder that is removed after, and returns the folder to put in place. */
  make: (work: string) => Promise<string>;
  progress: (line: string) => void;
  /** Gives up waiting for another process that makes it; `make` sees to itself. */
  signal?: AbortSignal;
}

/** Puts into a cache what takes minutes to get: once, however many processes ask for it, and whenever one is killed. */
export async function installOnce(installation: Installation): Promise<void> {
  const { what, root, isComplete, progress, signal } = installation;
  const beside = join(dirname(root), `.${basename(root)}`);
  for (let waited = 0; !isComplete(root); waited++) {
    const lock = await acquireLock(`${beside}.lock`);
    if ("release" in lock) {
      await install(installation, join(`${beside}.work`, randomUUID())).finally(lock.release);
    } else {
      if (waited % 75 === 0) progress(`waiting for process ${lock.heldBy}, which is getting ${what}`);
      await sleep(200, undefined, { signal });
    }
  }
}

async function install({ what, root, isComplete, make, progress }: Installation, work: string) {
  if (isComplete(root)) return;
  await remove(dirname(work)); // of a start that was killed
  await mkdir(work, { recursive: true });
  try {
    // All is made aside and put in place in one step: what is at `root` is whole, whenever this is killed.
    const made = await make(work);
    await remove(root); // whatever was there was not complete
    await rename(made, root);
    progress(`${what} is in ${root}`);
  } finally {
    await remove(dirname(work));
  }
}

/** Whether they are all there and can be run. */
export function areExecutable(files: string[]): boolean {
  return files.every((file) => sizeOf(file) > 0 && (statSync(file).mode & 0o111) !== 0);
}

/** In bytes; 0 for what is not there. */
export const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

export const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 5 });
