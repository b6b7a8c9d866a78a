import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';
import { systemCodeOf } from '../../kernel/errors.ts';

const POLL_MS = 250;
/** How often the holder touches the folder. */
const BEAT_MS = 5_000;
/** A lock whose folder was not touched for this long is broken. */
const STALE_MS = 30_000;

export interface DownloadLock {
  /** A private folder that is removed with the lock: unfinished work is kept here. */
  readonly dir: string;
  release(): Promise<void>;
}

export interface LockOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Called between attempts; true ends the waiting without the lock. */
  readonly isDone: () => Promise<boolean>;
  readonly onWait: () => void;
}

/**
 * Acquires a lock that is a folder, or waits for it. A holder is alive while the folder's time changes, measured with the waiter's
 * own clock, so that hosts with different clocks can share a cache (a lock file with a process id could not tell).
 * The lock only saves work: what it protects must be safe when two processes hold it.
 * @returns undefined when another holder did the work
 */
export async function acquireDownloadLock(
  dir: string,
  { clock, signal, isDone, onWait }: LockOptions,
): Promise<DownloadLock | undefined> {
  let seen: { mtimeMs: number; atMs: number } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    if (await tryCreate(dir)) return await hold(dir);
    if (await isDone()) return undefined;
    const found = await statIfPresent(dir);
    if (!found) continue;
    const nowMs = clock.monotonicMs();
    if (seen?.mtimeMs !== found.mtimeMs) seen = { mtimeMs: found.mtimeMs, atMs: nowMs };
    else if (nowMs - seen.atMs >= STALE_MS) {
      await discard(dir);
      seen = undefined;
      continue;
    }
    onWait();
    await clock.sleep(POLL_MS, signal);
  }
}

async function hold(dir: string): Promise<DownloadLock> {
  const { ino } = await stat(dir);
  // A failed touch means that the lock was broken. The work may go on: its last step is a rename that only one process wins.
  const beat = setInterval(() => void utimes(dir, new Date(), new Date()).catch(() => undefined), BEAT_MS);
  beat.unref();
  return {
    dir,
    release: async () => {
      clearInterval(beat);
      // Another process may have broken the lock and hold one of its own.
      if ((await statIfPresent(dir))?.ino === ino) await rm(dir, { recursive: true, force: true });
    },
  };
}

async function tryCreate(dir: string): Promise<boolean> {
  try {
    await mkdir(dir, { mode: 0o700 });
    return true;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

async function statIfPresent(dir: string): Promise<{ mtimeMs: number; ino: number } | undefined> {
  try {
    return await stat(dir);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Renames first, so that only one of several waiters removes a stale lock. */
async function discard(dir: string): Promise<void> {
  const stale = `${dir}.stale-${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    await rename(dir, stale);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return;
    throw thrown;
  }
  await rm(stale, { recursive: true, force: true });
}
