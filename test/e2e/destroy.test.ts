import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCluster, destroyCluster, getJob, history, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { openPostgresSite, useServer } from './open-site.ts';
import type { Site } from './site.ts';

const PROFILE = 'aws-minimal-test';

/** What the artifact store holds, as names. */
const artifacts = ({ dataDir }: Site): string[] =>
  readdirSync(join(dataDir, 'artifacts'), { recursive: true, encoding: 'utf8' }).sort();

describe('destroy', () => {
  const server = useServer();

  test('G6: during CREATING the installer is stopped first, also one that ignores SIGTERM', async () => {
    const { site, client } = server();
    const create = { match: { command: 'create cluster' } };
    await site.setFaults(
      { stage: 'start', kind: 'ignore-signals', ...create },
      { stage: 'start', kind: 'stubborn-children', ...create },
      { stage: 'machines', kind: 'hang' },
    );
    const { cluster, job } = await createCluster(client, { name: 'changed-mind', profile: PROFILE });
    await eventually('half of the machines exist', async () =>
      (await site.cloud('changed-mind')).some(({ type }) => type === 'ec2:instance'),
    );
    expect(site.installers().length).toBeGreaterThan(0);
    await destroyCluster(client, cluster.id);
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'CANCELLED' });
    expect(await history(client, cluster.id)).toEqual(['PENDING', 'CREATING', 'DESTROYING', 'DESTROYED']);
    expect(site.installers()).toEqual([]);
    expect(site.overlaps()).toEqual([]);
    expect(await site.cloud('changed-mind')).toEqual([]);
  });

  test('of a PENDING cluster before any worker took it: DESTROYED at once, and its create never runs', async () => {
    const { site } = await openPostgresSite();
    const client = site.client(await site.start({ args: ['--role', 'api,janitor'] }));
    const { cluster, job } = await createCluster(client, { name: 'never', profile: PROFILE });
    const ordered = await destroyCluster(client, cluster.id);
    expect(ordered.cluster.status).toBe('DESTROYED');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'CANCELLED', attempt: 0 });
    await site.start({ args: ['--role', 'worker'] });
    const { cluster: next } = await createCluster(client, { name: 'never', profile: PROFILE });
    await untilStatus(client, next.id, 'READY');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'CANCELLED', attempt: 0 });
  });

  test('asked for twice gets the same job', async () => {
    const { site, client } = server();
    await site.setFaults({ stage: 'destroy', kind: 'slow', seconds: 1 });
    const { cluster } = await createCluster(client, { name: 'twice', profile: PROFILE });
    await untilStatus(client, cluster.id, 'READY');
    const [first, second] = await Promise.all([
      destroyCluster(client, cluster.id),
      destroyCluster(client, cluster.id),
    ]);
    expect(first.job?.id).toBeDefined();
    expect(second.job?.id).toBe(first.job?.id);
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(site.overlaps()).toEqual([]);
  });

  test('L11: L16: G2: a residue is listed and the cluster DESTROY_FAILED; removed by hand, destroy again proves it gone', async () => {
    const { site, client } = server();
    const { cluster } = await createCluster(client, { name: 'residue', profile: PROFILE });
    const { infraId } = await untilStatus(client, cluster.id, 'READY');
    await site.setFaults({ stage: 'destroy', kind: 'leak', types: ['ec2:vpc'] });
    const failed = await site.cli('destroy', 'residue', '--yes', '--wait');
    expect(failed.code).toBe(10);
    const residue = await site.cloud('residue');
    expect(residue.map(({ type }) => type)).toEqual(['ec2:vpc']);
    expect(failed.stderr).toContain(residue[0]?.id);
    const shown = await site.cli('get', 'residue');
    expect(shown.stdout).toContain('DESTROY_FAILED');
    expect(shown.stdout).toContain(residue[0]?.id);

    const early = await site.cli('get', 'residue', '--proof');
    expect(early).toMatchObject({ code: 3, stdout: '' });
    expect(early.stderr).toContain('Cluster residue has no proof: it is DESTROY_FAILED.');

    for (const { id } of residue) await site.removeFromCloud(id);
    expect(await site.cli('destroy', 'residue', '--yes', '--wait')).toMatchObject({ code: 0 });
    const proof = join(site.folder, 'proof.json');
    const key = join(site.folder, 'key.pem');
    writeFileSync(proof, (await site.cli('get', 'residue', '--proof')).stdout);
    writeFileSync(key, (await site.cli('proof', 'key')).stdout);
    const verified = await site.cli('proof', 'verify', proof, '--key', key, '--json');
    expect(verified.code, verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      subject: [{ name: cluster.id }, { name: `install directory of ${infraId}` }],
      predicate: {
        cluster: { id: cluster.id, infraIds: [infraId] },
        readBack: { found: [], asked: [{ question: 'listing the simulated cloud', times: 2 }] },
      },
    });
    // A copy of the file with one letter changed.
    writeFileSync(proof, readFileSync(proof, 'utf8').replace('"payload": "ey', '"payload": "fy'));
    expect(await site.cli('proof', 'verify', proof, '--key', key)).toMatchObject({ code: 11 });
    expect(await history(client, cluster.id)).toEqual([
      'PENDING',
      'CREATING',
      'READY',
      'DESTROYING',
      'DESTROY_FAILED',
      'DESTROYING',
      'DESTROYED',
    ]);
  });

  test('L11: G2: a destroy that says success and did nothing is not believed', async () => {
    const { site, client } = server();
    const { cluster } = await createCluster(client, { name: 'blind', profile: PROFILE });
    await untilStatus(client, cluster.id, 'READY');
    const before = await site.cloud('blind');
    await site.setFaults({ stage: 'destroy', kind: 'blind' });
    await destroyCluster(client, cluster.id);
    const failed = await untilStatus(client, cluster.id, 'DESTROY_FAILED', 'DESTROYED');
    expect(failed).toMatchObject({ status: 'DESTROY_FAILED', lastOperation: { error: { code: 'RESIDUE' } } });
    expect(await site.cloud('blind')).toEqual(before);
  });

  test('R1: an uninstall that failed although nothing is left is DESTROYED, with a warning and in the proof', async () => {
    const { site, client } = server();
    const { cluster } = await createCluster(client, { name: 'by-hand', profile: PROFILE });
    await untilStatus(client, cluster.id, 'READY');
    for (const { id } of await site.cloud('by-hand')) await site.removeFromCloud(id);
    await site.setFaults({ stage: 'destroy', kind: 'fail', failure: 'DestroyFailed' });
    await destroyCluster(client, cluster.id);
    await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
    const log = await site.cli('logs', 'by-hand', '--json');
    expect(log.stdout).toContain('nothing is left, although the uninstall failed: ');
    const { payload } = JSON.parse((await site.cli('get', 'by-hand', '--proof')).stdout);
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
    expect(statement.predicate).toMatchObject({ uninstall: 'failed', readBack: { found: [] } });
  });

  test('L12: G4: when the last attempt of a destroy has failed, all that another one needs is still there; and after it, too', async () => {
    const { site, client } = server();
    const { cluster } = await createCluster(client, { name: 'stubborn', profile: PROFILE });
    await untilStatus(client, cluster.id, 'READY');
    const stored = artifacts(site);
    await site.setFaults({ stage: 'destroy-half', kind: 'fail', failure: 'DestroyFailed' });
    const { job } = await destroyCluster(client, cluster.id);
    await untilStatus(client, cluster.id, 'DESTROY_FAILED', 'DESTROYED');
    expect(await getJob(client, job?.id ?? '')).toMatchObject({ status: 'FAILED', attempt: 3 });
    expect(artifacts(site)).toEqual(expect.arrayContaining(stored));

    await site.setFaults();
    const again = await site.cli('destroy', 'stubborn', '--yes', '--wait');
    expect(again).toMatchObject({ code: 0 });
    expect((await site.cli('logs', again.stdout.match(/job_\w+/)?.[0] ?? 'stubborn')).stdout).toContain(
      'restored from the newest snapshot',
    );
    expect(await site.cloud('stubborn')).toEqual([]);
    expect(artifacts(site)).toEqual(expect.arrayContaining(stored));
  });

  test('L14: G2: resources that listings show only later are waited for', async () => {
    const { site } = await openPostgresSite({ OCPCTL_SANDBOX_SETTLE_MS: '4000' });
    const client = site.client(await site.start());
    await site.setFaults(
      { stage: 'start', kind: 'late', seconds: 3, match: { command: 'create cluster' } },
      { stage: 'machines', kind: 'fail', failure: 'UnauthorizedOperation' },
    );
    const { cluster } = await createCluster(client, { name: 'late', profile: PROFILE });
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(await site.cloud()).toEqual([]);
  });
});
