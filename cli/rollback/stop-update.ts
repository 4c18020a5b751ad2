import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Locked } from "../engine-failure";

/** How an update that held the lock came to its end. */
export type Stopped =
  /** It had ended before: killed, or with its machine. Its lock was left. */
  | "was dead"
  /** Asked to, it finished the steps that ran and ended. */
  | "ended"
  /** It did not end by itself. */
  | "killed"
  /** It runs on another machine, or is another user's. */
  | "cannot be stopped from here";

/** In milliseconds: how long an update may take to end when it is asked to, asked again, and killed. */
const PATIENCE = { asked: 30_000, askedAgain: 5_000, killed: 5_000 };

/**
 * Stops the engine that holds a stack's lock. Dropping the lock alone would let it go on: so the process is asked to end, as by
 * Ctrl-C, and finishes the steps that run; a second time it ends at once, and then it is killed.
 */
export async function stopUpdate(lock: Locked, patience = PATIENCE): Promise<Stopped> {
  const { holder, isStale } = lock;
  if (isStale) return "was dead";
  if (holder === undefined || holder.host !== hostname()) return "cannot be stopped from here";
  const turns = [
    ["SIGINT", patience.asked],
    ["SIGINT", patience.askedAgain],
    ["SIGKILL", patience.killed],
  ] as const;
  for (const [signal, milliseconds] of turns) {
    try {
      process.kill(holder.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EPERM") return "cannot be stopped from here";
    }
    if (await ends(lock, milliseconds)) return signal === "SIGKILL" ? "killed" : "ended";
  }
  return "cannot be stopped from here";
}

async function ends(lock: Locked, milliseconds: number): Promise<boolean> {
  for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(100)) {
    if (lock.isStale) return true;
  }
  return lock.isStale;
}
