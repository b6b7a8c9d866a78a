import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Migration } from '../../src/control-plane/kernel/db/migrate.ts';

const FOLDER = new URL('../../src/control-plane/migrations/', import.meta.url);

/** @returns the migrations as the .sql files have them, in order. */
export function readMigrations(): Migration[] {
  const folder = fileURLToPath(FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const [, version = '', name = ''] = /^(\d{4})_(\w+)\.sql$/.exec(file) ?? [];
      return { version: Number(version), name, sql: readFileSync(new URL(file, FOLDER), 'utf8') };
    });
}
