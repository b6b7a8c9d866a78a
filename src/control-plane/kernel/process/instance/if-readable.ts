import { systemCodeOf } from '../../errors.ts';

/** ESRCH and ENODEV: a file of a process or cgroup that ended while it was read. */
const GONE = new Set(['ENOENT', 'ESRCH', 'ENODEV', 'ENOTDIR']);

/** @returns what `read` gives; undefined when what it reads does not exist (any more) */
export function ifReadable<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (GONE.has(systemCodeOf(error) ?? '')) return undefined;
    throw error;
  }
}
