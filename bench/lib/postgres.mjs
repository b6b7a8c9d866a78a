import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { migrate } from '../../src/control-plane/kernel/db/migrate.ts';
import { openPostgres } from '../../src/control-plane/kernel/db/postgres.ts';
import { readMigrations } from '../../test/setup/migrations.ts';
import { startPostgresServer } from '../../test/setup/postgres-server.ts';

/** As an installation would run it: commits are durable, autovacuum works. */
const SETTINGS = ['fsync=on', 'autovacuum=on', 'shared_buffers=1GB', 'max_wal_size=8GB'];
const TICKS_PER_SECOND = 100;

/** A server of its own for one run. */
export async function startServer() {
  const server = await startPostgresServer(SETTINGS);
  let databases = 0;
  return {
    url: server.url,
    stop: server.stop,
    /** @returns the URL of a new database; `migrated` gives it our schema */
    async createDatabase({ migrated = false } = {}) {
      const name = `bench_${++databases}`;
      await execute(server.url, `create database ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      if (migrated) await migrateDatabase(url.href);
      return url.href;
    },
    dropDatabase: (url) =>
      execute(server.url, `drop database ${new URL(url).pathname.slice(1)} with (force)`),
  };
}

async function migrateDatabase(url) {
  const db = await openPostgres({ url });
  try {
    await migrate(db, readMigrations());
  } finally {
    await db.close();
  }
}

export async function execute(url, text, values) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query(text, values);
    return rows;
  } finally {
    await client.end();
  }
}

/** Milliseconds of CPU that the server at the URL and all its backends, ended ones too, have used. Linux only; NaN elsewhere. */
export async function serverCpuMs(url) {
  if (process.platform !== 'linux') return Number.NaN;
  const postmaster = await postmasterOf(url);
  let ticks = statOf(postmaster)?.withChildren ?? 0;
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const stat = statOf(name);
    if (stat?.parent === postmaster) ticks += stat.own;
  }
  return (ticks / TICKS_PER_SECOND) * 1_000;
}

/** The parent of every backend. */
async function postmasterOf(url) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query('select pg_backend_pid() as pid');
    return statOf(rows[0].pid)?.parent;
  } finally {
    await client.end();
  }
}

/** @returns undefined for a process that has ended */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name in parentheses, which may have spaces: state, parent, …; user and system time are the 14th and 15th field.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [own, children] = [11, 13].map((at) => Number(fields[at]) + Number(fields[at + 1]));
    return { parent: Number(fields[1]), own, withChildren: own + children };
  } catch {
    return undefined;
  }
}
