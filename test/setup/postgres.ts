import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/control-plane/kernel/db/migrate.ts';
import { openPostgres } from '../../src/control-plane/kernel/db/postgres.ts';
import { messageOf } from '../../src/control-plane/kernel/errors.ts';
import { readMigrations } from './migrations.ts';
import { startPostgresServer } from './postgres-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's URL to the server's own database. */
    postgresUrl: string;
    postgresTemplate: Template;
  }
}

/** The database with the migrated schema, or why it could not be made. */
interface Template {
  readonly name: string;
  readonly problem?: string;
  /** How `create database` copies it. */
  readonly clone: string;
}

const BUILD = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

interface Shared {
  readonly url: string;
  readonly stop: () => Promise<void>;
  readonly template: Template;
}

/** Vitest sets up each project apart, in module graphs of their own: what all of them share hangs here. */
const run = globalThis as typeof globalThis & { ocpctlTests?: { users: number; shared: Promise<Shared> } };

/** One build and one PostgreSQL server for the whole run: TEST_DATABASE_URL, or one of our own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  run.ocpctlTests ??= { users: 0, shared: start() };
  const started = run.ocpctlTests;
  started.users += 1;
  const { url, template, stop } = await started.shared;
  project.provide('postgresUrl', url);
  project.provide('postgresTemplate', template);
  return async () => {
    started.users -= 1;
    if (started.users > 0) return;
    delete run.ocpctlTests;
    await stop();
  };
}

async function start(): Promise<Shared> {
  build();
  const given = process.env['TEST_DATABASE_URL'];
  const server = given ? { url: given, stop: async () => undefined } : await startPostgresServer();
  const name = `ocpctl_test_${randomBytes(4).toString('hex')}`;
  return {
    url: server.url,
    template: {
      ...(await makeTemplate(server.url, name)),
      clone: given ? '' : await copyOfFiles(server.url),
    },
    stop: async () => {
      if (given) await dropDatabases(server.url, name);
      await server.stop();
    },
  };
}

/** The npm scripts have built already. A build that fails is reported here, and by every test that needs its result. */
function build(): void {
  if (process.env['npm_lifecycle_event']?.startsWith('test') || !existsSync(BUILD)) return;
  const { status } = spawnSync(process.execPath, [BUILD], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0)
    process.stderr.write('\nthe build failed: tests of the built program run on an old build\n\n');
}

/** A schema that does not migrate fails the tests that need it, not those that do not. */
async function makeTemplate(serverUrl: string, name: string): Promise<Omit<Template, 'clone'>> {
  await administer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const db = await openPostgres({ url: url.href });
  try {
    await migrate(db, readMigrations());
    return { name };
  } catch (error) {
    return { name, problem: messageOf(error) };
  } finally {
    await db.close();
  }
}

/** Half the work of writing all of it to the log, for a server that never waits for its disk. Before 15 there is no other way. */
async function copyOfFiles(serverUrl: string): Promise<string> {
  const { rows } = await administer(serverUrl, 'show server_version_num');
  return Number(rows[0].server_version_num) >= 150_000 ? 'strategy file_copy' : '';
}

/** The clones are named after their template. */
async function dropDatabases(serverUrl: string, template: string): Promise<void> {
  const { rows } = await administer(
    serverUrl,
    `select datname from pg_database where datname like '${template}%'`,
  );
  for (const { datname } of rows)
    await administer(serverUrl, `drop database if exists ${datname} with (force)`);
}

async function administer(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
