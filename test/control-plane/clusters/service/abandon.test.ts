import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listUndestroyed } from '../../../../src/control-plane/clusters/store/expiry.sql.ts';
import { measureClusters } from '../../../../src/control-plane/clusters/store/metrics.sql.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { createCluster, newName, postCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let admin: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 1, concurrentCreates: 1 } });
  ann = await installation.person('ann', 'requester@a');
  admin = await installation.person('root', 'platform_admin@*');
});
afterAll(() => installation.stop());

const RESIDUE = [
  { id: 'vpc-1', arn: 'arn:aws:ec2:us-east-1:1:vpc/vpc-1', type: 'ec2:vpc', region: 'us-east-1', name: 'v' },
];

const listRates = statement({
  name: 'test.list_rates',
  text: `select hourly_micros as "hourlyMicros" from cluster_rates where cluster_id = $1 order by id`,
  params: { id: 'text' },
  row: { hourlyMicros: 'int8?' },
});

/** A cluster of a team of its own, whose destroy left something. */
async function failedDestroy(name = newName()): Promise<{ id: string; name: string; team: string }> {
  const team = newName('team');
  const { cluster } = await createCluster(server, admin, { name, team });
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  const ordered = await call(server, admin, { method: 'POST', target: `/v1/clusters/${cluster.id}/destroy` });
  const { job } = JSON.parse(ordered.text);
  await installation.db.script(`
    insert into job_events (job_id, seq, attempt, kind, level, message, data)
    values ('${job.id}', 1, 1, 'log', 'error', 'left', '${JSON.stringify({ residue: RESIDUE, total: 1 })}');
    update jobs set status = 'FAILED', ended_at = clock_now(), error_code = 'RESIDUE', error_message = 'left' where id = '${job.id}';
    update job_locks set head = tail + 1, ready_at = null where resource_id = '${cluster.id}';
    update clusters set status = 'DESTROY_FAILED' where id = '${cluster.id}'`);
  return { id: cluster.id, name, team };
}

function abandon(id: string, person = admin, reason = 'the account is closed', key = newKey()) {
  const headers = { 'idempotency-key': key };
  return call(server, person, {
    method: 'POST',
    target: `/v1/clusters/${id}/abandon`,
    headers,
    body: { reason },
  });
}

const see = async (id: string, path = '') =>
  JSON.parse((await call(server, admin, { target: `/v1/clusters/${id}${path}` })).text);

describe('a cluster that is given up', () => {
  test('G2: stays DESTROY_FAILED with its residue listed, and says who gave it up and why', async () => {
    const { id } = await failedDestroy();
    const answer = await abandon(id);
    expect(answer.status).toBe(200);
    const abandoned = { at: expect.any(String), by: 'local:root', reason: 'the account is closed' };
    expect(JSON.parse(answer.text)).toMatchObject({ cluster: { status: 'DESTROY_FAILED', abandoned } });
    expect(await see(id)).toMatchObject({ status: 'DESTROY_FAILED', destroyedAt: null, abandoned });
    expect(await see(id, '/residue')).toMatchObject({ items: RESIDUE, total: 1, jobId: expect.any(String) });
    const { items } = JSON.parse((await call(server, admin, { target: '/v1/clusters?status=ACTIVE' })).text);
    expect(items.map((each: { id: string }) => each.id)).toContain(id);
  });

  test('frees its name and its share of the quota', async () => {
    const { id, name, team } = await failedDestroy();
    const again = () => postCluster(server, admin, { name, team });
    expect(parseProblem(await again())).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(parseProblem(await postCluster(server, admin, { name, team: newName('team') }))).toMatchObject({
      code: 'NAME_TAKEN',
    });
    await abandon(id);
    expect((await again()).status).toBe(202);
  });

  test('G3: is left alone by the deadline, and a destroy may still be ordered and prove it gone', async () => {
    const { id } = await failedDestroy();
    await installation.db.script(`
      update clusters set destroy_at = now() - interval '1 day' where id = '${id}'`);
    const expired = async () =>
      (await installation.db.query(listUndestroyed, { limit: 100 })).map((row) => row.id);
    expect(await expired()).toContain(id);
    await abandon(id);
    expect(await expired()).not.toContain(id);
    const ordered = await call(server, ann, { method: 'POST', target: `/v1/clusters/${id}/destroy` });
    expect(ordered.status).toBe(404);
    const byAdmin = await call(server, admin, { method: 'POST', target: `/v1/clusters/${id}/destroy` });
    expect(JSON.parse(byAdmin.text)).toMatchObject({
      cluster: { status: 'DESTROYING' },
      job: { type: 'DESTROY' },
    });
    await moveDestroyed(id);
    expect(await see(id)).toMatchObject({ status: 'DESTROYED', abandoned: { by: 'local:root' } });
    expect(await see(id, '/residue')).toMatchObject({ items: [], total: 0 });
  });

  test('G17: costs its team nothing more and raises no alert, also when it is destroyed later', async () => {
    const { id, team } = await failedDestroy();
    const [measured, rates] = [
      () =>
        installation.db.query(measureClusters, {}).then((rows) => rows.filter((row) => row.team === team)),
      () => installation.db.query(listRates, { id }),
    ];
    expect(await measured()).toMatchObject([{ status: 'DESTROY_FAILED', count: 1 }]);
    await abandon(id);
    expect(await measured()).toEqual([]);
    const [begun, ended, ...more] = await rates();
    expect([begun?.hourlyMicros, ended?.hourlyMicros, more]).toEqual([expect.any(Number), null, []]);
    await call(server, admin, { method: 'POST', target: `/v1/clusters/${id}/destroy` });
    await moveDestroyed(id);
    expect(await rates()).toHaveLength(2);
  });

  test('G11, G16: is in the audit log with the reason and what was left, in the same transaction', async () => {
    const { id, team } = await failedDestroy();
    const auditEvents = async () =>
      installation.db.script(`
        do $$ begin
          if not exists (select from audit_events where stream = '${team}' and payload::jsonb->>'action' = 'cluster.abandon'
            and payload::jsonb->>'target' = '${id}' and payload::jsonb->'metadata'->>'reason' = 'the account is closed'
            and payload::jsonb->'metadata'->'residue' = '["us-east-1 ec2:vpc vpc-1"]') then raise 'not in the audit log'; end if;
        end $$`);
    await expect(auditEvents()).rejects.toThrow('not in the audit log');
    await abandon(id);
    await auditEvents();
  });

  test('G10: is given up once, however often the request is sent', async () => {
    const { id } = await failedDestroy();
    const key = newKey();
    const [first, second] = [await abandon(id, admin, 'twice', key), await abandon(id, admin, 'twice', key)];
    expect(second).toMatchObject({ status: 200, text: first?.text });
    expect(parseProblem(await abandon(id, admin, 'once more'))).toMatchObject({
      status: 409,
      code: 'STATE_CONFLICT',
    });
  });
});

describe('no one gives up', () => {
  test('a cluster whose destroy has not failed', async () => {
    const { cluster } = await createCluster(server, ann);
    for (const way of [[], ['CREATING'], ['READY'], ['DESTROYING']] as const) {
      if (way[0]) await moveTo(cluster.id, way[0]);
      expect(parseProblem(await abandon(cluster.id))).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
    }
  });

  test('without a reason, or without being an admin of its team', async () => {
    const { id, team } = await failedDestroy();
    expect((await abandon(id, admin, '')).status).toBe(400);
    expect(parseProblem(await abandon(id, admin, '    '))).toMatchObject({
      status: 422,
      code: 'POLICY_VIOLATION',
    });
    const requester = await installation.person(newName('r'), `requester@${team}`);
    expect(parseProblem(await abandon(id, requester))).toMatchObject({ status: 403 });
    const elsewhere = await installation.person(newName('p'), 'platform_admin@elsewhere');
    expect(parseProblem(await abandon(id, elsewhere))).toMatchObject({ status: 404 });
    expect(await see(id)).toMatchObject({ abandoned: null });
  });

  test('G9: the database refuses it for any other status, and half of it', async () => {
    const { cluster } = await createCluster(server, await installation.person(newName('q'), 'requester@q'));
    const set = (columns: string) =>
      installation.db.script(`update clusters set ${columns} where id = '${cluster.id}'`);
    const whole = "abandoned_at = now(), abandoned_by = 'x', abandon_reason = 'y'";
    await expect(set(whole)).rejects.toMatchObject({ constraint: 'clusters_abandoned_status' });
    await expect(set('abandoned_at = now()')).rejects.toMatchObject({ code: '23514' });
  });
});

async function moveDestroyed(id: string): Promise<void> {
  await installation.db.script(
    `update clusters set status = 'DESTROYED', destroyed_at = clock_now() where id = '${id}'`,
  );
}

async function moveTo(id: string, status: string): Promise<void> {
  await installation.db.script(`update clusters set status = '${status}' where id = '${id}'`);
}
