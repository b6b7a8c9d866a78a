import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCluster, getJob, history, untilStatus } from './clusters.ts';
import { openPostgresSite, useServer } from './open-site.ts';

const PROFILE = 'aws-minimal-test';

describe('a create that fails', () => {
  const server = useServer();

  test('a lack of capacity, once: the retry begins in a proven empty cloud, and nothing is doubled', async () => {
    const { site, client } = server();
    await site.setFaults(
      { stage: 'machines', kind: 'fail', failure: 'InsufficientInstanceCapacity', times: 1 },
      { stage: 'start', kind: 'slow', seconds: 0.2, match: { command: 'destroy cluster' } },
    );
    const { cluster, job } = await createCluster(client, { name: 'retried', profile: PROFILE });
    const ready = await untilStatus(client, cluster.id, 'READY');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    const { cluster: plain } = await createCluster(client, { name: 'plain', profile: PROFILE });
    const { infraId } = await untilStatus(client, plain.id, 'READY');
    const resources = [...(await site.cloud('retried')), ...(await site.cloud('plain'))];
    expect(new Set(resources.map((resource) => resource.infraId))).toEqual(new Set([ready.infraId, infraId]));
    const typesOf = (id: string | null) =>
      resources
        .filter((each) => each.infraId === id)
        .map(({ type }) => type)
        .sort();
    expect(typesOf(ready.infraId)).toEqual(typesOf(infraId));
    const commands = site.installerCommands(cluster);
    expect(commands.filter((command) => command === 'destroy cluster')).toHaveLength(1);
    expect(site.overlaps()).toEqual([]);
  });

  test('R4: a session that expires in the middle: the next attempt, with a new one, succeeds', async () => {
    const { site, client } = server();
    await site.setFaults({ stage: 'machines', kind: 'fail', failure: 'ExpiredToken', times: 1 });
    const { cluster, job } = await createCluster(client, { name: 'expired', profile: PROFILE });
    const { infraId } = await untilStatus(client, cluster.id, 'READY', 'FAILED', 'DESTROYED');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    const left = await site.cloud('expired');
    expect(new Set(left.map((resource) => resource.infraId))).toEqual(new Set([infraId]));
  });

  test('G3: a failure for good orders its own destroy, and the cloud is empty', async () => {
    const { site, client } = server();
    await site.setFaults({ stage: 'infrastructure', kind: 'fail', failure: 'UnauthorizedOperation' });
    const { cluster, job } = await createCluster(client, { name: 'refused', profile: PROFILE });
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(await history(client, cluster.id)).toEqual([
      'PENDING',
      'CREATING',
      'FAILED',
      'DESTROYING',
      'DESTROYED',
    ]);
    const { status, attempt, error } = await getJob(client, job.id);
    expect([status, attempt]).toEqual(['FAILED', 1]);
    expect(await site.cloud('refused')).toEqual([]);
    const { data } = await client.GET('/v1/clusters/{id}', { params: { path: { id: cluster.id } } });
    expect(data.lastOperation).toMatchObject({ type: 'DESTROY', status: 'SUCCEEDED', error: null });
    expect(data.lastFailure).toMatchObject({ jobId: job.id, type: 'CREATE', ...error });
  });

  test('L3: G3: attempts that are spent end the same way', async () => {
    const { site, client } = server();
    await site.setFaults({ stage: 'machines', kind: 'fail', failure: 'InsufficientInstanceCapacity' });
    const { cluster, job } = await createCluster(client, { name: 'spent', profile: PROFILE });
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'FAILED', attempt: 3 });
    expect(await site.cloud('spent')).toEqual([]);
    expect(site.overlaps()).toEqual([]);
  });

  test('one that never reached the cloud is FAILED with a cause, needs no destroy, and its name is free', async () => {
    const { site, client } = server();
    await site.cli('sandbox', 'faults', 'set', 'quota', '--cluster', 'nothing');
    const failed = await site.cli('create', 'nothing', '--profile', PROFILE, '--wait');
    expect(failed.code).toBe(10);
    expect(failed.stderr).toContain('quota');
    const { data } = await client.GET('/v1/clusters', { params: { query: { name: 'nothing' } } });
    expect(data.items).toMatchObject([{ status: 'FAILED' }]);
    for (const cluster of data.items)
      expect(site.installerCommands(cluster)).not.toContain('destroy cluster');
    await site.cli('sandbox', 'faults', 'clear');
    expect(await site.cli('create', 'nothing', '--profile', PROFILE, '--wait')).toMatchObject({ code: 0 });
  });

  test('L3: G3: --on-failure preserve keeps what exists, and the deadline ends it', async () => {
    const { site, client, moveClock } = server();
    await site.setFaults({ stage: 'infrastructure', kind: 'fail', failure: 'UnauthorizedOperation' });
    const request = { name: 'kept', profile: PROFILE, onFailure: 'preserve', ttlHours: 8 } as const;
    const { cluster } = await createCluster(client, request);
    const failed = await untilStatus(client, cluster.id, 'FAILED');
    const kept = await site.cloud('kept');
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every(({ infraId }) => infraId === failed.infraId)).toBe(true);
    await site.setFaults();
    await moveClock('9 hours');
    const destroyed = await untilStatus(client, cluster.id, 'DESTROYED');
    expect(destroyed.lastOperation).toMatchObject({ type: 'JANITOR_DESTROY', status: 'SUCCEEDED' });
    expect(await site.cloud('kept')).toEqual([]);
  });

  test('L1: G1: without a durable checkpoint nothing is created in the cloud', async () => {
    const { site } = await openPostgresSite();
    const client = site.client(await site.start({ args: ['--role', 'api,janitor'] }));
    // A file in place of the store's folder: not even root can write into it.
    writeFileSync(join(site.dataDir, 'artifacts'), 'not a folder');
    const { cluster, job } = await createCluster(client, { name: 'unwritable', profile: PROFILE });
    await site.start({ args: ['--role', 'worker'] });
    await untilStatus(client, cluster.id, 'DESTROYED', 'FAILED', 'DESTROY_FAILED');
    const { data } = await client.GET('/v1/jobs/{id}/events', { params: { path: { id: job.id } } });
    const phases = new Set(data.items.map(({ phase }) => phase));
    expect(phases).toContain('checkpoint');
    expect(phases).not.toContain('provision');
    expect(site.installerCommands(cluster)).not.toContain('create cluster');
    expect(await site.cloud()).toEqual([]);
  });
});
