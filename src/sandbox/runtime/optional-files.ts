import { readdirSync, readFileSync } from 'node:fs';

/** Is this an error of the operating system with this code, such as `ENOENT`? */
export function hasErrnoCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

/** Names in a folder, sorted; none if the folder does not exist. */
export function listNames(folder: string): string[] {
  return orIfMissing([], () => readdirSync(folder).sort());
}

/** @returns undefined if the file does not exist */
export function readTextIfPresent(file: string): string | undefined {
  return orIfMissing(undefined, () => readFileSync(file, 'utf8'));
}

function orIfMissing<T>(fallback: T, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return fallback;
    throw thrown;
  }
}
