import { type Clock, systemClock } from '../clock.ts';
import { trackDescendants } from './descendants.ts';
import { openProcessTable } from './open-process-table.ts';
import { terminateTree } from './terminate-tree.ts';

/**
 * Ends what an earlier attempt for the same owner left running on this machine: only possible when a worker and its
 * guard were both killed at once. To be called by whoever holds the lease, before it starts a process of its own.
 */
export async function endOrphanedProcesses(
  owner: string,
  killAfterMs: number,
  clock: Clock = systemClock,
): Promise<void> {
  await endMarkedProcesses(`${owner}.`, killAfterMs, clock);
}

/** Ends every process whose mark starts like this, and its descendants; resolves when none is left. */
export async function endMarkedProcesses(mark: string, killAfterMs: number, clock: Clock): Promise<void> {
  const tree = trackDescendants(openProcessTable(), { mark, selfPid: process.pid });
  await terminateTree(tree, { killAtMs: clock.monotonicMs() + killAfterMs }, clock);
}
