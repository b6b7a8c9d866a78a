import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { countRows, executeSql } from '../chaos/sql.ts';
import { linkToDatabase } from '../setup/database-link.ts';
import { createCluster, getCluster, getJob, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { openPostgresSite, openSite } from './open-site.ts';

const PROFILE = 'aws-minimal-test';
const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

describe('a server that cannot start says why', () => {
  test('N16: a second one on the same embedded database is refused and harms nothing; after a kill the next one says that it recovers', async () => {
    const site = openSite();
    const first = await site.start();
    const client = site.client(first);
    const { cluster } = await createCluster(client, { name: 'mine', profile: PROFILE });
    const second = site.spawnServer();
    expect(await second.exited).toBe(1);
    expect(second.log()).toContain(`${first.pid}`);
    expect(second.log()).toMatch(/Error: .*(in use|another|owned|held)/);
    expect(second.log()).not.toMatch(/^ +at /m);
    await untilStatus(client, cluster.id, 'READY');
    await first.kill();
    const recovered = await site.start();
    expect(await getCluster(site.client(recovered), cluster.id)).toMatchObject({ status: 'READY' });
    const STARTING = 'starting the embedded database';
    expect(first.log()).toContain(`"${STARTING}"`);
    expect(recovered.log()).toMatch(
      new RegExp(`"${STARTING}; it was not shut down properly, recovery in progress"[^]*"server started"`),
    );
  });

  test('a port in use', async () => {
    const { site } = await openPostgresSite();
    const { url } = await site.start();
    const second = site.spawnServer({ listen: new URL(url).host });
    expect(await second.exited).toBe(1);
    expect(second.log()).toContain(`port ${new URL(url).port} on 127.0.0.1 is in use`);
    expect(second.log()).toContain('Hint: ');
  });

  test('a database of a newer version', async () => {
    const { site, databaseUrl } = await openPostgresSite();
    await executeSql(
      databaseUrl,
      "insert into schema_migrations (version, name, sha256) values (99, 'from_the_future', repeat('0', 64))",
    );
    const server = site.spawnServer();
    expect(await server.exited).toBe(1);
    expect(server.log()).toContain('newer than this ocpctl');
    expect(server.log()).toContain('Hint: ');
    expect(await countRows(databaseUrl, 'schema_migrations')).toBeGreaterThan(1);
  });

  test('a data folder of a newer version', async () => {
    const site = openSite();
    await (await site.start()).stop();
    const versionFile = join(site.dataDir, 'db', 'pgdata', 'PG_VERSION');
    const version = readFileSync(versionFile, 'utf8');
    writeFileSync(versionFile, '99\n');
    const server = site.spawnServer();
    expect(await server.exited).toBe(1);
    expect(server.log()).toContain('was created by PostgreSQL 99');
    writeFileSync(versionFile, version);
    await site.start();
  });
});

describe('N13: a server that starts while PostgreSQL is away', () => {
  test('waits for it and says so', async () => {
    const { site, databaseUrl } = await openPostgresSite();
    const link = await linkToDatabase(databaseUrl);
    onTestFinished(link.close);
    await link.cut();
    const server = site.spawnServer({ env: { DATABASE_URL: link.url } });
    await eventually('it waits', async () => server.log().includes('waiting for the database'));
    expect(server.log()).not.toContain('server started');
    await link.restore();
    await server.ready();
    expect(server.log().match(/waiting for the database/g)).toHaveLength(1);
  });

  test('ends with exit code 7 when the time is over; with 1 at once when the database does not exist', async () => {
    const { site, databaseUrl } = await openPostgresSite();
    const away = site.spawnServer({
      env: { DATABASE_URL: 'postgresql://ocpctl@127.0.0.1:1/clusters' },
      args: ['--database-wait', '1s'],
    });
    const unknown = new URL(databaseUrl);
    unknown.pathname = '/no_such_database';
    const wrong = site.spawnServer({ env: { DATABASE_URL: unknown.href } });
    expect(await away.exited).toBe(7);
    expect(away.log()).toContain(
      'cannot use the PostgreSQL server: connect ECONNREFUSED 127.0.0.1:1 (waited 1s)',
    );
    expect(away.log()).toContain('Hint: check that the database runs');
    expect(await wrong.exited).toBe(1);
    expect(wrong.log()).toContain('database "no_such_database" does not exist');
    expect(wrong.log()).not.toContain('waiting for the database');
  });
});

describe('N13: a signal before the server is ready ends it at once', () => {
  const AWAY = { DATABASE_URL: 'postgresql://ocpctl@127.0.0.1:1/clusters' };
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s while it waits for the database: exit code %i', async (signal, code) => {
    const server = openSite().spawnServer({ env: AWAY });
    await eventually('it waits', async () => server.log().includes('waiting for the database'));
    server.signal(signal);
    expect(await server.exited).toBe(code);
    expect(server.log()).toMatch(/^Stopped before the server was ready\.$/m);
  });

  test.skipIf(!canUnshare)('also as the first process of a container', async () => {
    const launcher = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const server = openSite().spawnServer({ env: AWAY, launcher });
    await eventually('it waits', async () => server.log().includes('waiting for the database'));
    process.kill(childOf(server.pid), 'SIGTERM');
    expect(await server.exited).toBe(143);
  });

  test('a parent that dies while it starts', async () => {
    const { site } = await openPostgresSite();
    const server = site.spawnServer();
    server.child.disconnect();
    expect(await server.exited).toBe(0);
    expect(server.log()).toContain('Shutting down');
  });
});

test('V5: a server whose context cannot be saved ends before it says that it has started', async () => {
  const { site } = await openPostgresSite();
  writeFileSync(join(site.folder, 'file'), '');
  const server = site.spawnServer({ env: { OCPCTL_CONFIG_DIR: join(site.folder, 'file', 'config') } });
  expect(await server.exited).toBe(1);
  expect(server.log()).toMatch(/^Error: cannot open .*config\.json: not a directory$/m);
  expect(server.log()).not.toMatch(/server started|bug/);
});

describe('leaving', () => {
  test('Ctrl-C in `create --wait` detaches with 130 and says how to return; the job goes on', async () => {
    const { site } = await openPostgresSite();
    const client = site.client(await site.start());
    await site.setFaults({ stage: 'machines', kind: 'slow', seconds: 3 });
    const { child, finished } = site.command(['create', 'detached', '--profile', PROFILE, '--wait']);
    await eventually(
      'the installer is at work',
      async () => (await readFaults(site.cloudDir)) && (await site.cloud()).length > 0,
    );
    child.kill('SIGINT');
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain('ocpctl wait detached --for ready');
    const { data } = await client.GET('/v1/clusters', { params: { query: { name: 'detached' } } });
    await untilStatus(client, data.items[0]?.id ?? '', 'READY');
  });

  test('L22: SIGTERM: the server drains, the running create ends by itself, and the exit code is 0', async () => {
    const { site } = await openPostgresSite();
    const server = await site.start();
    await site.setFaults({ stage: 'machines', kind: 'slow', seconds: 2 });
    const { cluster, job } = await createCluster(site.client(server), { name: 'drained', profile: PROFILE });
    await eventually('the installer is at work', async () => (await site.cloud()).length > 0);
    expect(await server.stop()).toBe(0);
    expect(site.installers()).toEqual([]);
    const client = site.client(await site.start());
    expect(await getCluster(client, cluster.id)).toMatchObject({ status: 'READY' });
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  });

  test('L22: a drain that is over gives the job back without counting the attempt, and leaves no process', async () => {
    const { site } = await openPostgresSite();
    const server = await site.start({ args: ['--drain-timeout', '1s'] });
    await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
    const { cluster, job } = await createCluster(site.client(server), {
      name: 'handed-on',
      profile: PROFILE,
    });
    await eventually('the installer hangs', async () =>
      (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
    );
    expect(await server.stop()).toBe(0);
    expect(site.installers()).toEqual([]);
    const client = site.client(await site.start());
    const { infraId } = await untilStatus(client, cluster.id, 'READY');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    expect((await site.cloud()).every((resource) => resource.infraId === infraId)).toBe(true);
    expect(site.overlaps()).toEqual([]);
  });
});
