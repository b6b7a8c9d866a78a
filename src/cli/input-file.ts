import { readFile } from 'node:fs/promises';
import { systemErrorReason } from '../contract/system-error-hint.ts';
import { UsageError } from './errors/cli-error.ts';

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
  return new UsageError(`cannot read ${path}: ${systemErrorReason(cause)}`, { cause });
}
