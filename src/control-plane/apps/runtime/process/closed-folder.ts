import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';

/** @returns the first of a folder and its parents that users other than its owner cannot enter; one that does not exist yet is open */
export function findClosedFolder(path: string): string | undefined {
  const mode = ifReadable(() => statSync(path).mode);
  if (mode !== undefined && (mode & 0o001) === 0) return path;
  return path === dirname(path) ? undefined : findClosedFolder(dirname(path));
}
