/** The signals that ask this process to end. Node.js resets their dispositions when it starts, so that nohup has no effect on it. */
const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndSignal = (typeof END_SIGNALS)[number];

/** Calls back for each signal that asks this process to end, instead of ending it. @returns what stops that */
export function onEndSignals(callback: (signal: EndSignal) => void): () => void {
  for (const signal of END_SIGNALS) process.on(signal, callback);
  return () => {
    for (const signal of END_SIGNALS) process.off(signal, callback);
  };
}
