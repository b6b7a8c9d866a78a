import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ClusterJobContext } from '../../../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import { OrphanSweepHandler } from '../../../../src/control-plane/clusters/jobs/orphan-sweep-handler.ts';
import { scanForOrphans } from '../../../../src/control-plane/clusters/orphans/scan.ts';
import { closeOrphan } from '../../../../src/control-plane/clusters/store/orphans.sql.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import type { JobContext } from '../../../../src/control-plane/kernel/jobs/job.ts';
import { ensureInstallationKey } from '../../../../src/control-plane/kernel/signing/installation-key.ts';
import { openSimulatedCloud } from '../../../../src/sandbox/cloud/simulated-cloud.ts';
import { createCluster, newName, postCluster } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';
import { tempDir } from '../installer/temp-dir.ts';

const INFRA_ID = 'lost-bcdfg';
const REGIONS = ['us-east-1', 'us-west-2'] as const;
const { signal } = new AbortController();
let installation: TestInstallation;
let server: TestServer;
let admin: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('root', 'platform_admin@*');
});
afterAll(() => installation.stop());

const simulated = () => openSimulatedCloud(join(installation.directory, 'cloud'), { caller: 'test' });
const left = async () => (await simulated().list()).map(({ id }) => id).sort();

async function plant(id: string, region: string, tags: Record<string, string> = {}): Promise<void> {
  const arn = `arn:aws:ec2:${region}:111122223333:vpc/${id}`;
  await simulated().create({
    ...{ id, arn, type: 'ec2:vpc', region, name: id, infraId: INFRA_ID },
    tags: {
      [`kubernetes.io/cluster/${INFRA_ID}`]: 'owned',
      InstallationId: 'ins_test',
      ClusterName: 'lost',
      ...tags,
    },
  });
}

beforeEach(async () => {
  for (const { id, infraId } of await simulated().list()) await simulated().remove({ id, infraId });
  await installation.db.script('delete from orphans');
  await plant('vpc-east', 'us-east-1');
  await plant('vpc-east-2', 'us-east-1');
  await plant('vpc-west', 'us-west-2');
});

const scan = () =>
  scanForOrphans(server.services, server.services.clouds.byKind('sandbox'), {
    signal,
    commit: (work) => installation.db.tx(work),
  });

/** A sweep of what two scans, a day apart, have seen. @returns the attempt of its job */
async function requestSweep(): Promise<JobContext> {
  const { db } = installation;
  await scan();
  await db.script(
    `update orphans set first_seen_at = first_seen_at - interval '25 hours', oldest_at = oldest_at - interval '25 hours'`,
  );
  await scan();
  const { text: listed } = await call(server, admin, { target: '/v1/admin/orphans' });
  const id: string = JSON.parse(listed).items[0].id;
  const { status, text } = await call(server, admin, {
    ...{ method: 'POST', target: '/v1/admin/orphans/sweep' },
    headers: { 'idempotency-key': newKey() },
    body: { orphans: [{ id, infraId: INFRA_ID }], reason: 'test' },
  });
  expect(status, text).toBe(202);
  const job = {
    ...{ id: JSON.parse(text).items[0].job.id, resourceId: id, resourceName: INFRA_ID, team: '' },
    ...{ type: 'orphan.sweep', attempt: 1, maxAttempts: 3, fence: 1, deferrals: 0 },
    ...{ payload: {}, requestedBy: 'local:root' },
  };
  return {
    ...{
      job,
      signal,
      db,
      commit: (work) => db.tx(work),
      event: () => {},
      beginPhase: () => {},
      program: (_name, work) => work(undefined),
    },
    ...{ leaseRemainingMs: () => 20_000, flush: async () => {} },
  };
}

/** Runs the sweep with an installer that removes the next region. @returns the regions in which it began */
async function sweep(afterFirst: () => Promise<unknown>): Promise<string[]> {
  const attempt = await requestSweep();
  const began: string[] = [];
  const guard = {
    async spawn() {
      const region = REGIONS[began.length] ?? '';
      began.push(region);
      for (const { id, infraId, region: where } of await simulated().list())
        if (where === region) await simulated().remove({ id, infraId });
      if (began.length === 1) await afterFirst();
      return { exited: Promise.resolve({ code: 0, signal: null, endedBy: 'itself' }) };
    },
  };
  const { clouds, profiles } = server.services;
  const context = {
    ...{ clouds, profiles, guard, clock: systemClock, workDir: await tempDir(), searchPath: '' },
    ...{ killAfterMs: 100, destroyTimeoutMs: 60_000, installerVariables: {}, version: '0.0.0' },
    installers: {
      forDestroy: async () => ({ file: 'openshift-install', prefixArgs: [], version: '4.20.3' }),
    },
    installationKey: () => ensureInstallationKey((work) => installation.db.tx(work), installation.secrets),
    host: { failureOf: async () => undefined },
    redactor: { register: () => {}, redactLine: (line: string) => line },
  } as unknown as ClusterJobContext;
  const { write } = await new OrphanSweepHandler(context, server.services)
    .run(attempt)
    .catch((error: Error) => {
      throw Object.assign(error, { began });
    });
  await installation.db.tx(async (tx) => write?.(tx));
  return began;
}

test('G2: a sweep removes region by region, and is over when the read-back found nothing; a scan meanwhile changes nothing', async () => {
  expect(await sweep(scan)).toEqual(REGIONS);
  expect(await left()).toEqual([]);
  const { text } = await call(server, admin, { target: '/v1/admin/orphans?status=SWEPT' });
  expect(JSON.parse(text).items).toMatchObject([
    { infraId: INFRA_ID, status: 'SWEPT', clusterName: 'lost', sightings: 2, resourceCount: 3 },
  ]);
});

test('G2: a scan that finds nothing while a sweep is under way leaves the end to the sweep', async () => {
  const statuses: string[] = [];
  await sweep(async () => {
    for (const { id, infraId } of await simulated().list()) await simulated().remove({ id, infraId });
    await scan();
    const { text } = await call(server, admin, { target: '/v1/admin/orphans' });
    const { items } = JSON.parse(text) as { items: { id: string; status: string }[] };
    statuses.push(...items.map(({ status }) => status));
    // As a scan does that began before the sweep.
    for (const { id } of items)
      expect(await installation.db.query(closeOrphan, { id, closedAs: 'GONE' })).toEqual([]);
  });
  expect(statuses).toEqual(['SWEEPING']);
  const { text } = await call(server, admin, { target: '/v1/admin/orphans?status=SWEPT' });
  expect(JSON.parse(text).items).toMatchObject([{ infraId: INFRA_ID, status: 'SWEPT' }]);
});

test('G5: no cluster is created with the name of what a sweep is removing: their DNS records could not be told apart', async () => {
  let during: Awaited<ReturnType<typeof postCluster>> | undefined;
  await sweep(async () => {
    await installation.db.script(`update orphans set base_domain = 'labs.example.com'`);
    during = await postCluster(server, admin, { name: 'lost' });
  });
  expect(during && parseProblem(during)).toMatchObject({ status: 409, code: 'NAME_TAKEN' });
});

const CHANGES: Readonly<Record<string, readonly [string, () => Promise<unknown>]>> = {
  'it is of another installation': [
    'ORPHAN_NOT_OURS',
    () => installation.db.script(`update orphans set ownership = 'FOREIGN'`),
  ],
  'an admin ignores it': [
    'ORPHAN_NOT_CONFIRMED',
    () => installation.db.script(`update orphans set ignored_at = clock_now(), ignored_by = 'local:root'`),
  ],
  'it is young and seen once': [
    'ORPHAN_NOT_CONFIRMED',
    () => installation.db.script(`update orphans set sightings = 1, first_seen_at = last_seen_at`),
  ],
  'something appears in the next region': ['ORPHAN_CHANGED', () => plant('vpc-new', 'us-west-2').then(scan)],
  'its tags name another installation': [
    'ORPHAN_NOT_OURS',
    () => plant('vpc-other', 'us-west-2', { InstallationId: 'ins_other' }),
  ],
  'a create of its name begins': [
    'ORPHAN_IN_USE',
    () => createCluster(server, admin, { name: 'lost', team: newName('team') }),
  ],
};

test.each(Object.entries(CHANGES))(
  'G5: a sweep stops before the next region when %s',
  async (_, [code, change]) => {
    await expect(sweep(change)).rejects.toMatchObject({
      ...{ code, retryable: false, began: ['us-east-1'] },
      message: expect.stringMatching(/; swept so far: us-east-1$/),
    });
    expect(await left()).toContain('vpc-west');
  },
);
