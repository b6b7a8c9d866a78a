import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ClusterJobContext } from '../../../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import { ScaleHandler } from '../../../../src/control-plane/clusters/jobs/scale-handler.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { reclaimExpiredLeasesTask } from '../../../../src/control-plane/kernel/jobs/job-tasks.ts';
import { runTask } from '../../../setup/run-task.ts';
import { createCluster, endJob, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';
import { eventsOf, jobOf } from '../../worker/job-rows.ts';
import { cuttable } from '../../worker/override-db.ts';
import { openWorkerFixture, type WorkerFixture } from '../../worker/worker-fixture.ts';
import { StandInApi } from '../kubernetes/stand-in-api.ts';

const INTERVALS = { relistMs: 50, gatherMs: 1, reportAfterMs: 0 };
/** Long enough to be stopped by something else. */
const NEVER = 10;
/** 300 ms. */
const SOON = 0.005;

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let fixture: WorkerFixture;
let api: StandInApi;

beforeAll(async () => {
  // Its first load in a test takes seconds, in which no heartbeat is sent: the short lease of the worker would end.
  await import('@kubernetes/client-node');
  installation = await createTestInstallation();
  server = await installation.server({
    teamLimits: { activeClusters: 200, concurrentCreates: 200, createsPerHour: 200 },
  });
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());
beforeEach(async () => {
  fixture = await openWorkerFixture(installation.db);
});
afterEach(async () => {
  await fixture.close();
  await api.stop();
});

const listScaled = statement({
  name: 'test.list_scaled_events',
  text: `select data from notification_events where subject = $1 and type = 'cluster.scaled'`,
  params: { subject: 'text' },
  row: { data: 'jsonb' },
});

interface Scale {
  readonly id: string;
  readonly jobId: string;
}

/** A READY cluster of aws-standard with three workers in three sets, and a request for another number. */
async function requestScale(workers: number, request = {}): Promise<Scale> {
  const { cluster, job } = await createCluster(server, ann, { profile: 'aws-standard', ...request });
  await endJob(installation.db, job.id);
  await installation.db.script(
    `update job_locks set head = tail + 1, ready_at = null where resource_id = '${cluster.id}'`,
  );
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  const secret = { ownerId: cluster.id, kind: 'kubeconfig' };
  await installation.secrets.put(installation.db, secret, Buffer.from(api.kubeconfig));
  const target = `/v1/clusters/${cluster.id}/scale-workers`;
  const answer = await call(server, ann, { method: 'POST', target, body: { workers } });
  if (answer.status !== 202) throw new Error(answer.text);
  return { id: cluster.id, jobId: JSON.parse(answer.text).job.id };
}

async function startWorker(minutes = NEVER, db: Db = installation.db): Promise<void> {
  const { secrets, queue } = server.services;
  const redactor = { register() {}, redactLine: (line: string) => line };
  const context = {
    secrets,
    queue,
    redactor,
    clock: systemClock,
    scaleTimeoutMinutes: minutes,
  };
  await fixture
    .worker([new ScaleHandler(context as unknown as ClusterJobContext, INTERVALS)], {
      db,
      pollMs: 20,
      leaseMs: 3_000,
    })
    .start();
}

async function clusterOf(id: string) {
  return JSON.parse((await call(server, ann, { target: `/v1/clusters/${id}` })).text);
}

const messagesOf = (jobId: string) => eventsOf(installation.db, jobId);

const threeSets = () => StandInApi.start(['w-a', 'w-b', 'w-c'], [1, 1, 1]);

describe('a scale', () => {
  test('G9: spreads the workers, waits for their nodes and ends READY', async () => {
    api = await threeSets();
    api.addSet('infra', 2, 'infra');
    const { id, jobId } = await requestScale(5);
    expect(await clusterOf(id)).toMatchObject({ status: 'READY', workerReplicas: 3, requestedWorkers: 5 });
    await startWorker();
    await fixture.until(jobId, 'SUCCEEDED');
    expect(['w-a', 'w-b', 'w-c', 'infra'].map((name) => api.replicasOf(name))).toEqual([2, 2, 1, 2]);
    expect(await clusterOf(id)).toMatchObject({
      ...{ status: 'READY', workerReplicas: 5, requestedWorkers: 5 },
      lastOperation: { type: 'SCALE_WORKERS', status: 'SUCCEEDED' },
    });
    const { items } = JSON.parse(
      (await call(server, ann, { target: `/v1/clusters/${id}/transitions` })).text,
    );
    expect(items.slice(-2)).toMatchObject([
      { to: 'SCALING', jobId },
      { to: 'READY', jobId },
    ]);
  });

  test('to the number that is there changes nothing and succeeds', async () => {
    api = await threeSets();
    const { id, jobId } = await requestScale(3);
    await startWorker();
    await fixture.until(jobId, 'SUCCEEDED');
    expect(api.requests.filter((request) => request.startsWith('PATCH'))).toEqual([]);
    expect(await installation.db.query(listScaled, { subject: id })).toEqual([]);
  });

  test('to 0 removes all workers and tells who waits for it', async () => {
    api = await StandInApi.start(['w-a', 'w-b', 'w-c'], [1, 1, 0]);
    const { id, jobId } = await requestScale(0, { profile: 'aws-minimal-test', workers: 2 });
    await startWorker();
    await fixture.until(jobId, 'SUCCEEDED');
    expect(api.objects.machines.size).toBe(0);
    expect(await clusterOf(id)).toMatchObject({ status: 'READY', workerReplicas: 0, requestedWorkers: 0 });
    expect(await installation.db.query(listScaled, { subject: id })).toMatchObject([
      { data: { status: 'READY', from: 2, to: 0, workerReplicas: 0 } },
    ]);
  });

  test('reads again and repeats after a conflict', async () => {
    api = await threeSets();
    const { jobId } = await requestScale(6);
    let conflicts = 0;
    api.behaviour = {
      intercept: ({ method }) => (method === 'PATCH' && conflicts++ < 2 ? { status: 409 } : undefined),
    };
    await startWorker();
    await fixture.until(jobId, 'SUCCEEDED');
    expect(conflicts).toBeGreaterThan(2);
    expect(['w-a', 'w-b', 'w-c'].map((name) => api.replicasOf(name))).toEqual([2, 2, 2]);
  });

  test('goes on when its watches are too old, and when the API server is away for a while', async () => {
    api = await threeSets();
    api.watchesExpire = true;
    api.behaviour = { newMachine: (name, set) => api.machine(name, set, { phase: 'Provisioning' }) };
    const { id, jobId } = await requestScale(4);
    await startWorker();
    await waitFor(async () => (await messagesOf(jobId)).includes('3 of 4 workers ready'));
    api.behaviour = { intercept: () => ({ status: 503 }) };
    await waitFor(async () => (await messagesOf(jobId)).some((text) => text.includes('does not answer')));
    api.behaviour = {};
    const [late] = api.machinesOf('w-a').slice(-1);
    api.put('machines', api.runningMachine(late ?? '', 'w-a'));
    await fixture.until(jobId, 'SUCCEEDED');
    expect((await clusterOf(id)).workerReplicas).toBe(4);
  });

  test('ends, and can be cancelled, when its watches are accepted and never answered', async () => {
    api = await threeSets();
    api.behaviour = {
      isIgnored: ({ url }) => url?.includes('watch=true') === true,
      newMachine: (name, set) => api.machine(name, set, { phase: 'Provisioning' }),
    };
    const { jobId } = await requestScale(4);
    await startWorker();
    await waitFor(async () => (await messagesOf(jobId)).includes('3 of 4 workers ready'));
    await call(server, ann, { method: 'POST', target: `/v1/jobs/${jobId}/cancel` });
    await fixture.until(jobId, 'CANCELLED');
  });

  test('G17: the cost follows the workers from the time when they exist, and the past keeps its rate', async () => {
    api = await threeSets();
    const { id, jobId } = await requestScale(10);
    const before = await clusterOf(id);
    await startWorker();
    await fixture.until(jobId, 'SUCCEEDED');
    const after = await clusterOf(id);
    expect(after.hourlyCost).toBeGreaterThan(before.hourlyCost * 2);
    // Begun a moment ago: with the new rate for its whole life it would have cost several times as much.
    await installation.db.script(
      `alter table cluster_transitions disable trigger user;
       update cluster_transitions set at = at - interval '100 hours' where cluster_id = '${id}' and to_status = 'CREATING';
       alter table cluster_transitions enable trigger user;
       alter table cluster_rates disable trigger user;
       update cluster_rates set effective_at = effective_at - interval '100 hours' where cluster_id = '${id}' and worker_replicas = 3;
       alter table cluster_rates enable trigger user`,
    );
    expect((await clusterOf(id)).costToDate / (100 * before.hourlyCost)).toBeCloseTo(1, 2);
  });
});

describe('a scale that is held says by what', () => {
  /** Scales with a limit that is over soon. @returns the job's error */
  async function failureOf(workers: number) {
    const scale = await requestScale(workers);
    await startWorker(SOON);
    await fixture.until(scale.jobId, 'FAILED');
    const { errorCode, errorMessage } = await jobOf(installation.db, scale.jobId);
    return { ...scale, code: errorCode, message: errorMessage ?? '', cluster: await clusterOf(scale.id) };
  }

  test('G9: a pod disruption budget; the cluster stays READY with the workers that are there', async () => {
    api = await threeSets();
    api.behaviour = { canLeave: () => false };
    const [machine] = api.machinesOf('w-c');
    const labels = { app: 'router' };
    const pod = {
      metadata: { name: 'router-1', namespace: 'shop', labels },
      spec: {},
      status: { phase: 'Running' },
    };
    api.put('pods', pod);
    const budget = {
      metadata: { name: 'router', namespace: 'shop' },
      spec: { selector: { matchLabels: labels } },
    };
    api.put('poddisruptionbudgets', { ...budget, status: { disruptionsAllowed: 0 } });
    const { code, message, cluster, jobId } = await failureOf(2);
    expect(code).toBe('SCALE_DRAIN_BLOCKED');
    const held = `pod disruption budget shop/router allows no eviction of pod shop/router-1 on node node-${machine}`;
    expect(message).toContain(held);
    expect(message).toContain('2 of 2 workers are ready and 1 still leaving after');
    expect(await messagesOf(jobId)).toContain(held);
    expect(cluster).toMatchObject({
      ...{ status: 'READY', workerReplicas: 3, requestedWorkers: 2 },
      lastOperation: { status: 'FAILED', error: { code: 'SCALE_DRAIN_BLOCKED' } },
      lastFailure: { jobId, type: 'SCALE_WORKERS', code: 'SCALE_DRAIN_BLOCKED', message },
    });
  });

  test('a finalizer, a lifecycle hook and local storage', async () => {
    api = await StandInApi.start(['w-a', 'w-b', 'w-c'], [2, 2, 2]);
    api.behaviour = { canLeave: () => false };
    /** Changes the machine that leaves. */
    const change = (set: string, { metadata = {}, spec = {}, status = {} }) => {
      const [, name = ''] = api.machinesOf(set);
      const machine = api.runningMachine(name, set);
      api.put('machines', {
        metadata: { ...machine.metadata, ...metadata },
        spec: { ...(machine['spec'] as object), ...spec },
        status: { ...(machine['status'] as object), ...status },
      });
    };
    change('w-a', { metadata: { finalizers: ['example.com/backup'] } });
    change('w-b', { spec: { lifecycleHooks: { preDrain: [{ name: 'sync', owner: 'storage' }] } } });
    const message = 'cannot delete Pods with local storage: shop/cache-0';
    change('w-c', { status: { conditions: [{ type: 'Drained', status: 'False', message }] } });
    const failure = await failureOf(3);
    expect(failure.code).toBe('SCALE_DRAIN_BLOCKED');
    expect(failure.message).toContain('finalizer example.com/backup holds machine');
    expect(failure.message).toContain('lifecycle hook sync of storage holds machine');
    expect(failure.message).toContain('(local storage): cannot delete Pods with local storage: shop/cache-0');
  });

  test('certificates without an approval', async () => {
    api = await threeSets();
    api.behaviour = {
      newMachine: (name, set) =>
        api.machine(name, set, { phase: 'Provisioned' }, { providerID: 'aws:///i-1' }),
    };
    const spec = {
      signerName: 'kubernetes.io/kubelet-serving',
      username: 'system:node:ip-10-0-1-7',
      request: '',
    };
    api.put('certificatesigningrequests', { metadata: { name: 'csr-8b2mj' }, spec });
    const { code, message, cluster } = await failureOf(4);
    expect(code).toBe('SCALE_CERTIFICATES_PENDING');
    expect(message).toContain('csr-8b2mj of system:node:ip-10-0-1-7');
    // Its instance exists and costs money.
    expect(cluster).toMatchObject({ status: 'READY', workerReplicas: 4 });
  });

  test('a zone without capacity, at once; the next scale replaces the failed machine', async () => {
    api = await threeSets();
    const errorMessage = 'InsufficientInstanceCapacity: choose us-east-1b';
    api.behaviour = {
      newMachine: (name, set) =>
        api.machine(name, set, { phase: 'Failed', errorReason: 'CreateError', errorMessage }),
    };
    const scale = await requestScale(4);
    await startWorker(NEVER);
    await fixture.until(scale.jobId, 'FAILED');
    const { errorCode, errorMessage: told } = await jobOf(installation.db, scale.jobId);
    expect(errorCode).toBe('SCALE_NO_CAPACITY');
    expect(told).toContain(
      'in zone zone-w-a failed: CreateError: InsufficientInstanceCapacity: choose us-east-1b',
    );
    expect(told).toContain('zones with all their workers: zone-w-b, zone-w-c');
    expect(await clusterOf(scale.id)).toMatchObject({
      status: 'READY',
      workerReplicas: 3,
      requestedWorkers: 4,
      lastFailure: { jobId: scale.jobId },
    });

    api.behaviour = {};
    const target = `/v1/clusters/${scale.id}/scale-workers`;
    const again = JSON.parse(
      (await call(server, ann, { method: 'POST', target, body: { workers: 4 } })).text,
    );
    await fixture.until(again.job.id, 'SUCCEEDED');
    expect(await clusterOf(scale.id)).toMatchObject({
      status: 'READY',
      workerReplicas: 4,
      lastFailure: null,
    });
  });

  test('an API server whose answer is not a list of machine sets, with what is wrong in it', async () => {
    api = await threeSets();
    const items = [{ metadata: { name: 'w-a', resourceVersion: 7 }, spec: {} }];
    api.behaviour = {
      intercept: ({ url }) =>
        url?.includes('/machinesets') ? { status: 200, body: { items, metadata: {} } } : undefined,
    };
    const { code, message } = await failureOf(4);
    expect(code).toBe('CLUSTER_API_UNAVAILABLE');
    expect(message).toContain('unexpected machine sets, items.0.metadata.resourceVersion: ');
  });

  test('another writer, which it does not fight', async () => {
    api = await threeSets();
    api.behaviour = { newMachine: (name, set) => api.machine(name, set, { phase: 'Provisioning' }) };
    const { jobId } = await requestScale(4);
    await startWorker();
    await waitFor(async () => (await messagesOf(jobId)).includes('3 of 4 workers ready'));
    api.addSet('w-b', 7);
    await fixture.until(jobId, 'FAILED');
    expect((await jobOf(installation.db, jobId)).errorCode).toBe('SCALE_CHANGED_ELSEWHERE');
    expect(api.replicasOf('w-b')).toBe(7);
  });

  test('G17: another writer that deletes a set without its machines: they are counted, and cost', async () => {
    api = await threeSets();
    api.behaviour = { newMachine: (name, set) => api.machine(name, set, { phase: 'Provisioning' }) };
    const { id, jobId } = await requestScale(4);
    await startWorker();
    await waitFor(async () => (await messagesOf(jobId)).includes('3 of 4 workers ready'));
    for (const name of ['w-a', 'w-b', 'w-c']) api.remove('machinesets', name);
    await fixture.until(jobId, 'FAILED');
    expect(await jobOf(installation.db, jobId)).toMatchObject({ errorCode: 'SCALE_CHANGED_ELSEWHERE' });
    expect(await clusterOf(id)).toMatchObject({ status: 'READY', workerReplicas: 3 });
  });

  test('another writer that adds a set: one of nothing is left alone, one with machines ends the scale', async () => {
    api = await threeSets();
    let isHeld = true;
    api.behaviour = { canLeave: () => !isHeld };
    const { jobId } = await requestScale(2);
    await startWorker();
    await waitFor(async () => (await messagesOf(jobId)).includes('2 of 2 workers ready, 1 leaving'));
    api.addSet('w-d', 0);
    isHeld = false;
    for (const name of api.machinesOf('w-c')) api.leave(name);
    await fixture.until(jobId, 'SUCCEEDED');
    await api.stop();
    api = await threeSets();
    api.behaviour = { newMachine: (name, set) => api.machine(name, set, { phase: 'Provisioning' }) };
    const held = await requestScale(4);
    await waitFor(async () => (await messagesOf(held.jobId)).includes('3 of 4 workers ready'));
    api.addSet('w-e', 2);
    await fixture.until(held.jobId, 'FAILED');
    expect(await jobOf(installation.db, held.jobId)).toMatchObject({
      errorCode: 'SCALE_CHANGED_ELSEWHERE',
      errorMessage: expect.stringContaining('machine set w-e with 2 workers was added by something else'),
    });
  });

  test.each([
    [403, 'CLUSTER_API_DENIED'],
    [404, 'MACHINE_SETS_MISSING'],
  ])('an API server that answers %i', async (status, expected) => {
    api = await threeSets();
    api.behaviour = { intercept: () => ({ status }) };
    const { code, cluster } = await failureOf(4);
    expect([code, cluster.status]).toEqual([expected, 'READY']);
    // Nothing was asked of the cluster.
    expect(cluster.requestedWorkers).toBe(3);
  });
});

describe('a scale that is stopped', () => {
  const slow = async () => {
    api = await threeSets();
    api.behaviour = { newMachine: (name, set) => api.machine(name, set, { phase: 'Provisioning' }) };
    const scale = await requestScale(4);
    await startWorker();
    await waitFor(async () => (await messagesOf(scale.jobId)).includes('3 of 4 workers ready'));
    return scale;
  };

  test('G9: by a cancel is READY again and says what stays requested', async () => {
    const { id, jobId } = await slow();
    await call(server, ann, { method: 'POST', target: `/v1/jobs/${jobId}/cancel` });
    await fixture.until(jobId, 'CANCELLED');
    expect(await clusterOf(id)).toMatchObject({ status: 'READY', workerReplicas: 3, requestedWorkers: 4 });
    expect((await messagesOf(jobId)).join()).toContain('the machine sets may ask for 4 workers');
  });

  test('G6: by a destroy leaves the cluster DESTROYING', async () => {
    const { id, jobId } = await slow();
    const answer = await call(server, ann, { method: 'POST', target: `/v1/clusters/${id}/destroy` });
    expect(JSON.parse(answer.text)).toMatchObject({
      cluster: { status: 'DESTROYING' },
      job: { type: 'DESTROY' },
    });
    await fixture.until(jobId, 'CANCELLED');
    expect((await clusterOf(id)).status).toBe('DESTROYING');
  });

  test('before it began asks for nothing', async () => {
    api = await threeSets();
    const { id, jobId } = await requestScale(4);
    await call(server, ann, { method: 'POST', target: `/v1/jobs/${jobId}/cancel` });
    expect(await clusterOf(id)).toMatchObject({ status: 'READY', workerReplicas: 3, requestedWorkers: 3 });
    expect(api.requests).toEqual([]);
  });

  test('G7: by the death of its worker is continued by another one', async () => {
    api = await threeSets();
    const { id, jobId } = await requestScale(4);
    api.behaviour = { newMachine: (name, set) => api.machine(name, set, { phase: 'Provisioning' }) };
    const line = cuttable(installation.db);
    await startWorker(NEVER, line);
    await waitFor(async () => (await messagesOf(jobId)).includes('3 of 4 workers ready'));
    line.cut();
    await installation.db.script('update workers set lease_until = clock_now()');
    await runTask(reclaimExpiredLeasesTask(installation.db, fixture.dispatcher, 1_000));
    await startWorker();
    await waitFor(async () => (await jobOf(installation.db, jobId)).attempt === 2);
    const [late] = api.machinesOf('w-a').slice(-1);
    api.put('machines', api.runningMachine(late ?? '', 'w-a'));
    await fixture.until(jobId, 'SUCCEEDED');
    expect(await clusterOf(id)).toMatchObject({ status: 'READY', workerReplicas: 4 });
    expect(api.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(1);
    expect(await installation.db.query(listScaled, { subject: id })).toMatchObject([
      { data: { from: 3, to: 4 } },
    ]);
  });
});

async function waitFor(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await systemClock.sleep(10);
}
