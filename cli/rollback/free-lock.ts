import { setTimeout as sleep } from "node:timers/promises";
import type { Locked } from "../engine-failure";
import { Failure } from "../failure";
import type { ProjectStack } from "../stack";
import { type Stopped, stopUpdate } from "./stop-update";
import { findLock } from "./update-lock";

export interface FreeOptions {
  /** A folder of the project. */
  folder: string;
  /** Takes over a lock whose holder cannot be judged. */
  force: boolean;
  say: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Ends the update that holds a stack's lock, so that the next one can begin. Where that is on another machine it is waited for.
 * @throws Failure where it cannot be ended or waited for
 */
export async function freeLock(
  lock: Locked,
  opening: Promise<ProjectStack>,
  { folder, force, say, signal }: FreeOptions,
): Promise<Stopped> {
  const { holder } = lock;
  if (!holder) {
    say("another update runs: the backend is asked to cancel it");
    await (await opening).dropLock();
    return "ended";
  }
  const { pid, user, host, since } = holder;
  say(`an update runs since ${since.toISOString()}, by process ${pid} of ${user} on ${host}: it is stopped`);
  const how = await stopUpdate(lock);
  say(HOW[how]);
  if (how !== "cannot be stopped from here") {
    // One that was killed has left its lock; one that has ended may be about to take it away.
    if (findLock(folder, lock.stackName)?.holder?.pid === pid) await (await opening).dropLock();
    return how;
  }
  if (force) {
    say("its lock is taken over, as --force says");
    await (await opening).dropLock();
    return how;
  }
  if (!findLock(folder, lock.stackName))
    throw new Failure(`${lock.message}. Where it is dead, --force takes its lock over`);
  say("the weights are held until it has ended; where it is dead, --force takes its lock over");
  while (findLock(folder, lock.stackName)?.holder?.pid === pid) await sleep(1000, undefined, { signal });
  return how;
}

const HOW: Record<Stopped, string> = {
  "was dead": "it was dead: its lock was left behind, and is taken over",
  ended: "it has finished the step that ran, and has ended",
  killed: "it did not end when it was asked to, and was killed",
  "cannot be stopped from here": "it cannot be stopped from here: it is of another machine, or of another user",
};
