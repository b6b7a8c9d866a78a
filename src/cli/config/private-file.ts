import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../errors/cli-error.ts';
import { removedAtExit } from './removed-at-exit.ts';

export interface LockTimeouts {
  readonly waitMs: number;
  /** A lock of this age belongs to a process that died. */
  readonly staleMs: number;
  /** Who may hold it, for the hint. */
  readonly programs?: string;
}

/**
 * Writes a file atomically, with mode 0600 from the start.
 * @param publish moves the synced temporary file to its path; default: replaces an existing file
 */
export async function writePrivateFile(
  path: string,
  text: string,
  publish: (temporary: string) => Promise<void> = (temporary) => fs.rename(temporary, path),
): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const stopRemoving = removedAtExit(temporary);
  try {
    const file = await fs.open(temporary, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      // The error names the file that was asked for.
      throw Object.assign(error, { path });
    });
    try {
      await file.writeFile(text);
      // The umask may have removed bits.
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
    await publish(temporary);
  } finally {
    await fs.rm(temporary, { force: true });
    stopRemoving();
  }
}

/**
 * Runs work while holding the lock of a file. The lock is removed too if the process is interrupted.
 * @throws CliError CONFIG_LOCKED if the lock is not free in time
 */
export async function withFileLock<T>(
  path: string,
  timeouts: LockTimeouts,
  work: () => Promise<T>,
): Promise<T> {
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unlock = await acquireFileLock(`${path}.lock`, timeouts);
  try {
    return await work();
  } finally {
    await unlock();
  }
}

async function acquireFileLock(
  path: string,
  { waitMs, staleMs, programs = 'other ocpctl' }: LockTimeouts,
): Promise<() => Promise<void>> {
  const giveUpAtMs = performance.now() + waitMs;
  for (;;) {
    try {
      const file = await fs.open(path, 'wx', 0o600);
      const stopRemoving = removedAtExit(path);
      await file.close();
      return async () => {
        await fs.rm(path, { force: true });
        stopRemoving();
      };
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const ageMs = await fs.stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (ageMs > staleMs) await fs.rm(path, { force: true });
    else if (performance.now() > giveUpAtMs) {
      throw new CliError('CONFIG_LOCKED', `${path} is locked by another process`, {
        retryable: true,
        hint: `if no ${programs} is running: rm ${path}`,
      });
    } else await delay(20);
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
