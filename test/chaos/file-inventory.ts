import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/installer.md', import.meta.url));
const WORD = /^[A-Z]+$/;

/** The paths of docs/installer.md, section Files: what a server keeps, and what is temporary. */
export interface FileInventory {
  readonly kept: readonly RegExp[];
  readonly temporary: readonly RegExp[];
}

export function readFileInventory(): FileInventory {
  const [, section = ''] = /\n## Files\n(.*?)\n## /s.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const [kept = '', temporary = ''] = section.split('\n### Temporary files\n');
  return { kept: pathsIn(kept), temporary: pathsIn(temporary) };
}

/** The paths in the first column of a table. */
function pathsIn(text: string): RegExp[] {
  return [...text.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => patternOf(path)),
  );
}

/** Words in capitals stand for any name without a dot in front; a folder with a slash stands for all that is in it. */
function patternOf(path: string): RegExp {
  const isFolder = path.endsWith('/');
  const parts = (isFolder ? path.slice(0, -1) : path)
    .split(/([A-Z]+)/)
    .map((part) => (WORD.test(part) ? '[^/.][^/]*?' : escapePattern(part)));
  return new RegExp(`^${parts.join('')}${isFolder ? '(?:/.*)?' : ''}$`);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Files and empty folders below a data directory that the inventory does not name as kept. */
export function filesNotKept(dataDir: string, { kept }: FileInventory): string[] {
  return leavesOf(dataDir)
    .map((path) => relative(dataDir, path))
    .filter((path) => !kept.some((pattern) => pattern.test(path)));
}

function leavesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.length === 0) return [folder];
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? leavesOf(path) : [path];
  });
}
