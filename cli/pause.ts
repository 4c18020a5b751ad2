import { setTimeout as sleep } from "node:timers/promises";

/** Waits, in milliseconds. @throws the signal's own reason where it is aborted, which says more than that it was */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
