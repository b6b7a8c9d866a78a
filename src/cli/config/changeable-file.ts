import { access, constants, readlink, realpath, stat } from 'node:fs/promises';
import { UsageError } from '../errors/cli-error.ts';
import { unreadableFile } from '../input-file.ts';
import { isErrno } from './private-file.ts';

/**
 * @returns the file that a path leads to; undefined if there is none
 * @throws UsageError for what is not a file: a rename would replace a device
 */
export async function findRegularFile(path: string): Promise<string | undefined> {
  const present = await realpath(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw unreadableFile(path, error);
  });
  if (present === undefined) return undefined;
  const found = await stat(present);
  if (found.isFile()) return present;
  throw new UsageError(
    `cannot read ${path}: ${found.isDirectory() ? 'it is a directory' : 'it is not a regular file'}`,
  );
}

/** @throws UsageError also for a file without write permission, and for a link that leads to nothing */
export async function findChangeableFile(path: string): Promise<string | undefined> {
  const present = await findRegularFile(path);
  if (present === undefined) {
    if (!(await succeeds(readlink(path)))) return undefined;
    throw new UsageError(`cannot change ${path}: it is a symbolic link to a file that does not exist`);
  }
  // root may write to every file, but one without any write permission is not meant to be changed.
  const { mode } = await stat(present);
  if ((mode & 0o222) !== 0 && (await succeeds(access(present, constants.W_OK)))) return present;
  throw new UsageError(`cannot change ${path}: it is read-only`, {
    hint: `chmod u+w ${path}, or choose another file`,
  });
}

function succeeds(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}
