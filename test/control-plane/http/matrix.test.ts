import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadContract, type Operation } from '../../../src/control-plane/http/contract.ts';
import { ROLES, type Role } from '../../../src/control-plane/kernel/caller.ts';
import { registerTask } from '../../../src/control-plane/kernel/tasks/periodic-task.sql.ts';
import { type AppIds, insertApp } from './kit/app-rows.ts';
import { createCluster, newName } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, exchange, parseProblem, sign, type WireResponse } from './kit/requests.ts';
import { CONTRACT_FILE, type TestServer } from './kit/server.ts';

const CONTRACT = loadContract(CONTRACT_FILE);
const SIGNED = CONTRACT.filter(({ access }) => !['public', 'proof'].includes(access.scope));
/** What belongs to the installation belongs to no team, and is refused without a look at it. */
const OF_ONE = SIGNED.filter(({ url, access }) => url.includes(':id') && access.scope !== 'installation');

/** What makes each operation well-formed; the matrix fails for a new operation until it has an entry. */
const BODIES: Readonly<Record<string, () => unknown>> = {
  createCluster: () => ({ name: newName('matrix'), profile: 'aws-minimal-test' }),
  extendCluster: () => ({ byHours: 0.5 }),
  setKeepalive: () => ({ minutes: 15 }),
  scaleWorkers: () => ({ workers: 1 }),
  setClusterOffhours: () => ({ optIn: true }),
  setOffhours: () => ({
    ...{ team: 'a', timezone: 'UTC', start: '08:00', end: '19:00' },
    days: ['mon'],
  }),
  abandonCluster: () => ({ reason: 'matrix' }),
  setSandboxFaults: () => ({ presets: ['capacity'] }),
  openClusterCredential: () => ({ kind: 'kubeconfig', reason: 'matrix' }),
  setBudget: () => ({ team: 'matrix-budget', monthly: 100 }),
  addGrant: () => ({ principal: 'local:matrix', role: 'requester', team: 'matrix' }),
  createAccessKey: () => ({ principal: 'local:matrix' }),
  decideApproval: () => ({ decision: 'deny' }),
  addNotificationTarget: () => ({
    name: newName('matrix'),
    kind: 'webhook',
    url: 'https://example.com/hook',
  }),
  replayNotifications: () => ({}),
  ignoreOrphan: () => ({ ignored: true }),
  createEnvironment: () => ({ name: newName('matrix') }),
  extendEnvironment: () => ({ until: null }),
  setEnvironmentVariables: () => ({ set: { LEVEL: 'debug' } }),
  setServiceVariables: () => ({ set: { LEVEL: 'debug' } }),
  scaleService: () => ({ replicas: 1 }),
  createDatabase: () => ({ name: newName('matrix') }),
  destroyDatabase: () => ({ confirm: 'main' }),
  createVolume: () => ({ name: newName('matrix') }),
  destroyVolume: () => ({ confirm: 'data' }),
  setBackupSchedule: () => ({ schedule: 'weekly' }),
  restoreDatabaseBackup: () => ({ name: newName('matrix') }),
  putSourcePart: () => 'bytes',
  createDeployment: () => ({
    service: 'matrix',
    source: { sha256: 'a'.repeat(64), sizeBytes: 5, parts: 1 },
  }),
  sweepOrphans: () => ({ orphans: [{ id: ORPHANS[1], infraId: ORPHANS[1] }], reason: 'matrix' }),
};

/** Of two, so that the sweep of one changes nothing for the others. */
const ORPHANS = ['orp_00000000000000000000000001', 'orp_00000000000000000000000002'] as const;

/** What an operation needs in its query. */
const QUERIES: Readonly<Record<string, string>> = {
  getUsualDurations: '?type=CREATE',
  getOffhours: '?team=matrix-none',
  clearOffhours: '?team=matrix-none',
  removeBudget: '?team=matrix-none',
  removeGrant: '?principal=local%3Amatrix&role=requester&team=matrix',
  testAccess: '?principal=local%3Amatrix',
  revokeSessions: '?principal=local%3Amatrix',
};

/** Other than JSON. */
const MEDIA_TYPES: Readonly<Record<string, string>> = { putSourcePart: 'application/octet-stream' };

/** Those whose thing is not there when they are asked for it. */
const MISSING = [
  'openClusterCredential',
  'decideApproval',
  'removeGrant',
  'removeBudget',
  'getOffhours',
  'clearOffhours',
  'revokeAccessKey',
  'getDestroyProof',
  'getSweepProof',
  'getSigningKey',
  'removeNotificationTarget',
  'testNotificationTarget',
  'replayNotifications',
];

/** Those that a cluster or job can be in the wrong state for; by whom depends on who came before. */
const CONFLICTING = [
  'destroyCluster',
  'renewKeepalive',
  'scaleWorkers',
  'abandonCluster',
  'cancelJob',
  'retryJob',
  'rotateSecretKey',
  'createDeployment',
  'rollbackService',
  'scaleService',
  'restartService',
  'startRun',
  'destroyService',
  'destroyEnvironment',
  'extendEnvironment',
  'setEnvironmentVariables',
  'setServiceVariables',
  'createDatabase',
  'openDatabaseUrl',
  'rotateDatabase',
  'destroyDatabase',
  'createVolume',
  'destroyVolume',
  'setBackupSchedule',
  'createDatabaseBackup',
  'restoreDatabaseBackup',
  'verifyDatabaseBackup',
];

let installation: TestInstallation;
let server: TestServer;
let people: Record<Role, Person>;
let stranger: Person;
let strangeAdmin: Person;
type Ids = { cluster: string; job: string } & AppIds;
let ids: Ids;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 100, concurrentCreates: 100 } });
  people = {
    requester: await installation.person('requester', 'requester@a'),
    auditor: await installation.person('auditor', 'auditor@*'),
    platform_admin: await installation.person('admin', 'platform_admin@*'),
  };
  for (const id of ORPHANS)
    await installation.db.script(`
      insert into orphans (id, cloud, account, infra_id, platform, region, ownership, resources, daily_cost, oldest_at, first_seen_at, sightings)
      values ('${id}', 'sandbox', '1', '${id}', 'aws', 'us-east-1', 'OURS', '[]', 0, clock_now() - interval '3 days',
        clock_now() - interval '3 days', 2)`);
  stranger = await installation.person('stranger', 'requester@b');
  strangeAdmin = await installation.person('strange-admin', 'platform_admin@b');
  await installation.db.query(registerTask, { name: 'matrix-task', intervalMs: 60_000 });
});
afterAll(() => installation.stop());

function targetOf({ id, url }: Operation, given: Ids): string {
  const path = url
    .replace(':id', url.startsWith('/v1/admin/orphans') ? ORPHANS[0] : ':id')
    .replace('environments/:id', `environments/${given.environment}`)
    .replace('services/:id', `services/${given.service}`)
    .replace('deployments/:id', `deployments/${given.deployment}`)
    .replace('databases/:id', `databases/${given.database}`)
    .replace('volumes/:id', `volumes/${given.volume}`)
    .replace('backups/:id', `backups/${given.backup}`)
    .replace('runs/:id', `runs/${given.run}`)
    .replace(':sha256', 'a'.repeat(64))
    .replace(':part', '0')
    .replace(':id', url.startsWith('/v1/jobs') ? given.job : given.cluster)
    .replace(':keyId', 'OCPK0000000000000000')
    .replace(':name', url.startsWith('/v1/admin/tasks') ? 'matrix-task' : 'aws-minimal-test')
    .replace(':target', 'missing');
  return `${path}${QUERIES[id] ?? ''}`;
}

function ask(operation: Operation, person: Person, given = ids): Promise<WireResponse> {
  const { method, id } = operation;
  const mediaType = MEDIA_TYPES[id];
  const headers = mediaType === undefined ? {} : { 'content-type': mediaType };
  return call(server, person, { method, target: targetOf(operation, given), headers, body: BODIES[id]?.() });
}

/** G16: a command that succeeded has its event in the audit log, under its request id; one that makes an environment has two. */
async function expectAudited({ id }: Operation, { headers }: WireResponse): Promise<void> {
  const target = `/v1/admin/audit/events?requestId=${headers['x-request-id']}`;
  const { text } = await call(server, people.auditor, { target });
  const events: { status: string }[] = JSON.parse(text).items;
  expect([id, new Set(events.map(({ status }) => status))]).toEqual([id, new Set(['SUCCESS'])]);
}

async function freshCluster(): Promise<void> {
  const { cluster, job } = await createCluster(server, people.requester, { ttlHours: 1 });
  ids = { cluster: cluster.id, job: job.id, ...(await insertApp(installation.db, 'a')) };
}

test('S31: the contract gives each role exactly this', () => {
  const rights = Object.fromEntries(
    CONTRACT.map(({ id, access }) => [id, `${access.scope}: ${access.roles.join(' ')}`]),
  );
  expect(rights).toMatchSnapshot();
});

describe.each(SIGNED.map((operation) => ({ name: operation.id, operation })))(
  'S31: $name',
  ({ operation }) => {
    beforeAll(freshCluster);
    afterAll(async () => {
      await call(server, people.platform_admin, {
        method: 'POST',
        target: `/v1/clusters/${ids.cluster}/destroy`,
      });
    });

    // Readers first: a destroy would change what the others see.
    test.each([...ROLES].reverse())('as the contract says for a %s', async (role) => {
      const answer = await ask(operation, people[role]);
      if (operation.access.scope === 'self') {
        // Everybody who is known may; that lasting keys are no session to end is another matter.
        expect(answer.status).toBe(operation.id === 'endSession' ? 409 : 200);
      } else if (operation.access.roles.includes(role)) {
        expect([200, 201, 202, 404, 409]).toContain(answer.status);
        // 404 is only right where the thing itself is not there: a pending cluster has no credentials, no one has that key.
        if (answer.status === 404) expect(MISSING).toContain(operation.id);
        if (answer.status === 409) expect(CONFLICTING).toContain(operation.id);
        if (operation.needsIdempotencyKey && answer.status < 300) await expectAudited(operation, answer);
      } else {
        expect(answer.status).toBe(403);
        expect(parseProblem(answer)).toMatchObject({
          code: 'FORBIDDEN',
          errors: [{ code: 'ROLE_MISSING', allowed: operation.access.roles }],
        });
      }
    });

    test('S7: is 401 without a signature', async () => {
      const body = BODIES[operation.id]?.();
      const answer = await exchange(server, {
        method: operation.method,
        target: targetOf(operation, ids),
        headers: {
          'content-type': MEDIA_TYPES[operation.id] ?? 'application/json',
          'idempotency-key': 'x'.repeat(16),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      expect(parseProblem(answer)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    });

    test('is 403 for a principal without any grant, unless it is about that very principal', async () => {
      const answer = await ask(operation, await installation.person(`unknown-${operation.id}`));
      if (operation.access.scope === 'self') expect([200, 409]).toContain(answer.status);
      else expect(answer.status).toBe(403);
    });
  },
);

describe.each(OF_ONE.map((operation) => ({ name: operation.id, operation })))(
  'S1: $name',
  ({ operation }) => {
    beforeAll(freshCluster);

    test('G14, A10: answers a foreign id like one that does not exist', async () => {
      const foreigner = operation.access.roles.includes('requester') ? stranger : strangeAdmin;
      const unknown = {
        cluster: 'clu_00000000000000000000000000',
        job: 'job_00000000000000000000000000',
        environment: 'env_00000000000000000000000000',
        service: 'svc_00000000000000000000000000',
        deployment: 'dep_00000000000000000000000000',
        database: 'dbs_00000000000000000000000000',
        volume: 'vol_00000000000000000000000000',
        backup: 'bkp_00000000000000000000000000',
        run: 'run_00000000000000000000000000',
      };
      const [foreign, missing] = await Promise.all([
        ask(operation, foreigner),
        ask(operation, foreigner, unknown),
      ]);
      expect(foreign.status).toBe(404);
      expect(anonymous(foreign)).toEqual(anonymous(missing));
      // The proof that it was there all the time.
      for (const target of [
        `/v1/clusters/${ids.cluster}`,
        `/v1/app/environments/${ids.environment}`,
        `/v1/app/services/${ids.service}`,
        `/v1/app/deployments/${ids.deployment}`,
        `/v1/app/databases/${ids.database}`,
        `/v1/app/volumes/${ids.volume}`,
        `/v1/app/backups/${ids.backup}`,
        `/v1/app/runs/${ids.run}`,
      ])
        expect((await call(server, people.requester, { target })).status).toBe(200);
    });
  },
);

/** An answer without what differs between any two requests. */
function anonymous({ status, headers, text }: WireResponse) {
  const { requestId, ...problem } = parseProblem({ status, headers, text });
  const {
    date: _date,
    ratelimit: _left,
    'content-length': length,
    'x-request-id': echoed,
    ...others
  } = headers;
  expect(echoed).toBe(requestId);
  return {
    status,
    others,
    length,
    problem: JSON.stringify(problem).replace(/(clu|job|env|svc|dep|dbs|vol|bkp|run)_[0-9a-z]{26}/g, '$1_ID'),
  };
}

test('G10: a key is needed for every mutation', async () => {
  await freshCluster();
  const mutations = SIGNED.filter(({ needsIdempotencyKey }) => needsIdempotencyKey);
  expect(mutations.length).toBeGreaterThan(8);
  for (const operation of mutations) {
    const { method, id } = operation;
    const target = targetOf(operation, ids);
    const request = await sign(server, people.platform_admin, { method, target, body: BODIES[id]?.() });
    expect([id, parseProblem(await exchange(server, request))]).toMatchObject([
      id,
      { status: 400, code: 'IDEMPOTENCY_KEY_MISSING', errors: [{ field: 'idempotency-key' }] },
    ]);
  }
});

test('S32: an auditor gets 403 on every operation that is not a GET, but for what concerns itself alone', async () => {
  await freshCluster();
  const changing = SIGNED.filter(({ method, access }) => method !== 'GET' && access.scope !== 'self');
  for (const operation of changing) {
    expect([operation.id, (await ask(operation, people.auditor)).status]).toEqual([operation.id, 403]);
  }
});

test('S7: only the health checks answer without a signature', async () => {
  const open = CONTRACT.filter(({ access }) => access.scope === 'public').map(({ url }) => url);
  expect(open).toEqual(['/healthz', '/readyz']);
  for (const target of open) {
    expect((await exchange(server, { method: 'GET', target, headers: {} })).status).toBe(200);
  }
  const elsewhere = await exchange(server, { method: 'GET', target: '/v1/nowhere', headers: {} });
  expect(elsewhere.status).toBe(401);
});

test('403: who may see a cluster, but not act on it, is told so', async () => {
  await freshCluster();
  const both = await installation.person('both', 'auditor@*', 'requester@b');
  for (const id of [
    'destroyCluster',
    'abandonCluster',
    'extendCluster',
    'openClusterCredential',
    'cancelJob',
    'retryJob',
  ]) {
    const operation = SIGNED.find((candidate) => candidate.id === id);
    if (!operation) throw new Error(`${id} is gone`);
    expect(parseProblem(await ask(operation, both))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  }
});

test('G14: what belongs to the whole installation needs the role in all teams, on every route', async () => {
  const local = await installation.person('admin-of-a', 'auditor@a', 'platform_admin@a');
  const operations = SIGNED.filter(({ access }) => access.scope === 'installation');
  expect(operations.length).toBeGreaterThan(5);
  for (const operation of operations) {
    expect([operation.id, parseProblem(await ask(operation, local))]).toMatchObject([
      operation.id,
      { status: 403, code: 'FORBIDDEN', errors: [{ code: 'TEAM_MISSING', allowed: ['*'] }] },
    ]);
  }
});

test('S31: the access test says of each role and operation what the routes do', async () => {
  await freshCluster();
  for (const role of ROLES) {
    const target = `/v1/admin/access?principal=${encodeURIComponent(people[role].principal)}`;
    const { items } = JSON.parse((await call(server, people.auditor, { target })).text);
    const said = Object.fromEntries(
      items.map(({ operation, allowed }: { operation: string; allowed: boolean }) => [operation, allowed]),
    );
    const done = await Promise.all(
      SIGNED.map(async (operation) => [operation.id, (await ask(operation, people[role])).status !== 403]),
    );
    const open = CONTRACT.filter((operation) => !SIGNED.includes(operation)).map(({ id }) => [id, true]);
    expect(said).toEqual(Object.fromEntries([...open, ...done]));
  }
});
