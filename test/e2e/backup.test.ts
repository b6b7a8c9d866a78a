import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../setup/database.ts';
import { findPostgresBinaries } from '../setup/postgres-binaries.ts';
import { createCluster, untilStatus } from './clusters.ts';
import { openPostgresSite, openSite, SHORT_LEASE } from './open-site.ts';
import type { Site } from './site.ts';

const SCRIPTS = new URL('../../deploy/backup/', import.meta.url).pathname;
const TOOLS = findPostgresBinaries(tmpdir());
/** The packaged binaries are a server without client programs. */
const hasClientPrograms = existsSync(join(TOOLS, 'pg_dump'));
if (!hasClientPrograms)
  process.stdout.write('NOT RUN: the backup of PostgreSQL, since pg_dump is not installed\n');

/** Destroys every cluster of a restored installation as a user would. @returns what is left in the cloud */
async function destroyAll(site: Site, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const destroyed = await site.cli('destroy', name, '--yes', '--wait');
    expect(destroyed).toMatchObject({ code: 0 });
    const proof = join(site.folder, `${name}.proof.json`);
    const id = JSON.parse((await site.cli('list', '--all', '--json')).stdout).items.find(
      (cluster: { name: string }) => cluster.name === name,
    ).id;
    writeFileSync(proof, (await site.cli('get', id, '--proof')).stdout);
    expect(await site.cli('proof', 'verify', proof)).toMatchObject({ code: 0 });
  }
  return (await site.cli('sandbox', 'resources', '-o', 'name')).stdout;
}

test('G11: an embedded installation that was killed, backed up and restored elsewhere destroys every cluster with proof', async () => {
  const site = openSite(SHORT_LEASE);
  const first = await site.start();
  const client = site.client(first);
  const ready = await createCluster(client, { name: 'first', profile: 'aws-minimal-test' });
  await untilStatus(client, ready.cluster.id, 'READY');
  const archive = join(site.folder, 'backup.tar.gz');

  const inside = await site.cli('server', 'backup', join(site.dataDir, 'b.tar.gz'));
  expect(inside).toMatchObject({ code: 1, stderr: expect.stringContaining('which is what is backed up') });
  const whileRunning = await site.cli('server', 'backup', archive);
  expect(whileRunning.code).toBe(1);
  expect(whileRunning.stderr).toContain(`in use by process ${first.pid}`);
  expect(existsSync(archive)).toBe(false);

  const cut = await createCluster(client, { name: 'second', profile: 'aws-minimal-test' });
  await untilStatus(client, cut.cluster.id, 'CREATING');
  await first.kill();

  const made = await site.cli('server', 'backup', archive, '--json');
  expect(made).toMatchObject({ code: 0 });
  expect(JSON.parse(made.stdout)).toMatchObject({ data: archive, keys: `${archive}.keys` });
  for (const file of [archive, `${archive}.keys`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await site.cli('server', 'backup', archive);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') });

  const elsewhere = join(site.folder, 'elsewhere');
  const keys = ['--keys', `${archive}.keys`];
  const restored = await site.cli('server', 'restore', archive, ...keys, '--data', elsewhere, '--json');
  expect(restored).toMatchObject({ code: 0 });
  const mixed = await site.cli('server', 'restore', archive, ...keys, '--data', elsewhere);
  expect(mixed).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });

  await site.start({ args: ['--data', elsewhere] });
  expect(await destroyAll(site, ['first', 'second'])).toBe('');
});

test('a backup and a restore that are stopped by SIGTERM leave nothing', async () => {
  const site = openSite();
  await (await site.start()).stop();
  const stopped = async (argv: readonly string[], sign: string) => {
    const before = readdirSync(site.folder, { recursive: true }).sort();
    const changes = watch(site.folder);
    const { child, finished } = site.command(['server', ...argv]);
    for await (const { filename } of changes) if (filename?.includes(sign)) break;
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await finished;
    expect({ code, stdout }, stderr).toEqual({ code: 143, stdout: '' });
    expect(stderr).toContain('complete; nothing is left of it');
    expect(readdirSync(site.folder, { recursive: true }).sort()).toEqual(before);
  };
  const archive = join(site.folder, 'backup.tar.gz');
  await stopped(['backup', archive], 'backup.tar.gz.partial');
  expect(await site.cli('server', 'backup', archive)).toMatchObject({ code: 0 });
  const target = ['--keys', `${archive}.keys`, '--data', join(site.folder, 'target')];
  await stopped(['restore', archive, ...target], 'target.restoring-');
});

test('a damaged backup, and one of PostgreSQL, are refused, and nothing is left of the restore', async () => {
  const site = openSite();
  await (await site.start()).stop();
  const archive = join(site.folder, 'backup.tar.gz');
  expect(await site.cli('server', 'backup', archive)).toMatchObject({ code: 0 });
  const bytes = readFileSync(archive);
  const damaged = join(site.folder, 'damaged.tar.gz');
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0xff, bytes.length >> 1);
  writeFileSync(damaged, bytes);

  const target = join(site.folder, 'target');
  const refused = await site.cli('server', 'restore', damaged, '--keys', `${archive}.keys`, '--data', target);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('snapshot') });
  const swapped = await site.cli('server', 'restore', `${archive}.keys`, '--keys', archive, '--data', target);
  expect(swapped).toMatchObject({ code: 1, stderr: expect.stringContaining('is not the data archive') });
  const without = await site.cli('server', 'restore', archive, '--data', target);
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('no key file') });
  const other = openSite();
  await (await other.start()).stop();
  const others = join(other.folder, 'other.tar.gz');
  expect(await other.cli('server', 'backup', others)).toMatchObject({ code: 0 });
  const wrong = await site.cli('server', 'restore', archive, '--keys', `${others}.keys`, '--data', target);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('is without the key kek_') });
  const absent = join(site.folder, 'absent');
  const missing = await site.cli('server', 'restore', archive, '--keys', absent, '--data', target);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining(absent) });
  expect(readdirSync(site.folder).filter((name) => name.startsWith('target'))).toEqual([]);

  const postgres = { DATABASE_URL: 'postgres://127.0.0.1:1/none' };
  const ofPostgres = await site.command(['server', 'backup', join(site.folder, 'b')], postgres).finished;
  expect(ofPostgres).toMatchObject({ code: 1, stderr: expect.stringContaining('embedded database only') });
});

test.skipIf(!hasClientPrograms)(
  'G11: an installation on PostgreSQL that was backed up while it served is restored into another database',
  async () => {
    const { site } = await openPostgresSite();
    const first = await site.start();
    const client = site.client(first);
    const { cluster } = await createCluster(client, { name: 'first', profile: 'aws-minimal-test' });
    await untilStatus(client, cluster.id, 'READY');
    const [dump, keys] = [join(site.folder, 'dump'), join(site.folder, 'keys')];
    const path = { PATH: `${TOOLS}:${process.env['PATH']}` };
    const backedUp = await site.run(join(SCRIPTS, 'backup-postgresql.sh'), [dump, keys], path);
    expect(backedUp).toMatchObject({ code: 0 });
    const elsewhereOnly = {
      ...path,
      OCPCTL_DATA_DIR: join(site.folder, 'absent'),
      OCPCTL_KEY_DIR: join(site.dataDir, 'keys'),
    };
    const [partial, partialKeys] = [join(site.folder, 'partial'), join(site.folder, 'partial-keys')];
    const without = await site.run(
      join(SCRIPTS, 'backup-postgresql.sh'),
      [partial, partialKeys],
      elsewhereOnly,
    );
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining('has no artifacts') });
    expect(readdirSync(site.folder).filter((name) => name.startsWith('partial'))).toEqual([]);
    await first.kill();

    const empty = await createTestDatabase({ empty: true });
    try {
      const elsewhere = join(site.folder, 'elsewhere');
      const target = { DATABASE_URL: empty.url, OCPCTL_DATA_DIR: elsewhere };
      const restore = () =>
        site.run(join(SCRIPTS, 'restore-postgresql.sh'), [dump, keys], { ...path, ...target });
      expect(await restore()).toMatchObject({ code: 0 });
      expect(await restore()).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') });
      // The simulated cloud is not of the backup: it is where the clusters are.
      await site.run('cp', ['-R', site.cloudDir, join(elsewhere, 'sandbox-cloud')]);
      await site.start({ env: target });
      expect(await destroyAll(site, ['first'])).toBe('');
    } finally {
      for (const server of site.servers) await server.kill();
      await empty.drop();
    }
  },
);
