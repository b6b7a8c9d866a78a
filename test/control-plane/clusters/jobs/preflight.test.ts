import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  Cloud,
  PreflightProblem,
  PreflightRequest,
} from '../../../../src/control-plane/clusters/clouds/cloud.ts';
import { runPreflight } from '../../../../src/control-plane/clusters/jobs/preflight.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { insertArtifact } from '../../../../src/control-plane/clusters/store/artifacts.sql.ts';
import { getCluster, setInfraId } from '../../../../src/control-plane/clusters/store/clusters.sql.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import type { NewJobEvent } from '../../../../src/control-plane/kernel/jobs/job.ts';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import type { TestServer } from '../../http/kit/server.ts';
import { awsStandard } from '../policy/example.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let account = '111111111111';
let problems: PreflightProblem[] = [];
let asked: PreflightRequest | undefined;
const events: NewJobEvent[] = [];

/** A cloud that says what the test wants to hear. */
const cloud: Cloud = {
  kind: 'sandbox',
  account: async () => account,
  find: async () => [],
  proposeOrphans: async () => [],
  installerCredentials: async () => ({ credentials: {}, extra: {} }),
  async preflight(request) {
    asked = request;
    return { account, principal: `arn:aws:iam::${account}:user/worker`, problems, notes: ['a note'] };
  },
};

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

async function rowOf(id: string) {
  const [row] = await installation.db.query(getCluster, { id, teams: null });
  if (!row) throw new Error(`no cluster ${id}`);
  return row;
}

async function check(id: string, siteProfile?: Profile): Promise<void> {
  const row = await rowOf(id);
  const profile = siteProfile ?? server.services.profiles.get(row.profile);
  if (!profile) throw new Error('no profile');
  const context = {
    signal: new AbortController().signal,
    db: installation.db,
    commit: installation.db.tx.bind(installation.db),
    event: (event: NewJobEvent) => void events.push(event),
    job: {
      id: 'job_1',
      resourceId: id,
      resourceName: 'demo',
      team: 'a',
      type: 'cluster.create',
      attempt: 1,
      maxAttempts: 3,
      fence: 1,
      deferrals: 0,
      payload: {},
      requestedBy: 'local:ann',
    },
    beginPhase() {},
    program: <T>(_name: string, work: (traceparent: string | undefined) => Promise<T>) => work(undefined),
    leaseRemainingMs: () => 1_000,
    flush: async () => {},
  };
  await runPreflight(context, cloud, row, profile);
}

async function reachCheckpoint(id: string, infraId: string): Promise<void> {
  await installation.db.query(setInfraId, { id, infraId, cloudAccount: account });
  await installation.db.query(insertArtifact, {
    id: newId('art'),
    clusterId: id,
    jobId: 'job_1',
    attempt: 1,
    fence: 1,
    artifactType: 'INSTALL_DIR_SNAPSHOT',
    uri: 'directory:a',
    sha256: '0'.repeat(64),
    sizeBytes: 1,
    infraId,
  });
}

test('records account and principal before anything is made, and tells the job’s log', async () => {
  const { cluster } = await createCluster(server, ann);
  await check(cluster.id);
  expect(await rowOf(cluster.id)).toMatchObject({
    cloudAccount: account,
    cloudPrincipal: 'arn:aws:iam::111111111111:user/worker',
  });
  expect(asked).toMatchObject({
    region: 'us-east-1',
    publish: 'External',
    controlPlane: { replicas: 3, instanceType: 'm6i.xlarge' },
    workers: { replicas: 0 },
    ownSubnets: false,
  });
  expect(events.map(({ message }) => message)).toEqual([
    'using account 111111111111 as arn:aws:iam::111111111111:user/worker',
    'a note',
  ]);
});

test('R3: R17: the cloud is told which subnets, hosted zone, roles and zones the profile names, and that workers are spot instances', async () => {
  const { cluster } = await createCluster(server, ann);
  const standard = awsStandard();
  const aws = {
    ...standard.platformConfig.aws,
    subnets: ['subnet-0a1b2c3d4e5f60718'],
    zones: ['us-east-1b'],
  };
  const compute = { ...standard.compute, workers: { ...standard.compute.workers, spot: true } };
  await check(cluster.id, { ...standard, compute, platformConfig: { aws } });
  expect(asked).toMatchObject({ ownSubnets: true, zones: ['us-east-1b'], workers: { spot: true } });
  // A destroy does not delete a zone and roles that the profile names.
  const worker = (machine: Record<string, string>) => [{ name: 'worker', platform: { aws: machine } }];
  const told = async (installConfig: Record<string, unknown>) => {
    await check(cluster.id, { ...standard, installConfig });
    return asked;
  };
  expect(await told({})).toMatchObject({ hostedZone: undefined, ownIam: undefined });
  const role = { iamRole: 'machines' };
  expect(await told({ compute: worker(role) })).toMatchObject({ ownIam: undefined });
  expect(await told({ platform: { aws: { defaultMachinePlatform: role } } })).toMatchObject({
    ownIam: 'roles',
  });
  const profile = { iamProfile: 'machines' };
  const controlPlane = { platform: { aws: profile } };
  expect(await told({ controlPlane, compute: worker(role) })).toMatchObject({ ownIam: 'roles' });
  expect(await told({ controlPlane, compute: worker(profile) })).toMatchObject({
    ownIam: 'instance profiles',
  });
  const hostedZone = 'Z0123456789ABCDEFGHIJ';
  await check(cluster.id, { ...standard, platformConfig: { aws: { ...aws, hostedZone } } });
  expect(asked).toMatchObject({ hostedZone: { id: hostedZone, role: undefined } });
  // A destroy needs the role for the zone of another account, whatever becomes of the profile.
  const hostedZoneRole = 'arn:aws:iam::444455556666:role/cluster-zones';
  await check(cluster.id, { ...standard, platformConfig: { aws: { ...aws, hostedZone, hostedZoneRole } } });
  expect(asked).toMatchObject({ hostedZone: { id: hostedZone, role: hostedZoneRole } });
  expect(await rowOf(cluster.id)).toMatchObject({ hostedZoneRole });
});

test('G2: no attempt follows in another account once one came to its checkpoint', async () => {
  const { cluster } = await createCluster(server, ann);
  await check(cluster.id);
  account = '222222222222';
  // Nothing can be in the first account: no attempt came to its checkpoint.
  await check(cluster.id);
  expect((await rowOf(cluster.id)).cloudAccount).toBe('222222222222');
  await reachCheckpoint(cluster.id, 'demo-aaaaa');
  account = '111111111111';
  await expect(check(cluster.id)).rejects.toMatchObject({ code: 'WRONG_ACCOUNT', retryable: false });
  expect((await rowOf(cluster.id)).cloudAccount).toBe('222222222222');
});

test('G1: the infraID is not recorded under another account than the preflight’s', async () => {
  const { cluster } = await createCluster(server, ann);
  await check(cluster.id);
  const row = { id: cluster.id, infraId: 'demo-bbbbb' };
  expect(await installation.db.query(setInfraId, { ...row, cloudAccount: '333333333333' })).toEqual([]);
  expect(await installation.db.query(setInfraId, { ...row, cloudAccount: account })).toHaveLength(1);
});

test('G18: counts the creates before it that have not taken their resources, so that the oldest gets through', async () => {
  const bob = await installation.person('bob', 'requester@b');
  const region = { region: 'us-west-1' };
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) ids.push((await createCluster(server, bob, region)).cluster.id);
  const elsewhere = await createCluster(server, bob, { region: 'us-west-2' });
  const counts = async (from = 0) => {
    const found: (number | undefined)[] = [];
    for (const id of [...ids, elsewhere.cluster.id].slice(from)) {
      await check(id);
      found.push(asked?.createsInFlight);
    }
    return found;
  };
  expect(await counts()).toEqual([0, 1, 2, 3, 0]);
  const [first = '', second = ''] = ids;
  await transitionThrough(installation.db, first, 'CREATING', 'READY');
  await transitionThrough(installation.db, second, 'CREATING');
  await reachCheckpoint(second, 'demo-ccccc');
  expect(await counts()).toEqual([0, 0, 1, 2, 0]);
  // What began a while ago is counted by the cloud itself.
  await installation.db.script(`
    alter table clusters disable trigger all;
    update clusters set updated_at = clock_now() - interval '16 minutes' where id = '${second}';
    alter table clusters enable trigger all;`);
  expect(await counts(2)).toEqual([0, 1, 0]);
});

test('G12: all problems are said, each with its hint; only what passes by itself is tried again', async () => {
  const { cluster } = await createCluster(server, ann);
  const reserved = { code: 'QUOTA_RESERVED', message: 'VPCs are reserved', hint: 'wait', retryable: true };
  const lasting = { code: 'QUOTA_SHORTFALL', message: 'no VPC left', hint: 'ask for more', retryable: false };
  problems = [reserved];
  await expect(check(cluster.id)).rejects.toMatchObject({
    code: 'QUOTA_RESERVED',
    retryable: true,
    exists: 'nothing',
  });
  problems = [reserved, lasting];
  await expect(check(cluster.id)).rejects.toMatchObject({
    code: 'QUOTA_SHORTFALL',
    message: 'VPCs are reserved (wait); no VPC left (ask for more)',
    retryable: false,
    exists: 'nothing',
  });
  problems = [];
});
