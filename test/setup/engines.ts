import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Db } from '../../src/control-plane/kernel/db/db.ts';
import { migrate } from '../../src/control-plane/kernel/db/migrate.ts';
import { makeDump, openPglite } from '../../src/control-plane/kernel/db/pglite.ts';
import { createTestDatabase, moveClock, type TestDatabase } from './database.ts';
import { readMigrations } from './migrations.ts';

export interface EngineUnderTest {
  /** Migrated, and shared by the tests of the file. */
  readonly db: Db;
  /** Sets what `clock_now()` adds to the time, for example `'2 hours'`. On PostgreSQL the sessions reconnect. */
  moveClock(interval: string): Promise<void>;
}

/** Declares the same tests for both engines: `eachEngine('the queue', (engine) => { test('…', () => engine().db…) })`. */
export function eachEngine(name: string, declareTests: (engine: () => EngineUnderTest) => void): void {
  describe(`${name} on PostgreSQL`, () => {
    let database: TestDatabase | undefined;
    beforeAll(async () => {
      database = await createTestDatabase();
    });
    afterAll(() => database?.drop());
    declareTests(() => {
      if (!database) throw new Error('the database is there from beforeAll to afterAll');
      const { db, url } = database;
      return { db, moveClock: (interval) => moveClock(url, interval) };
    });
  });

  describe(`${name} on PGlite`, () => {
    let db: Db | undefined;
    beforeAll(async () => {
      db = await openMigratedPglite();
    });
    afterAll(() => db?.close());
    declareTests(() => {
      if (!db) throw new Error('the database is there from beforeAll to afterAll');
      const open = db;
      return { db: open, moveClock: (interval) => open.script(`set ocpctl.clock_offset = '${interval}'`) };
    });
  });
}

/** An in-memory database with the migrated schema, made from a dump in a fraction of the time. */
export async function openMigratedPglite(): Promise<Db> {
  return openPglite({ loadDump: await migratedDump() });
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ocpctl-tests/', import.meta.url));

/** A dump of the migrated schema, kept between runs under the hash of all that it is made from. */
export async function migratedDump(): Promise<Uint8Array> {
  const migrations = readMigrations();
  const engine = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(readFileSync(join(dirname(engine), '../package.json'), 'utf8'));
  const hash = createHash('sha256')
    .update(JSON.stringify([version, migrations]))
    .digest('hex')
    .slice(0, 16);
  const file = `${CACHE}${hash}.tar.gz`;
  if (existsSync(file)) return readFileSync(file);
  const dump = await makeDump((db) => migrate(db, migrations));
  mkdirSync(CACHE, { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, dump);
  renameSync(draft, file);
  return dump;
}
