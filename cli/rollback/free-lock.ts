import type { Locked } from "../engine-failure";
import { pause } from "../pause";
import type { ProjectStack } from "../stack";
import { type Stopped, stopUpdate } from "./stop-update";
import { findLock, seesLocks } from "./update-lock";

export interface FreeOptions {
  /** A folder of the project. */
  folder: string;
  /** Takes over a lock whose holder cannot be judged. */
  force: boolean;
  say: (line: string) => void;
  signal?: AbortSignal;
}

/** In milliseconds: after that it is tried whether a lock is still there that cannot be seen. */
const UNSEEN = 30_000;

/**
 * Ends the update that holds a stack's lock, so that the next one can begin. Where that is on another machine it is waited for.
 * @returns how; where it `cannot be stopped from here` and its lock cannot be seen, it may still run
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
    if (isLeft(folder, lock, how)) await (await opening).dropLock();
    return how;
  }
  if (force) {
    say("its lock is taken over, as --force says");
    await (await opening).dropLock();
    return how;
  }
  say("the weights are held until it has ended; where it is dead, --force takes its lock over");
  if (!seesLocks(folder, lock.stackName)) await pause(UNSEEN, signal);
  while (findLock(folder, lock.stackName)?.holder?.pid === pid) await pause(1000, signal);
  return how;
}

/**
 * Whether an update that is over has left its lock. One that was asked to end takes it away itself, and by then it may be another's.
 */
function isLeft(folder: string, { stackName, holder }: Locked, how: Stopped): boolean {
  if (!seesLocks(folder, stackName)) return how !== "ended";
  return findLock(folder, stackName)?.holder?.pid === holder?.pid;
}

const HOW: Record<Stopped, string> = {
  "was dead": "it was dead: its lock was left behind, and is taken over",
  ended: "it has finished the step that ran, and has ended",
  killed: "it did not end when it was asked to, and was killed",
  "cannot be stopped from here": "it cannot be stopped from here: it is of another machine, or of another user",
};
