import { type Clock, systemClock } from '../clock.ts';
import { type Descendants, identityOf, trackDescendants } from './descendants.ts';
import { openProcessTable, type ProcessTable } from './process-table.ts';

const MIN_PASS_MS = 25;
const MAX_PASS_MS = 1_000;
/** A process can fork while the table is read, so one empty scan is not enough. */
const EMPTY_SCANS = 2;

/** When SIGKILL is sent; may be brought forward while the tree is being terminated. */
export interface KillTimer {
  /** Monotonic milliseconds. */
  killAtMs: number;
}

export type SendSignal = (pid: number, signal: NodeJS.Signals) => void;

/**
 * Terminates a process tree: SIGTERM once to each process (a second one would make some programs skip their cleanup), then SIGKILL to
 * all that are left, repeatedly. Resolves when no process of the tree is alive.
 */
export async function terminateTree(
  tree: Descendants,
  killTimer: KillTimer,
  clock: Clock,
  send: SendSignal = sendSignal,
): Promise<void> {
  const asked = new Set<string>();
  let passMs = MIN_PASS_MS;
  for (let empty = 0; empty < EMPTY_SCANS; ) {
    const alive = tree.scan();
    const kill = clock.monotonicMs() >= killTimer.killAtMs;
    for (const entry of alive) {
      if (kill) send(entry.pid, 'SIGKILL');
      else if (!asked.has(identityOf(entry))) send(entry.pid, 'SIGTERM');
      asked.add(identityOf(entry));
    }
    empty = alive.length === 0 ? empty + 1 : 0;
    // A process that SIGKILL does not end, such as one blocked in a broken file system, must not use a whole core.
    passMs = kill && alive.length > 0 ? Math.min(passMs * 2, MAX_PASS_MS) : MIN_PASS_MS;
    if (empty < EMPTY_SCANS) await clock.sleep(passMs);
  }
}

/** Sends a signal; a process that has ended, or belongs to another user, is left to the next scan. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/**
 * Terminates processes that an earlier attempt of the same owner left on this machine, which needs a worker and its guard killed at the
 * same time. Call it while holding the lease, before starting a process.
 */
export async function endOrphanedProcesses(
  owner: string,
  killAfterMs: number,
  clock: Clock = systemClock,
): Promise<void> {
  await endMarkedProcesses(`${owner}.`, killAfterMs, clock);
}

/** Terminates every process whose mark has this prefix, with its descendants; resolves when none is left. */
export async function endMarkedProcesses(
  mark: string,
  killAfterMs: number,
  clock: Clock,
  table: ProcessTable = openProcessTable(),
): Promise<void> {
  const tree = trackDescendants(table, { mark, selfPid: process.pid });
  await terminateTree(tree, { killAtMs: clock.monotonicMs() + killAfterMs }, clock);
}
