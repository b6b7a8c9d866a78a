import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  clearLastFailedJob,
  setLastFailedJob,
} from '../../../../src/control-plane/clusters/store/last-jobs.sql.ts';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

/** What the worker would have written. */
async function fail(id: string, jobId: string, message: string): Promise<void> {
  const { db } = installation;
  await db.query(setLastFailedJob, { id, jobId });
  await db.script(
    `update jobs set status = 'FAILED', ended_at = clock_now(), error_code = 'TEST', error_message = '${message}' where id = '${jobId}'`,
  );
}

async function destroy(id: string): Promise<string> {
  const answer = await call(server, ann, { method: 'POST', target: `/v1/clusters/${id}/destroy` });
  return JSON.parse(answer.text).job.id;
}

async function lastFailure(id: string): Promise<unknown> {
  const answer = await call(server, ann, { method: 'GET', target: `/v1/clusters/${id}` });
  const listed = await call(server, ann, { method: 'GET', target: '/v1/clusters' });
  const found = JSON.parse(listed.text).items.find((item: { id: string }) => item.id === id);
  expect(found.lastFailure).toEqual(JSON.parse(answer.text).lastFailure);
  return found.lastFailure;
}

test('the failure of a create is remembered, whatever becomes of what it left', async () => {
  const { cluster, job } = await createCluster(server, ann);
  expect(await lastFailure(cluster.id)).toBeNull();
  await fail(cluster.id, job.id, 'no machines');
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'FAILED');
  const failure = {
    jobId: job.id,
    type: 'CREATE',
    code: 'TEST',
    message: 'no machines',
    at: expect.any(String),
  };
  expect(await lastFailure(cluster.id)).toEqual(failure);
  await fail(cluster.id, await destroy(cluster.id), 'still there');
  expect(await lastFailure(cluster.id)).toEqual(failure);
  await installation.db.query(clearLastFailedJob, { id: cluster.id });
  expect(await lastFailure(cluster.id)).toEqual(failure);
});

test('the failure of a destroy is over when one succeeds', async () => {
  const { cluster } = await createCluster(server, ann);
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  const jobId = await destroy(cluster.id);
  await fail(cluster.id, jobId, 'still there');
  expect(await lastFailure(cluster.id)).toMatchObject({ jobId, type: 'DESTROY', message: 'still there' });
  await installation.db.query(clearLastFailedJob, { id: cluster.id });
  expect(await lastFailure(cluster.id)).toBeNull();
});
