import type { Clock } from '../clock.ts';
import { type Descendants, identityOf } from './descendants.ts';

const MIN_PASS_MS = 25;
const MAX_PASS_MS = 1_000;
/** A process can fork while the table is being read, so one empty look is not enough. */
const EMPTY_SCANS = 2;

/** When patience ends; may be moved forward while the tree is being ended. */
export interface KillTimer {
  /** Monotonic milliseconds. */
  killAtMs: number;
}

export type SendSignal = (pid: number, signal: NodeJS.Signals) => void;

/**
 * Ends a tree: SIGTERM once to each process (a second one would tell an installer to skip its own clean-up), SIGKILL to
 * whatever is left when patience ends, again and again. Resolves when nothing of the tree lives any more.
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
    // Something that even SIGKILL does not end (a process in a broken file system) must not cost a core.
    passMs = kill && alive.length > 0 ? Math.min(passMs * 2, MAX_PASS_MS) : MIN_PASS_MS;
    if (empty < EMPTY_SCANS) await clock.sleep(passMs);
  }
}

/** Sends a signal; a process that is gone already, or that belongs to somebody else, is left to the next look. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
