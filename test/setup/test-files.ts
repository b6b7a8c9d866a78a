import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A file that imports one of these starts processes or opens databases. */
const EXTERNAL = new Set(['node:child_process', 'pg', '@electric-sql/pglite']);
const IMPORT =
  /^(?:import|export)\b(?! type\b)(?:[^'"]*?\bfrom)? *['"]([^'"]+)['"]|\bimport\( *['"]([^'"]+)['"]/gm;

/** @returns the test files below `folder`, from the root of the repository. */
export function testFilesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((file) => /\.test\.tsx?$/.test(file));
}

/**
 * Whether a test file imports, directly or through other files, neither a way to start processes nor a database driver. Asked of the
 * sources, so that the answer follows when a file changes.
 */
export function isUnitTest(file: string): boolean {
  const seen = new Set<string>();
  const waiting = [join(ROOT, file)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const imports = importsOf(next);
    if (imports.some((name) => EXTERNAL.has(name))) return false;
    const folder = dirname(next);
    waiting.push(...imports.filter((name) => name.startsWith('.')).map((name) => join(folder, name)));
  }
  return true;
}

/** Whether a test file runs the stand-in installer, each time as a process of its own. */
export function runsInstallers(file: string): boolean {
  return readFileSync(join(ROOT, file), 'utf8').includes("from './installer-fixture.ts'");
}

/** Whether a test file replaces modules: it must not share a worker in which they are loaded already. */
export function mocksModules(file: string): boolean {
  return /\bvi\.(mock|doMock)\(/.test(readFileSync(join(ROOT, file), 'utf8'));
}

const cache = new Map<string, readonly string[]>();

function importsOf(file: string): readonly string[] {
  const known = cache.get(file);
  if (known !== undefined) return known;
  const text = /\.tsx?$/.test(file) && existsSync(file) ? readFileSync(file, 'utf8') : '';
  const found = [...text.matchAll(IMPORT)].map(([, from, dynamic]) => from ?? dynamic ?? '');
  cache.set(file, found);
  return found;
}
