import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';
import { isNotFound } from './installer-error.ts';

export interface DownloadLock {
  /** A private folder that goes with the lock: work in progress lies here. */
  readonly dir: string;
  release(): Promise<void>;
}

export interface LockOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Asked between tries; true ends the waiting without the lock. */
  readonly isDone: () => Promise<boolean>;
  readonly onWait?: () => void;
  /** Pause between tries, ms. */
  readonly pollMs?: number;
  /** How often the holder shows that it lives, ms. */
  readonly beatMs?: number;
  /** A lock whose holder did not show itself for this long is taken away, ms. */
  readonly staleMs?: number;
}

/**
 * Takes a lock that is a folder, or waits for it. Liveness is a change of the folder's time as *we* saw it, so clocks of
 * other hosts do not matter. The lock only saves work: what it protects must be safe when two hold it.
 * @returns undefined when the work was done by another holder
 */
export async function acquireDownloadLock(
  dir: string,
  options: LockOptions,
): Promise<DownloadLock | undefined> {
  const { clock, signal, isDone, pollMs = 250, staleMs = 30_000 } = options;
  let seen: { mtimeMs: number; atMs: number } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    if (await tryMake(dir)) return await hold(dir, options.beatMs ?? 5_000);
    if (await isDone()) return undefined;
    const mtimeMs = await mtimeOf(dir);
    const nowMs = clock.monotonicMs();
    if (mtimeMs === undefined) continue;
    if (seen?.mtimeMs !== mtimeMs) seen = { mtimeMs, atMs: nowMs };
    else if (nowMs - seen.atMs >= staleMs) {
      await discard(dir);
      seen = undefined;
      continue;
    }
    options.onWait?.();
    await clock.sleep(pollMs, signal);
  }
}

async function hold(dir: string, beatMs: number): Promise<DownloadLock> {
  const { ino } = await stat(dir);
  // A beat that fails means that the lock is gone; the work goes on, and its last step is a rename that one of us wins.
  const beat = setInterval(() => void utimes(dir, new Date(), new Date()).catch(() => undefined), beatMs);
  beat.unref();
  return {
    dir,
    release: async () => {
      clearInterval(beat);
      // Taken away while we were paused: it is somebody else's now.
      if ((await inodeOf(dir)) === ino) await rm(dir, { recursive: true, force: true });
    },
  };
}

async function tryMake(dir: string): Promise<boolean> {
  try {
    await mkdir(dir, { mode: 0o700 });
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false;
    throw thrown;
  }
}

async function mtimeOf(dir: string): Promise<number | undefined> {
  return (await statIfThere(dir))?.mtimeMs;
}

async function inodeOf(dir: string): Promise<number | undefined> {
  return (await statIfThere(dir))?.ino;
}

async function statIfThere(dir: string): Promise<{ mtimeMs: number; ino: number } | undefined> {
  try {
    return await stat(dir);
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
}

/** Renames first: of several who find the lock stale, one wins. */
async function discard(dir: string): Promise<void> {
  const grave = `${dir}.stale-${process.pid}-${Math.random().toString(36).slice(2)}`;
  try {
    await rename(dir, grave);
  } catch (thrown) {
    if (isNotFound(thrown)) return;
    throw thrown;
  }
  await rm(grave, { recursive: true, force: true });
}
