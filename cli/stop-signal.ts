/** Aborted, with the reason, by a Ctrl-C, a kill or a closed terminal; until `end`, none of them ends the process. */
export function stopSignal(reason: Error): { signal: AbortSignal; end: () => void } {
  const stopped = new AbortController();
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
