import type { Clock } from '../../kernel/clock.ts';
import { MACHINES_PATH, NODES_PATH, type WatchList } from './cluster-api.ts';
import type { WorkerMachines } from './worker-machines.ts';

/**
 * Resolves at the next change of machines or nodes, and after `ms` at the latest: watches can fall silent without an error.
 * An event, also that of an old version (410), and the end of a watch only mean that the lists are read again; the next watch begins at
 * their version.
 */
export async function nextChange(
  watch: WatchList,
  { resourceVersions }: WorkerMachines,
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const changed = new AbortController();
  const ended = new AbortController();
  const wake = () => changed.abort();
  const listener = { onEvent: wake, onEnd: wake };
  const until = AbortSignal.any([signal, ended.signal]);
  try {
    watch(MACHINES_PATH, resourceVersions.machines, listener, until);
    watch(NODES_PATH, resourceVersions.nodes, listener, until);
    await clock.sleep(ms, AbortSignal.any([signal, changed.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (!changed.signal.aborted) throw error;
  } finally {
    ended.abort();
  }
}
