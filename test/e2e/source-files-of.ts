import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isPlannerFile, type SourceFiles } from '../../src/control-plane/apps/builder/plan/source-files.ts';

/** What a planner sees of a directory. */
export function sourceFilesOf(directory: string): SourceFiles {
  const paths = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
  const texts = paths
    .filter(isPlannerFile)
    .map((path) => [path, readFileSync(join(directory, path), 'utf8')] as const);
  return { paths, texts: new Map(texts) };
}
