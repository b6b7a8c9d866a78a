import type { components } from '../../../../src/contract/api.gen.ts';
import type { ClusterStatus } from '../../../../src/contract/statuses.ts';
import { applyTransition } from '../../../../src/control-plane/clusters/store/transitions.sql.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import type { Person } from './installation.ts';
import { call, newKey, type WireResponse } from './requests.ts';
import type { TestServer } from './server.ts';

type Accepted = components['schemas']['ClusterAccepted'];
type Job = components['schemas']['Job'];

let serial = 0;
export const newName = (prefix = 'c') => `${prefix}-${++serial}`;

/** Asks for a cluster as `POST /v1/clusters` does. */
export function postCluster(
  server: TestServer,
  person: Person,
  body: Readonly<Record<string, unknown>> = {},
  key = newKey(),
): Promise<WireResponse> {
  return call(server, person, {
    method: 'POST',
    target: '/v1/clusters',
    headers: { 'idempotency-key': key },
    body: { name: newName(), profile: 'aws-minimal-test', ...body },
  });
}

/** A cluster that was accepted, with its create job. */
export async function createCluster(
  server: TestServer,
  person: Person,
  body: Readonly<Record<string, unknown>> = {},
): Promise<{ cluster: Accepted['cluster']; job: Job }> {
  const answer = await postCluster(server, person, body);
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  const { cluster, job }: Accepted = JSON.parse(answer.text);
  if (!job) throw new Error('a create has a job');
  return { cluster, job };
}

/** What workers would have done: moves a cluster from status to status. */
export async function transitionThrough(db: Db, id: string, ...statuses: ClusterStatus[]): Promise<void> {
  for (const [index, to] of statuses.entries()) {
    const from = statuses[index - 1] ?? 'PENDING';
    const moved = await db.query(applyTransition, { id, from, to, jobId: null, fence: null, reason: 'test' });
    if (moved.length === 0) throw new Error(`${id} is not ${from}`);
  }
}

/** Appends log events to a job, numbered from `from` to `to`. */
export async function appendEvents(
  db: Db,
  jobId: string,
  from: number,
  to: number,
  size = 10,
): Promise<void> {
  await db.script(`
    insert into job_events (job_id, seq, attempt, kind, level, message)
    select '${jobId}', n, 1, 'log', 'info', 'event ' || n || repeat('.', ${size})
    from generate_series(${from}, ${to}) n`);
}

export async function endJob(db: Db, jobId: string, status = 'SUCCEEDED'): Promise<void> {
  await db.script(`update jobs set status = '${status}', ended_at = clock_now() where id = '${jobId}'`);
}
