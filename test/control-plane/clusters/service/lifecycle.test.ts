import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLUSTER_STATUSES, type ClusterStatus } from '../../../../src/contract/statuses.ts';
import { CLUSTER_TRANSITIONS } from '../../../../src/control-plane/clusters/service/cluster-transitions.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

const listAllowedTransitions = statement({
  name: 'test.list_allowed_transitions',
  text: `select from_status as "from", to_status as "to" from cluster_transition_rules order by 1, 2`,
  params: {},
  row: { from: 'text', to: 'text' },
});

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 200, concurrentCreates: 200 } });
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

/** The shortest way from PENDING to each status. */
const WAY: Readonly<Record<ClusterStatus, readonly ClusterStatus[]>> = {
  PENDING: [],
  CREATING: ['CREATING'],
  READY: ['CREATING', 'READY'],
  SCALING: ['CREATING', 'READY', 'SCALING'],
  FAILED: ['CREATING', 'FAILED'],
  DESTROYING: ['CREATING', 'DESTROYING'],
  DESTROY_FAILED: ['CREATING', 'DESTROYING', 'DESTROY_FAILED'],
  DESTROYED: ['DESTROYED'],
};

async function clusterThatIs(status: ClusterStatus): Promise<string> {
  const { cluster } = await createCluster(server, ann);
  await transitionThrough(installation.db, cluster.id, ...WAY[status]);
  return cluster.id;
}

const destroy = (id: string, body?: object) =>
  call(server, ann, { method: 'POST', target: `/v1/clusters/${id}/destroy`, body });

describe('G9: the table of moves', () => {
  const pairs = CLUSTER_STATUSES.flatMap((from) =>
    CLUSTER_STATUSES.filter((to) => to !== from).map((to) => [from, to] as const),
  );

  test('L13: is the same in code and in the database', async () => {
    const stored = (await installation.db.query(listAllowedTransitions, {})).map(
      ({ from, to }) => `${from} ${to}`,
    );
    const coded = Object.entries(CLUSTER_TRANSITIONS).flatMap(([from, all]) =>
      all.map((to) => `${from} ${to}`),
    );
    expect(stored.sort()).toEqual(coded.sort());
    expect(pairs.filter(([from, to]) => CLUSTER_TRANSITIONS[from].includes(to))).toHaveLength(coded.length);
  });

  test.each(CLUSTER_STATUSES)('L13: is enforced by the database from %s', async (from) => {
    const id = await clusterThatIs(from);
    for (const to of CLUSTER_STATUSES.filter(
      (status) => status !== from && !CLUSTER_TRANSITIONS[from].includes(status),
    )) {
      const destroyedAt = to === 'DESTROYED' ? 'now()' : 'null';
      const wrong = installation.db.script(
        `update clusters set status = '${to}', destroyed_at = ${destroyedAt} where id = '${id}'`,
      );
      await expect(wrong).rejects.toMatchObject({ code: '23514', constraint: 'cluster_transition_rules' });
    }
  });

  test('lets no cluster begin elsewhere than PENDING', async () => {
    const id = await clusterThatIs('PENDING');
    const copy = `create temp table copy as select * from clusters where id = '${id}'; update copy set id = 'clu_copy', name = 'copy', status = 'READY';
      insert into clusters select * from copy`;
    await expect(installation.db.script(copy)).rejects.toMatchObject({
      code: '23514',
      constraint: 'cluster_transition_rules',
    });
  });

  test.each(['name', 'platform', 'profile', 'base_domain'])('keeps %s as it was accepted', async (column) => {
    const id = await clusterThatIs('READY');
    const value = column === 'platform' ? 'ibmcloud' : 'other';
    await expect(
      installation.db.script(`update clusters set ${column} = '${value}' where id = '${id}'`),
    ).rejects.toMatchObject({ code: '23514' });
  });

  test.each([
    'update cluster_transitions set reason = reason',
    'delete from cluster_transitions',
    'truncate cluster_transitions',
  ])('refuses %s', async (sql) => {
    await expect(installation.db.script(sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a destroy', () => {
  test('G3: before the create began ends it at once, without a job', async () => {
    const { cluster, job } = await createCluster(server, ann);
    const answer = await destroy(cluster.id);
    expect(answer.status).toBe(202);
    expect(JSON.parse(answer.text)).toMatchObject({
      cluster: { status: 'DESTROYED', lastOperation: { status: 'CANCELLED' } },
      job: null,
    });
    const cancelled = JSON.parse((await call(server, ann, { target: `/v1/jobs/${job.id}` })).text);
    expect(cancelled).toMatchObject({ status: 'CANCELLED', error: { code: 'SUPERSEDED' } });
  });

  test.each(['CREATING', 'READY', 'SCALING', 'FAILED', 'DESTROY_FAILED'] as const)(
    'G3: of a %s cluster is accepted with a job',
    async (status) => {
      const id = await clusterThatIs(status);
      const answer = await destroy(id);
      expect(answer.status).toBe(202);
      expect(JSON.parse(answer.text)).toMatchObject({
        cluster: { status: 'DESTROYING' },
        job: { type: 'DESTROY', status: 'PENDING', requestedBy: 'local:ann' },
      });
      const { items } = JSON.parse(
        (await call(server, ann, { target: `/v1/clusters/${id}/transitions` })).text,
      );
      expect(items.at(-1)).toMatchObject({
        from: status,
        to: 'DESTROYING',
        reason: 'destroy requested by local:ann',
      });
    },
  );

  test('keeps its reason in the transitions and in the audit log', async () => {
    const id = await clusterThatIs('READY');
    expect((await destroy(id, { reason: 'TICKET-7: tests are done' })).status).toBe(202);
    const { items } = JSON.parse(
      (await call(server, ann, { target: `/v1/clusters/${id}/transitions` })).text,
    );
    expect(items.at(-1).reason).toBe('destroy requested by local:ann: TICKET-7: tests are done');
    const eve = await installation.person('eve', 'auditor@*');
    const { text } = await call(server, eve, { target: `/v1/admin/audit/events?target=${id}` });
    expect(JSON.parse(text).items[0]).toMatchObject({
      action: 'cluster.destroy',
      metadata: { reason: 'TICKET-7: tests are done' },
    });
  });

  test.each([{ reason: 'no' }, { why: 'done' }])('refuses the body %j', async (body) => {
    const id = await clusterThatIs('READY');
    expect((await destroy(id, body)).status).toBe(400);
  });

  test('has no other endpoint', async () => {
    const id = await clusterThatIs('READY');
    expect((await call(server, ann, { method: 'DELETE', target: `/v1/clusters/${id}` })).status).toBe(405);
  });

  test('G3: of a PENDING cluster whose create runs already tells it to stop first', async () => {
    const { cluster, job } = await createCluster(server, ann);
    await installation.db.script(`update jobs set status = 'RUNNING', attempt = 1 where id = '${job.id}'`);
    expect(JSON.parse((await destroy(cluster.id)).text)).toMatchObject({
      cluster: { status: 'DESTROYING' },
      job: { type: 'DESTROY' },
    });
    expect(JSON.parse((await call(server, ann, { target: `/v1/jobs/${job.id}` })).text)).toMatchObject({
      status: 'RUNNING',
      cancelRequested: true,
    });
  });

  test('G6: that is under way is not ordered twice, however many ask', async () => {
    const id = await clusterThatIs('READY');
    const answers = await Promise.all(Array.from({ length: 10 }, () => destroy(id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => JSON.parse(text).job.id)).size).toBe(1);
  });

  test('of a DESTROYED cluster is a conflict', async () => {
    expect(parseProblem(await destroy(await clusterThatIs('DESTROYED')))).toMatchObject({
      status: 409,
      code: 'STATE_CONFLICT',
    });
  });
});
