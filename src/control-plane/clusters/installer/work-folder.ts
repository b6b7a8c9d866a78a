import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ifExists, systemCodeOf } from '../../kernel/errors.ts';
import { InstallerError } from './installer-error.ts';

/** Enough to need a block of its own: on a full disk an empty file can still be created. */
const PROBE_BYTES = 4096;
const PROBE = '.write-check-';
/** A probe takes milliseconds, on a bad disk seconds. */
const STALE_PROBE_MS = 60_000;
const FULL = new Set(['ENOSPC', 'EDQUOT']);
/** Whatever the path, the disk is the cause. */
const DISK = new Set([...FULL, 'EROFS', 'EIO']);
/** The cause is the disk only for paths that the worker makes itself. */
const FOLDER = new Set([...DISK, 'EACCES', 'EPERM', 'ENOTDIR']);

export type WriteProbe = (file: string) => Promise<void>;

/**
 * Creates the folder of the install directories if it is missing, and writes a block into it.
 * @throws InstallerError WORK_FOLDER_UNUSABLE, DISK_TOO_SMALL
 */
export async function assertWorkFolder(folder: string, write: WriteProbe = writeProbe): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 }).catch((thrown: unknown) => {
      if (systemCodeOf(thrown) !== 'EEXIST') throw thrown;
    });
    await write(join(folder, `${PROBE}${process.pid}`));
  } catch (thrown) {
    throw workFolderError(thrown, folder);
  }
}

async function writeProbe(file: string): Promise<void> {
  try {
    await writeFile(file, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
  } finally {
    await rm(file, { force: true });
  }
}

/** Removes the files of checks whose worker was killed. @param names what is in the folder */
export async function removeStaleProbes(folder: string, names: readonly string[], now: Date): Promise<void> {
  for (const name of names) {
    if (!name.startsWith(PROBE)) continue;
    const file = join(folder, name);
    const mtimeMs = (await ifExists(stat(file)))?.mtimeMs ?? now.getTime();
    if (now.getTime() - mtimeMs > STALE_PROBE_MS) await rm(file, { force: true });
  }
}

/** @returns a failed system call that the disk or the work folder is the cause of as an InstallerError; undefined for any other error */
export function asWorkFolderError(thrown: unknown, folder: string): InstallerError | undefined {
  const code = systemCodeOf(thrown);
  if (code === undefined) return undefined;
  const path = pathOf(thrown);
  const isInside = path !== undefined && !relative(folder, path).startsWith('..');
  if (isInside && (FOLDER.has(code) || isBlockedMkdir(thrown, folder)))
    return workFolderError(thrown, folder);
  return DISK.has(code)
    ? workFolderError(thrown, path ?? folder, path ?? 'the disk of the worker')
    : undefined;
}

/** Whether an error, or the one that caused it, says that nothing can be written on this host. */
export function isDiskFailure(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return [thrown, cause].some((error) => DISK.has(systemCodeOf(error) ?? ''));
}

function workFolderError(thrown: unknown, path: string, name = `the work folder ${path}`): InstallerError {
  const code = systemCodeOf(thrown);
  if (code === undefined) throw thrown;
  const unusable = (what: string, hint: string) =>
    new InstallerError('WORK_FOLDER_UNUSABLE', `${name} ${what}`, { hint, cause: thrown });
  if (FULL.has(code)) {
    const hint = 'free disk space on the worker, or move its data directory to a larger disk';
    return new InstallerError('DISK_TOO_SMALL', `no space left on ${name}`, { hint, cause: thrown });
  }
  if (code === 'EROFS') return unusable('is read-only', 'mount its file system for writing');
  if (code === 'EACCES' || code === 'EPERM')
    return unusable('is not writable', 'give the user of the server the right to write there');
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return unusable('is not a directory', 'remove what is in its place');
  if (code === 'ENOENT') return unusable('does not exist', 'create the data directory of the worker');
  return unusable(`cannot be used: ${code}`, 'check the disk of the worker');
}

/** The folder itself is missing, or something else is in its place. */
function isBlockedMkdir(thrown: unknown, folder: string): boolean {
  const { code, syscall, path } = thrown as NodeJS.ErrnoException;
  return syscall === 'mkdir' && (code === 'ENOENT' || (code === 'EEXIST' && path === folder));
}

function pathOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? (thrown as NodeJS.ErrnoException).path : undefined;
}
