import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockTeamQuota } from '../../../src/control-plane/clusters/store/quotas.sql.ts';
import { statement } from '../../../src/control-plane/kernel/db/statement.ts';
import { findIdempotencyRecord } from '../../../src/control-plane/kernel/idempotency/once.sql.ts';
import { createCluster, newName, postCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { bytesOf, call, newKey, parseProblem, sign } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let other: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  const options = { teamLimits: { activeClusters: 100, concurrentCreates: 100 } };
  [server, other] = await Promise.all([installation.server(options), installation.server(options)]);
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

const countClusters = statement({
  name: 'test.count_clusters',
  text: 'select count(*)::int4 as "count" from clusters where name = $1',
  params: { name: 'text' },
  row: { count: 'int4' },
});
const clustersNamed = async (name: string) =>
  (await installation.db.query(countClusters, { name }))[0]?.count;

describe('a key', () => {
  test.each(['short', 'with space in it', 'x'.repeat(129), "'; drop table --", '"unbalanced-quotation'])(
    '%j is malformed',
    async (key) => {
      const answer = await postCluster(server, ann, {}, key);
      expect(parseProblem(answer)).toMatchObject({ status: 400, errors: [{ field: 'idempotency-key' }] });
    },
  );

  test('is the same bare and quoted', async () => {
    const key = newKey();
    const name = newName();
    const first = await postCluster(server, ann, { name }, key);
    const second = await postCluster(server, ann, { name }, `"${key}"`);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(second.text).toBe(first.text);
  });
});

describe('a repeated request', () => {
  test('G10: gets the same bytes, on either server, and says that it is a replay', async () => {
    const key = newKey();
    const body = { name: newName() };
    const first = await postCluster(server, ann, body, key);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    for (const on of [server, other]) {
      const again = await postCluster(on, ann, body, key);
      expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([
        202,
        first.text,
        'true',
      ]);
    }
    expect(await clustersNamed(body.name)).toBe(1);
  });

  test('G10: with another body, or for another thing, is 422', async () => {
    const key = newKey();
    await postCluster(server, ann, { name: newName() }, key);
    expect(parseProblem(await postCluster(server, ann, { name: newName() }, key))).toMatchObject({
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    const [one, two] = [await createCluster(server, ann), await createCluster(server, ann)];
    const destroy = (id: string) =>
      call(server, ann, {
        method: 'POST',
        target: `/v1/clusters/${id}/destroy`,
        headers: { 'idempotency-key': key },
      });
    // The same key for another operation is another intent.
    expect((await destroy(one.cluster.id)).status).toBe(202);
    expect((await destroy(two.cluster.id)).status).toBe(422);
  });

  test('N11: G10: while the first one is processed is 409 with Retry-After, and then gets its answer', async () => {
    const key = newKey();
    const body = { name: newName() };
    let first: ReturnType<typeof postCluster> | undefined;
    await installation.db.tx(async (tx) => {
      await tx.query(lockTeamQuota, { team: 'a' });
      first = postCluster(server, ann, body, key);
      while ((await tx.query(countWaiting, {}))[0]?.count === 0)
        await new Promise((resolve) => setTimeout(resolve, 10));
      const second = await postCluster(other, ann, body, key);
      expect(parseProblem(second)).toMatchObject({ status: 409, code: 'REQUEST_IN_FLIGHT' });
      expect(second.headers['retry-after']).toBe('1');
    });
    const { status, text } = (await first) ?? {};
    expect(status).toBe(202);
    expect(await postCluster(other, ann, body, key)).toMatchObject({ status, text });
  });

  test('G10: G11: after the answer was lost gets it', async () => {
    const key = newKey();
    const body = { name: newName(), profile: 'aws-minimal-test' };
    const request = await sign(server, ann, {
      method: 'POST',
      target: '/v1/clusters',
      headers: { 'idempotency-key': key },
      body,
    });
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await new Promise<void>((resolve) => socket.write(bytesOf(request), () => resolve()));
    const record = { principal: ann.principal, operation: 'createCluster', key };
    for (;;) {
      const [stored] = await installation.db.query(findIdempotencyRecord, record);
      if (stored) break;
    }
    socket.destroy();
    const again = await postCluster(server, ann, body, key);
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([202, 'true']);
    expect(await clustersNamed(body.name)).toBe(1);
  });

  test('after a refusal is validated anew', async () => {
    const key = newKey();
    const taken = newName();
    const { cluster } = await createCluster(server, ann, { name: taken });
    expect((await postCluster(server, ann, { name: taken }, key)).status).toBe(409);
    await call(server, ann, { method: 'POST', target: `/v1/clusters/${cluster.id}/destroy` });
    expect((await postCluster(server, ann, { name: taken }, key)).status).toBe(202);
  });
});

const countWaiting = statement({
  name: 'test.count_waiting',
  text: `select count(*)::int4 as "count" from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`,
  params: {},
  row: { count: 'int4' },
});

/** G11: what a 202 promises is one commit. Each of its writes is made to fail in turn. */
describe('G11: when one write of a create fails, none of them happened', () => {
  const tables = ['clusters', 'jobs', 'job_locks', 'cluster_transitions', 'audit_events', 'idempotency_keys'];
  const countRows = async () => {
    const counts = statement({
      name: 'test.count_rows',
      text: `select array[${tables.map((table) => `(select count(*) from ${table}${table === 'audit_events' ? " where stream <> '_platform'" : ''})::int4`).join(',')}] as "counts"`,
      params: {},
      row: { counts: 'int4[]' },
    });
    return (await installation.db.query(counts, {}))[0]?.counts;
  };

  test.each(tables)('%s', async (table) => {
    const before = await countRows();
    const streams = table === 'audit_events' ? `if new.stream = '_platform' then return new; end if;` : '';
    await installation.db.script(`
      create function fail_once() returns trigger language plpgsql as $$ begin ${streams} raise 'disk on fire'; end $$;
      create trigger fail_once before insert on ${table} for each row execute function fail_once()`);
    const key = newKey();
    const body = { name: newName() };
    try {
      expect(parseProblem(await postCluster(server, ann, body, key)).status).toBe(500);
      expect(await countRows()).toEqual(before);
    } finally {
      await installation.db.script(`drop function fail_once cascade`);
    }
    const retried = await postCluster(server, ann, body, key);
    expect([retried.status, retried.headers['idempotent-replayed']]).toEqual([202, undefined]);
  });
});
