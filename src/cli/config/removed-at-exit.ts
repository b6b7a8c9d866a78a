import { rmSync } from 'node:fs';
import { type EndSignal, onEndSignals } from '../end-signals.ts';

const paths = new Set<string>();
let stopSignals = () => {};

/**
 * Removes a file when the process ends before the returned function is called: by `process.exit`, or by a signal that nothing else
 * handles. Files of one process that no other may find: locks, and temporary files with keys.
 */
export function removedAtExit(path: string): () => void {
  if (paths.size === 0) {
    process.on('exit', removeAll);
    stopSignals = onEndSignals(onSignal);
  }
  paths.add(path);
  return () => {
    if (!paths.delete(path) || paths.size > 0) return;
    process.off('exit', removeAll);
    stopSignals();
  };
}

function removeAll(): void {
  for (const path of paths) rmSync(path, { force: true });
}

/** What else handles the signal ends the work in order, or calls `process.exit`. */
function onSignal(signal: EndSignal): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  stopSignals();
  process.kill(process.pid, signal);
}
