import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '../kernel/db/migrate.ts';
import { MIGRATIONS } from '../migrations/migrations.gen.ts';

/** The folder of the installed package: openapi.yaml, profiles/, prices/ and dist/ lie there, from sources and from the bundle alike. */
export function packageRoot(from: string = import.meta.url): string {
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'openapi.yaml'))) return folder;
    if (folder === dirname(folder))
      throw new Error('the ocpctl package is incomplete: openapi.yaml is missing');
  }
}

const DUMP = join('dist', 'database.tar.gz');

/** Written by the build: a migrated, empty database, because to make one takes seconds of processor time and 0.8 GB. */
export async function writeEmbeddedDatabase(file: string): Promise<void> {
  const { makeDump } = await import('../kernel/db/pglite.ts');
  await writeFile(file, await makeDump((db) => migrate(db, MIGRATIONS)));
}

/** @returns the build's empty database, or nothing when this is not a built package: then one is made. */
export async function emptyDatabase(root: string): Promise<Uint8Array | undefined> {
  const file = join(root, DUMP);
  return existsSync(file) ? readFile(file) : undefined;
}
