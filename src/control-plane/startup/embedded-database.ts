import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '../kernel/db/migrate.ts';
import { MIGRATIONS } from '../migrations/migrations.gen.ts';

const DUMP = join('dist', 'database.tar.gz');

/** Written by the build: a migrated, empty database, because to make one takes seconds of processor time and 0.8 GB. */
export async function writeEmbeddedDatabase(file: string): Promise<void> {
  const { makeDump } = await import('../kernel/db/pglite.ts');
  await writeFile(file, await makeDump((db) => migrate(db, MIGRATIONS)));
}

/** @returns the build's empty database, or nothing when this is not a built package: then one is made. */
export async function emptyDatabase(packageRoot: string): Promise<Uint8Array | undefined> {
  const file = join(packageRoot, DUMP);
  return existsSync(file) ? readFile(file) : undefined;
}
