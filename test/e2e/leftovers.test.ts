import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import {
  findSecrets,
  type KnownSecret,
  privateKeysIn,
  type ScannedContent,
  scanFiles,
} from './find-secrets.ts';
import { openPostgresSite, openSite } from './open-site.ts';
import type { Finished, Site } from './site.ts';

const PROFILE = ['--profile', 'aws-minimal-test'];

/** Everything that a database holds: each row of each table as text, and the bytes of each bytea as they are. */
async function dumpOf(databaseUrl: string): Promise<ScannedContent[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const { rows: blobs } = await client.query<{ name: string; column: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name, quote_ident(column_name) as column
       from information_schema.columns where data_type = 'bytea' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const leftovers: ScannedContent[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string }>(`select t::text as text from ${name} t`);
      leftovers.push({ where: `table ${name}`, bytes: Buffer.from(rows.map(({ text }) => text).join('\n')) });
    }
    for (const { name, column } of blobs) {
      const { rows } = await client.query<{ bytes: Buffer }>(
        `select ${column} as bytes from ${name} where ${column} is not null`,
      );
      leftovers.push({ where: `${name}.${column}`, bytes: Buffer.concat(rows.map(({ bytes }) => bytes)) });
    }
    expect(tables.length).toBeGreaterThan(15);
    return leftovers;
  } finally {
    await client.end();
  }
}

/** A lifecycle with what can go wrong in it, as a user lives it; and the secrets of it. */
async function live(site: Site): Promise<{ wanted: KnownSecret[]; said: ScannedContent[] }> {
  const said: ScannedContent[] = [];
  const run = async (...argv: string[]): Promise<Finished> => {
    const finished = await site.cli(...argv);
    const { stdout, stderr } = finished;
    said.push({ where: `ocpctl ${argv.join(' ')}`, bytes: Buffer.from(stdout + stderr) });
    return finished;
  };
  const server = await site.start();
  expect(await run('create', 'demo', ...PROFILE, '--wait', '--json')).toMatchObject({ code: 0 });
  // Given out on purpose, so not among what was said.
  const kubeconfig = join(site.folder, 'kubeconfig-of-the-user');
  expect(await run('outputs', 'demo', '--kubeconfig', kubeconfig)).toMatchObject({ code: 0 });
  const password = (
    await site.cli('outputs', 'demo', '--kubeadmin-password', '--reason', 'a test')
  ).stdout.trim();
  expect(password).toMatch(/^(\w{5}-){3}\w{5}$/);
  await run('outputs', 'demo', '--json');
  await run('get', 'demo', '--json', '--debug');
  await run('logs', 'demo', '--json');
  await run('logs', 'demo', '--level', 'debug');
  await run('outputs', 'unknown', '--kubeadmin-password', '--reason', 'a mistake');
  await run('admin', 'secrets', 'rotate', '--wait', '--timeout', '100s');
  await run('destroy', 'demo', '--yes', '--wait', '--json');
  await run('admin', 'audit', 'export');
  expect(await run('admin', 'audit', 'verify')).toMatchObject({ code: 0 });
  const { contexts } = JSON.parse(readFileSync(join(site.folder, 'config', 'config.json'), 'utf8'));
  const keys = privateKeysIn(readFileSync(kubeconfig, 'utf8'));
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.every((key) => key.length >= 40)).toBe(true);
  await server.stop();
  const pullSecret = Buffer.from('sandbox:not-a-secret-of-any-registry').toString('base64');
  return {
    said,
    wanted: [
      { name: 'pull secret', value: pullSecret },
      { name: 'pull secret, decoded', value: 'not-a-secret-of-any-registry' },
      { name: 'kubeadmin password', value: password },
      ...keys.map((value, index) => ({ name: `kubeconfig key ${index}`, value })),
      { name: 'secret of the access key', value: String(contexts['local'].secretAccessKey) },
    ],
  };
}

/** What is on the disk, without what the user was given: their own context, and the file that they asked for. */
function onDisk(site: Site): ScannedContent[] {
  const given = [join(site.folder, 'config', 'config.json'), join(site.folder, 'kubeconfig-of-the-user')];
  return scanFiles(site.folder, (path) => given.includes(path));
}

describe('S25: G15: nothing that a whole lifecycle leaves behind holds a secret', () => {
  test('on PostgreSQL: logs, output, events, audit log, every column of every table, artifacts, work', async () => {
    const { site, databaseUrl } = await openPostgresSite({
      OCPCTL_KEY_ROTATION_INTERVAL_MS: '300',
      OCPCTL_LOG_LEVEL: 'debug',
    });
    const { wanted, said } = await live(site);
    const leftovers = [...said, ...onDisk(site), ...(await dumpOf(databaseUrl))];
    expect(findSecrets(wanted, leftovers)).toEqual([]);
    expect(leftovers.some(({ where }) => where.endsWith('.sealed'))).toBe(true);
    expect(
      leftovers.some(({ where, bytes }) => where.includes('job_events') && bytes.includes('Login')),
    ).toBe(true);
  });

  test('on PGlite: the same, with the files of the database', async () => {
    const site = openSite({ OCPCTL_KEY_ROTATION_INTERVAL_MS: '300', OCPCTL_LOG_LEVEL: 'debug' });
    const { wanted, said } = await live(site);
    const leftovers = [...said, ...onDisk(site)];
    expect(leftovers.filter(({ where }) => where.includes('/data/db/')).length).toBeGreaterThan(100);
    expect(findSecrets(wanted, leftovers)).toEqual([]);
  });
});

describe('the search itself', () => {
  test.each([
    ['plain', (value: string) => `password=${value};`],
    [
      'base64 within a longer text',
      (value: string) => Buffer.from(`x: ${value} and more`).toString('base64'),
    ],
    ['JSON in JSON', (value: string) => JSON.stringify({ text: JSON.stringify({ value }) })],
    ['URL', (value: string) => `?p=${encodeURIComponent(value)}`],
    ['hex', (value: string) => Buffer.from(value).toString('hex')],
  ])('finds a secret that is %s', (_name, hide) => {
    const secret = { name: 'it', value: 'pa"ss/wörd &=+ 0123456789' };
    const bytes = Buffer.from(hide(secret.value));
    expect(findSecrets([secret], [{ where: 'here', bytes }])[0]).toContain('here: it (');
  });
});
