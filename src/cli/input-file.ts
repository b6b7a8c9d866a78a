import { readFile } from 'node:fs/promises';
import { thrownMessage } from '../client/api-error.ts';
import { UsageError } from './errors/cli-error.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EPERM: 'permission denied',
};

/** Reads a file that a flag or an argument names. @throws UsageError `cannot read FILE: no such file` */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadableFile(path, error);
  }
}

/** For a file that is read in another way: in parts, or by the control plane. */
export function unreadableFile(path: string, cause: unknown): UsageError {
  return new UsageError(`cannot read ${path}: ${unreadableReason(cause)}`, { cause });
}

/** @returns in plain words why a system call on a file failed */
export function unreadableReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? thrownMessage(error);
}
