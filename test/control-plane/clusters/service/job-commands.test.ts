import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 200, concurrentCreates: 200 } });
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

const tell = (order: 'cancel' | 'retry', jobId: string, person = ann, key = newKey()) =>
  call(server, person, {
    method: 'POST',
    target: `/v1/jobs/${jobId}/${order}`,
    headers: { 'idempotency-key': key },
  });
const job = async (id: string) => JSON.parse((await call(server, ann, { target: `/v1/jobs/${id}` })).text);
const set = (id: string, columns: string) =>
  installation.db.script(`update jobs set ${columns} where id = '${id}'`);

/** A cluster of which a worker runs the create. */
async function creating() {
  const { cluster, job: create } = await createCluster(server, ann);
  await transitionThrough(installation.db, cluster.id, 'CREATING');
  await set(create.id, "status = 'RUNNING', attempt = 1");
  return { clusterId: cluster.id, jobId: create.id };
}

/** A READY cluster with a destroy in the given state. */
async function destroying(columns: string) {
  const { cluster, job: create } = await createCluster(server, ann);
  await set(create.id, "status = 'SUCCEEDED', ended_at = clock_now()");
  await installation.db.script(
    `update job_locks set head = 2, ready_at = null where resource_id = '${cluster.id}'`,
  );
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  const answer = await call(server, ann, { method: 'POST', target: `/v1/clusters/${cluster.id}/destroy` });
  const { id } = JSON.parse(answer.text).job;
  await set(id, columns);
  return { clusterId: cluster.id, jobId: id };
}

/** The lane's ready_at in seconds from now; null when nothing can start. */
async function readyIn(clusterId: string): Promise<void> {
  await installation.db.script(`
    do $$ begin
      if not exists (select from job_locks where resource_id = '${clusterId}' and ready_at <= clock_now()) then
        raise 'its lane is not ready';
      end if;
    end $$`);
}

describe('cancel', () => {
  test('G3: of a create that waits ends the cluster at once', async () => {
    const { cluster, job: create } = await createCluster(server, ann);
    const answer = await tell('cancel', create.id);
    expect(answer.status).toBe(202);
    expect(JSON.parse(answer.text)).toMatchObject({
      cluster: { id: cluster.id, status: 'DESTROYED' },
      job: { id: create.id, status: 'CANCELLED' },
    });
  });

  test('G3: of a create that runs tells it to stop, and orders the destroy of what it made', async () => {
    const { clusterId, jobId } = await creating();
    expect(JSON.parse((await tell('cancel', jobId)).text)).toMatchObject({
      cluster: { id: clusterId, status: 'DESTROYING', lastOperation: { type: 'DESTROY', status: 'PENDING' } },
      job: { id: jobId, status: 'RUNNING', cancelRequested: true },
    });
  });

  test.each(['PENDING', 'RUNNING'])('G3: of a destroy is refused while it is %s', async (status) => {
    const { jobId } = await destroying(`status = '${status}'`);
    const refused = parseProblem(await tell('cancel', jobId));
    expect(refused).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
    expect(await job(jobId)).toMatchObject({ status, cancelRequested: false });
  });

  test('of a job that no handler knows and that waits for its next attempt cancels it, and nothing else', async () => {
    const { clusterId, jobId } = await creating();
    await moveTo(clusterId, 'READY');
    await set(jobId, "status = 'RETRYING', job_type = 'cluster.scale-workers'");
    expect(JSON.parse((await tell('cancel', jobId)).text)).toMatchObject({
      cluster: { status: 'READY' },
      job: { status: 'CANCELLED', error: { code: 'CANCELLED' } },
    });
  });

  test('of a job that has ended is a conflict', async () => {
    const { jobId } = await destroying("status = 'SUCCEEDED', ended_at = clock_now()");
    expect(parseProblem(await tell('cancel', jobId))).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
  });
});

describe('retry', () => {
  test('of a job that waits for its next attempt runs it now', async () => {
    const { clusterId, jobId } = await creating();
    await set(jobId, "status = 'RETRYING', run_at = clock_now() + interval '1 hour'");
    await installation.db.script(
      `update job_locks set ready_at = clock_now() + interval '1 hour' where resource_id = '${clusterId}'`,
    );
    await expect(readyIn(clusterId)).rejects.toThrow('not ready');
    expect(JSON.parse((await tell('retry', jobId)).text)).toMatchObject({
      job: { id: jobId, status: 'RETRYING' },
    });
    await readyIn(clusterId);
  });

  test('of a destroy that failed orders it again, as a new job', async () => {
    const { clusterId, jobId } = await destroying(
      "status = 'FAILED', ended_at = clock_now(), error_code = 'RESIDUE'",
    );
    await moveTo(clusterId, 'DESTROY_FAILED');
    const accepted = JSON.parse((await tell('retry', jobId)).text);
    expect(accepted).toMatchObject({
      cluster: { status: 'DESTROYING' },
      job: { type: 'DESTROY', status: 'PENDING' },
    });
    expect(accepted.job.id).not.toBe(jobId);
    expect(parseProblem(await tell('retry', jobId))).toMatchObject({ status: 409 });
  });

  test('of a create that failed is refused: no status leads back, and says what to do', async () => {
    const { clusterId, jobId } = await creating();
    await set(jobId, "status = 'FAILED', ended_at = clock_now()");
    await moveTo(clusterId, 'FAILED');
    expect(parseProblem(await tell('retry', jobId))).toMatchObject({
      status: 409,
      detail: expect.stringContaining('Create a new cluster'),
    });
  });

  test('of a job that runs is refused', async () => {
    expect(parseProblem(await tell('retry', (await creating()).jobId))).toMatchObject({ status: 409 });
  });

  test('G10: the same request twice orders one destroy', async () => {
    const { clusterId, jobId } = await destroying("status = 'FAILED', ended_at = clock_now()");
    await moveTo(clusterId, 'DESTROY_FAILED');
    const key = newKey();
    const answers = [await tell('retry', jobId, ann, key), await tell('retry', jobId, ann, key)];
    expect(answers[1]?.text).toBe(answers[0]?.text);
  });
});

test.each(['cancel', 'retry'] as const)(
  'G11, G16: %s is in the audit log, with who and what',
  async (order) => {
    const { jobId } = await creating();
    if (order === 'retry') await set(jobId, "status = 'RETRYING'");
    await tell(order, jobId);
    await installation.db.script(`
    do $$ begin
      if not exists (select from audit_events where stream = 'a' and payload::jsonb->>'action' = 'job.${order}'
        and payload::jsonb->>'target' = '${jobId}' and payload::jsonb->>'actor' = 'local:ann') then raise 'not in the audit log'; end if;
    end $$`);
  },
);

async function moveTo(id: string, ...statuses: string[]): Promise<void> {
  for (const status of statuses)
    await installation.db.script(`update clusters set status = '${status}' where id = '${id}'`);
}
