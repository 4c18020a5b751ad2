import { Locked } from "../engine-failure";
import type { Scene } from "./scene";

/**
 * Drops a lock that an update has left behind which is no more.
 * @returns false where the error is no lock, or whoever holds it may still be there
 */
export async function tookOver(error: unknown, { stack, progress, force }: Scene): Promise<boolean> {
  if (!(error instanceof Locked)) return false;
  const { holder, isStale } = error;
  if (!isStale && !(force && holder)) return false;
  const why = isStale ? "which is no more: it was killed" : "which --force takes for ended";
  progress.event(`the stack was locked by process ${holder?.pid} on ${holder?.host}, ${why}. The lock is taken over`);
  await stack.dropLock();
  return true;
}
