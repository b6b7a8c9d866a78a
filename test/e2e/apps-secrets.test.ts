import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppService } from '../../src/contract/documents.ts';
import { findPostgres } from '../../src/control-plane/apps/databases/postgres/postgres-programs.ts';
import { type AppsSite, useAppsSite } from './apps-site.ts';
import { findSecrets, type KnownSecret, type ScannedContent, scanFiles } from './find-secrets.ts';

/** A build or a start takes longer. */
const SAMPLE_MS = 50;

const apps = useAppsSite();

/** Answers which token and database it has, by their hashes, and writes both: those of a program that logs too much. */
const program = (fails: string) => `
  const { createHash } = require('node:crypto');
  const { TOKEN, DATABASE_URL } = process.env;
  console.log('begins with ' + TOKEN);
  console.error(new Error('cannot reach ' + DATABASE_URL));
  ${fails}
  const hash = (text) => createHash('sha256').update(text ?? '').digest('hex');
  require('node:http').createServer((request, response) => {
    response.end(hash(TOKEN) + ' ' + hash(DATABASE_URL));
  }).listen(Number(process.env.PORT), '127.0.0.1');
`;
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** Looks at the arguments of every process again and again. @returns what ends it, and says which had a secret */
function watchArguments(secrets: readonly KnownSecret[]): () => string[] {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const argv of ofAllProcesses('cmdline').values())
      for (const { name, value } of secrets) if (argv.includes(value)) seen.add(`${name}: ${argv}`);
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return [...seen];
  };
}

/** @returns the arguments of each process that has a secret in its environment */
function programsWith(secrets: readonly KnownSecret[]): string[] {
  const argvOf = ofAllProcesses('cmdline');
  return [...ofAllProcesses('environ')]
    .filter(([, environment]) => secrets.some(({ value }) => environment.includes(value)))
    .map(([pid]) => (argvOf.get(pid) ?? '').replaceAll('\0', ' ').trim());
}

function ofAllProcesses(file: 'cmdline' | 'environ'): Map<string, string> {
  return new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          return [[pid, readFileSync(`/proc/${pid}/${file}`, 'utf8')] as const];
        } catch {
          // It ended meanwhile, or is of another user.
          return [];
        }
      }),
  );
}

/** Every row of every table, as text. */
async function tablesOf(site: AppsSite): Promise<ScannedContent[]> {
  const tables = await site.rows<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  return Promise.all(
    tables.map(async ({ name }) => {
      const rows = await site.rows<{ text: string }>(`select t::text as text from ${name} t`);
      return { where: `table ${name}`, bytes: Buffer.from(rows.map(({ text }) => text).join('\n')) };
    }),
  );
}

test('P10, A5: a secret variable and the password of a database are nowhere but in the service itself, and a rollback restores the old value', async (context) => {
  if ((await findPostgres(process.env['PATH'] ?? '')) === undefined) {
    process.stderr.write(
      'SKIPPED secrets of applications: PostgreSQL is not installed; NO secret was looked for\n',
    );
    context.skip('PostgreSQL is not installed');
  }
  const site = apps();
  const printed: ScannedContent[] = [];
  const run = async (argv: readonly string[], code = 0) => {
    const finished = await site.cli(argv, code);
    printed.push({ where: argv.join(' '), bytes: Buffer.from(finished.stdout + finished.stderr) });
    return finished;
  };
  const source = (name: string, fails = '') =>
    site.source(name, {
      'package.json': JSON.stringify({
        name: 'vault',
        private: true,
        scripts: { build: `echo "built with $TOKEN"`, start: 'node server.js' },
      }),
      'server.js': program(fails),
    });

  await run(['app', 'env', 'create', 'default']);
  await run(['app', 'db', 'create', 'main']);
  const url = (await site.cli(['app', 'db', 'url', 'main'])).stdout.trim();
  const tokens = ['old', 'new'].map((name) => ({
    name,
    value: `${name}-${randomBytes(16).toString('hex')}`,
  }));
  const [oldToken = '', newToken = ''] = tokens.map(({ value }) => value);
  const secrets = [...tokens, { name: 'password', value: new URL(url).password }];
  const stopWatching = watchArguments(secrets);

  const file = join(site.site.folder, 'variables');
  const importVariables = async (token: string) => {
    writeFileSync(file, `TOKEN=${token}\nDATABASE_URL=\${db.main.URL}\n`);
    await run(['app', 'var', 'import', 'vault', '-f', file]);
    rmSync(file);
  };
  const serves = async ({ url: address }: AppService) => (await site.ask({ url: address })).text;

  const live = await site.json<AppService>('app', 'deploy', source('vault'), '--name', 'vault');
  await importVariables(oldToken);
  await run(['app', 'deploy', source('vault'), '--name', 'vault']);
  expect(await serves(live)).toBe(`${hashOf(oldToken)} ${hashOf(url)}`);
  await importVariables(newToken);
  await run(['app', 'deploy', source('changed', '/* changed */'), '--name', 'vault']);
  expect(await serves(live)).toBe(`${hashOf(newToken)} ${hashOf(url)}`);
  const failed = await run(
    ['app', 'deploy', source('broken', 'throw new Error(TOKEN + DATABASE_URL);'), '--name', 'vault'],
    10,
  );
  await run(['app', 'logs', 'vault', '--build']);
  expect(failed.stderr).toContain('cannot reach [redacted]');
  expect(await serves(live)).toBe(`${hashOf(newToken)} ${hashOf(url)}`);
  await run(['app', 'rollback', 'vault', '--release', '2']);
  expect(await serves(live)).toBe(`${hashOf(oldToken)} ${hashOf(url)}`);

  expect(programsWith(secrets).filter((argv) => argv !== 'node server.js')).toStrictEqual([]);
  for (const argv of [
    'app get vault',
    'app logs vault',
    'app var list vault',
    'app db get main',
    'app get vault --json',
    'app logs vault --json',
    'app list --json',
    'app releases vault --json',
    'app var list vault --json',
    'app env list --json',
    'app db list --json',
    'app db get main --json',
    'jobs list --json',
    'admin audit list --json',
  ])
    await run(argv.split(' '));
  const jobs = await site.rows<{ id: string }>('select id from jobs');
  for (const { id } of jobs) {
    const params = { path: { id } };
    printed.push(
      ...[
        await site.client.GET('/v1/jobs/{id}', { params }),
        await site.client.GET('/v1/jobs/{id}/events', { params: { ...params, query: { limit: 1_000 } } }),
      ].map(({ data }) => ({ where: `job ${id}`, bytes: Buffer.from(JSON.stringify(data)) })),
    );
  }
  expect(stopWatching()).toStrictEqual([]);
  expect(printed.filter(({ bytes }) => bytes.includes('begins with')).length).toBeGreaterThan(1);
  expect(findSecrets(secrets, printed)).toStrictEqual([]);
  expect(findSecrets(secrets, await tablesOf(site))).toStrictEqual([]);
  // What the program itself wrote is on the host as it wrote it, in a folder that only the server enters, until the instance is removed.
  const isRawLog = (path: string) => /\/runtime\/instances\/[^/]+\/log-\d+\.ndjson$/.test(path);
  const files = [...scanFiles(site.site.folder), ...scanFiles(site.appDir, isRawLog)];
  expect(findSecrets(secrets, files)).toStrictEqual([]);
}, 600_000);
