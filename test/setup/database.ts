import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { Db } from '../../src/control-plane/kernel/db/db.ts';
import { openPostgres } from '../../src/control-plane/kernel/db/postgres.ts';

export interface TestDatabase {
  /** For child processes: DATABASE_URL. */
  readonly url: string;
  readonly db: Db;
  /** Closes `db`, fails when other connections are left (a leak), and drops the database. */
  drop(): Promise<void>;
}

/** Makes a PostgreSQL database with the migrated schema; `empty: true` makes one without. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const template = inject('postgresTemplate');
  if (template.problem !== undefined && !options.empty)
    throw new Error(`the schema does not migrate: ${template.problem}`);
  const name = `${template.name}_${randomBytes(6).toString('hex')}`;
  await administer(
    `create database ${name} template ${options.empty ? 'template0' : template.name} ${template.clone}`,
  );
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  // A machine full of tests may let a connection wait for longer than a server should.
  url.searchParams.set('connect_timeout', '60');
  const db = await openPostgres({ url: url.href, poolSize: 5 });
  return {
    url: url.href,
    db,
    drop: async () => {
      await db.close();
      const leaked = await connectionsLeft(name);
      await administer(`drop database ${name} with (force)`);
      if (leaked.length > 0) throw new Error(`connections were left open: ${leaked.join('; ')}`);
    },
  };
}

/**
 * Sets what `clock_now()` adds to the time in every session of a test database from now on (`'2 hours'`), and ends the
 * sessions that there are: their owners reconnect.
 */
export async function moveClock(url: string, interval: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await administer(`alter database ${name} set ocpctl.clock_offset = ${pg.escapeLiteral(interval)}`);
  await terminateConnections(url);
}

/** Ends every session of a test database, as a restart of the server would. */
export async function terminateConnections(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await administer('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name]);
}

/** A backend needs a moment to end after its client has gone: looked at again for up to two seconds. */
async function connectionsLeft(name: string): Promise<string[]> {
  for (let look = 0; ; look++) {
    const left = await administer(
      "select application_name || ' ' || state || ': ' || left(query, 80) as session from pg_stat_activity where datname = $1",
      [name],
    );
    if (left.length === 0 || look === 40) return left.map((row) => String(row['session']));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const administrators = new Map<string, pg.Pool>();

/** Few sessions for all databases of this process: to open one costs the server more than what is asked in it. */
function administrator(): pg.Pool {
  const connectionString = inject('postgresUrl');
  const known = administrators.get(connectionString);
  if (known !== undefined) return known;
  const pool = new pg.Pool({ connectionString, max: 2, idleTimeoutMillis: 0, allowExitOnIdle: true });
  pool.on('error', () => {}); // the next statement connects again
  administrators.set(connectionString, pool);
  return pool;
}

async function administer(sql: string, values: string[] = []): Promise<Record<string, unknown>[]> {
  return (await administrator().query<Record<string, unknown>>(sql, values)).rows;
}
