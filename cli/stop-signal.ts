import { setMaxListeners } from "node:events";

/** Aborted, with the reason, by a Ctrl-C, a kill or a closed terminal; until `end`, none of them ends the process. */
export function stopSignal(reason: Error): { signal: AbortSignal; end: () => void } {
  const stopped = new AbortController();
  // Each run of the engine listens, for as long as this process lives; from the eleventh on Node.js would warn the user.
  setMaxListeners(0, stopped.signal);
  const stop = () => stopped.abort(reason);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  return {
    signal: stopped.signal,
    end: () => {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}
