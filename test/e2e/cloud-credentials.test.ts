import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listInfraIds } from '../../src/control-plane/clusters/store/artifacts.sql.ts';
import { listCloudCredentials } from '../../src/control-plane/clusters/store/cloud-credentials.sql.ts';
import { type FaultInput, readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, destroyCluster, getCluster, getJob, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { openPostgresSite, type PostgresSite, SHORT_LEASE } from './open-site.ts';
import type { Site } from './site.ts';

/** What ccoctl makes on each platform, and no uninstall removes. */
const PLATFORMS = [
  {
    profile: 'ibm-minimal-test',
    settings: {},
    identities: { 'iam:service-id': 5 },
    uninstalled: 'is:vpc',
    written: ['manifests/openshift-machine-api-ibmcloud-credentials-credentials.yaml'],
  },
  {
    profile: 'aws-minimal-test',
    settings: { OCPCTL_AWS_CREDENTIALS_MODE: 'Manual' },
    identities: { 's3:bucket': 1, 'iam:oidc-provider': 1, 'iam:role': 5 },
    uninstalled: 'ec2:vpc',
    written: [
      'manifests/openshift-machine-api-aws-cloud-credentials-credentials.yaml',
      'manifests/cluster-authentication-02-config.yaml',
      'tls/bound-service-account-signing-key.key',
    ],
  },
] as const;

const ALL_IDENTITIES: readonly string[] = ['iam:service-id', 's3:bucket', 'iam:oidc-provider', 'iam:role'];

/** Waits until a fault has struck. */
async function struck(site: Site): Promise<void> {
  await eventually('the fault strikes', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
}

async function counts(site: Site, infraId?: string | null): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const resource of await site.cloud()) {
    if (infraId !== undefined && resource.infraId !== infraId) throw new Error(`left over: ${resource.arn}`);
    found[resource.type] = (found[resource.type] ?? 0) + 1;
  }
  return found;
}

/** API and worker apart, so that the worker can be killed. */
async function openApart(settings: NodeJS.ProcessEnv) {
  const opened = await openPostgresSite({ ...settings, ...SHORT_LEASE });
  const client = opened.site.client(await opened.site.start({ args: ['--role', 'api,janitor'] }));
  const startWorker = () => opened.site.start({ args: ['--role', 'worker'] });
  return { ...opened, client, startWorker, worker: await startWorker() };
}

const infraIdsOf = async (db: PostgresSite['db'], clusterId: string) =>
  (await db.query(listInfraIds, { clusterId })).map(({ infraId }) => infraId);

describe.each(PLATFORMS)(
  'credentials mode Manual with $profile',
  ({ profile, settings, identities, written }) => {
    test('L4: G1: while ccoctl works its undo is durable; G2, G7: killed there, the retry leaves nothing of it', async () => {
      const { site, db, client, worker, startWorker } = await openApart(settings);
      await site.setFaults({ stage: 'credentials', kind: 'hang', times: 1 });
      const { cluster, job } = await createCluster(client, { name: 'killed', profile });
      await struck(site);
      const half = await counts(site);
      expect(Object.keys(half).every((type) => ALL_IDENTITIES.includes(type))).toBe(true);
      const [infraId] = await infraIdsOf(db, cluster.id);
      expect(infraId).toMatch(/^killed-/);
      const recorded = await db.query(listCloudCredentials, { clusterId: cluster.id });
      expect(recorded).toMatchObject([{ infraId, secretRefs: expect.any(Array) }]);
      await worker.kill();
      await startWorker();
      const ready = await untilStatus(client, cluster.id, 'READY', 'DESTROYED', 'DESTROY_FAILED');
      expect(ready).toMatchObject({ status: 'READY' });
      expect(ready.infraId).not.toBe(infraId);
      expect((await getJob(client, job.id)).attempt).toBeGreaterThan(1);
      expect(await counts(site, ready.infraId)).toMatchObject(
        profile === 'aws-minimal-test' ? { ...identities, 'iam:role': 7 } : identities,
      );
      expect(site.overlaps()).toEqual([]);
    });

    test('G2: killed between ccoctl and the ignition configs, then destroyed: nothing stays', async () => {
      const { site, client, worker, startWorker } = await openApart(settings);
      await site.setFaults({ stage: 'ignition', kind: 'hang', times: 1 });
      const { cluster, job } = await createCluster(client, { name: 'unwanted', profile });
      await struck(site);
      const install = join(site.dataDir, 'work', job.id, 'attempt-1', 'install');
      for (const file of written) expect(statSync(join(install, file)).mode & 0o077, file).toBe(0);
      expect(readdirSync(join(install, 'ccoctl')).sort()).toEqual(['credentials-requests', 'output']);
      await worker.kill();
      await destroyCluster(client, cluster.id);
      await startWorker();
      await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
      expect(await site.cloud()).toEqual([]);
    });
  },
);

describe('credentials mode Manual on IBM Cloud', () => {
  const [{ profile, settings, identities, uninstalled }] = PLATFORMS;

  test('as a user does it: the cluster gets identities of its own, and G2: they go with it', async () => {
    const { site } = await openPostgresSite(settings);
    await site.start();
    expect(await site.cli('create', 'manual', '--profile', profile, '--wait')).toMatchObject({ code: 0 });
    expect(await counts(site)).toMatchObject(identities);
    expect(await site.cli('destroy', 'manual', '--yes', '--wait')).toMatchObject({ code: 0 });
    expect(await site.cloud()).toEqual([]);
    expect(site.overlaps()).toEqual([]);
  });

  test('G2: killed while ccoctl deletes, the destroy goes on', async () => {
    const { site, client, worker, startWorker } = await openApart(settings);
    const { cluster } = await createCluster(client, { name: 'going', profile });
    await untilStatus(client, cluster.id, 'READY', 'FAILED');
    await site.setFaults({ stage: 'credentials-delete', kind: 'hang', times: 1 });
    const { job } = await destroyCluster(client, cluster.id);
    await struck(site);
    expect(await counts(site)).not.toHaveProperty(uninstalled);
    expect(await site.cloud()).not.toEqual([]);
    await worker.kill();
    await startWorker();
    await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
    expect(await getJob(client, job?.id ?? '')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await site.cloud()).toEqual([]);
  });

  test('L14: G2: what ccoctl does not delete makes the cluster DESTROY_FAILED by name, and another destroy ends it', async () => {
    const { site } = await openPostgresSite(settings);
    const client = site.client(await site.start());
    const { cluster } = await createCluster(client, { name: 'leaky', profile });
    const { infraId } = await untilStatus(client, cluster.id, 'READY', 'FAILED');
    const leak: FaultInput = { stage: 'credentials-delete', kind: 'leak', types: Object.keys(identities) };
    await site.setFaults(leak);
    await destroyCluster(client, cluster.id);
    const failed = await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
    expect(failed).toMatchObject({
      status: 'DESTROY_FAILED',
      lastOperation: { error: { code: 'RESIDUE' } },
    });
    expect(failed.lastOperation?.error?.message).toContain(Object.keys(identities).at(-1));
    expect(await counts(site, infraId)).toEqual(identities);
    await site.setFaults();
    await destroyCluster(client, cluster.id);
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(await site.cloud()).toEqual([]);
  });

  test('L2: L18: G4: without any snapshot the database alone is enough to remove them', async () => {
    const { site, db } = await openPostgresSite(settings);
    const client = site.client(await site.start());
    const { cluster } = await createCluster(client, { name: 'amnesia', profile });
    await untilStatus(client, cluster.id, 'READY', 'FAILED');
    rmSync(join(site.dataDir, 'artifacts'), { recursive: true });
    await destroyCluster(client, cluster.id);
    await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
    expect(await site.cloud()).toEqual([]);
    expect(await db.query(listCloudCredentials, { clusterId: cluster.id })).toEqual([]);
  });
});

describe('credentials mode Manual on AWS', () => {
  const [, { profile, settings }] = PLATFORMS;

  test('G3: ccoctl may not do it: the create says why and what to do, is not tried again, and cleans up after itself', async () => {
    const { site } = await openPostgresSite(settings);
    const client = site.client(await site.start());
    await site.setFaults({ stage: 'credentials', kind: 'fail' });
    const { cluster, job } = await createCluster(client, { name: 'forbidden', profile });
    const ended = async () =>
      ['DESTROYED', 'DESTROY_FAILED'].includes((await getCluster(client, cluster.id)).status);
    await eventually('it is undone', ended, { withinMs: 180_000 });
    const { status, error, attempt } = await getJob(client, job.id);
    expect({ status, attempt, error }).toMatchObject({
      status: 'FAILED',
      attempt: 1,
      error: { code: 'PERMISSIONS_INSUFFICIENT' },
    });
    expect(error?.message).toContain('403 Forbidden');
    expect(error?.message).toContain('extend its policy');
    expect(await site.cloud()).toEqual([]);
  });

  test('G2: ccoctl is throttled: tried again, after what the first attempt made is undone', async () => {
    const { site } = await openPostgresSite(settings);
    const client = site.client(await site.start());
    await site.setFaults({ stage: 'credentials', kind: 'fail', failure: 'Throttling', times: 1 });
    const { cluster, job } = await createCluster(client, { name: 'hurried', profile });
    const { infraId } = await untilStatus(client, cluster.id, 'READY', 'FAILED', 'DESTROYED');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    expect((await site.cloud()).every((resource) => resource.infraId === infraId)).toBe(true);
  });
});
