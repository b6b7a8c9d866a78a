import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  appendEvents,
  createCluster,
  endJob,
  newName,
  postCluster,
  transitionThrough,
} from './kit/clusters.ts';
import { createTestInstallation, type TestInstallation } from './kit/installation.ts';
import { openEventStream } from './kit/open-event-stream.ts';
import { call, exchange, newKey, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation();
});
afterAll(() => installation.stop());

/** So slow that nothing comes back while a test runs. */
const slow = (burst: number) => ({ perMinute: 0.01, burst });
const whoami = { target: '/v1/whoami' };

describe('S28: the requests of a principal', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await installation.server({ requests: slow(50) });
  });

  test('beyond the burst, with whichever of its keys, are 429 with the way back', async () => {
    const ann = await installation.person('ann', 'requester@a');
    const again = await installation.person('ann');
    for (let i = 0; i < 50; i++) await call(server, ann, whoami);
    for (const answer of [await call(server, ann, whoami), await call(server, again, whoami)]) {
      expect(parseProblem(answer)).toMatchObject({
        code: 'RATE_LIMITED',
        errors: [{ field: 'principal', message: '50 of 50 requests; 0.01 a minute', allowed: ['50'] }],
      });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.headers['ratelimit-policy']).toBe('"principal";q=50;w=300000');
      expect(answer.headers['ratelimit']).toMatch(/^"principal";r=0;t=(299\d{3}|300000)$/);
    }
    const bob = await installation.person('bob', 'requester@a');
    expect((await call(server, bob, whoami)).headers['ratelimit']).toMatch(/^"principal";r=49;t=/);
  });

  test('tell the version of the server, and only to those who have a key', async () => {
    const cy = await installation.person('cy', 'requester@a');
    const version = (answer: { headers: object }) =>
      Object.entries(answer.headers).find(([name]) => name === 'ocpctl-version');
    expect(version(await call(server, cy, whoami))).toBeDefined();
    const stranger = { ...cy, secretAccessKey: `${cy.secretAccessKey}x` };
    const refused = await call(server, stranger, whoami);
    expect(refused.status).toBe(401);
    expect(version(refused)).toBeUndefined();
  });

  test('count whatever they are answered: refused, malformed, unknown', async () => {
    const mad = await installation.person('mad', 'requester@a');
    for (const target of ['/v1/nowhere', '/v1/clusters?limit=0', '/v1/admin/grants', '/v1/clusters/x']) {
      await call(server, mad, { target });
    }
    expect((await call(server, mad, whoami)).headers['ratelimit']).toMatch(/^"principal";r=45;t=/);
  });

  test('an event stream is one, however long it is', async () => {
    const fan = await installation.person('fan', 'requester@fan');
    const { job } = await createCluster(server, fan);
    await appendEvents(installation.db, job.id, 1, 200);
    await endJob(installation.db, job.id);
    const stream = await openEventStream(server, fan, job.id);
    expect(await stream.rest()).toHaveLength(201);
    expect(stream.headers['ratelimit']).toMatch(/^"principal";r=48;t=/);
    expect((await call(server, fan, whoami)).headers['ratelimit']).toMatch(/^"principal";r=47;t=/);
  });
});

describe('requests that no one is let in for', () => {
  const unsigned = { method: 'GET', target: '/v1/whoami', headers: {} };

  test('are limited per address before anything is read; what is let in does not count, health checks never', async () => {
    const server = await installation.server({ unauthenticated: slow(20) });
    const ann = await installation.person('known', 'requester@a');
    for (let i = 0; i < 30; i++) expect((await call(server, ann, whoami)).status).toBe(200);
    const statuses = [];
    for (let i = 0; i < 25; i++) statuses.push((await exchange(server, unsigned)).status);
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)]);
    const refused = await exchange(server, { ...unsigned, method: 'POST', body: '{"never":"read"}' });
    expect(parseProblem(refused)).toMatchObject({ code: 'RATE_LIMITED', errors: [{ field: 'address' }] });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    for (const target of ['/healthz', '/readyz']) {
      expect((await exchange(server, { ...unsigned, target })).status).toBe(200);
    }
    expect((await exchange(server, { ...unsigned, method: 'POST', target: '/healthz' })).status).toBe(429);
  });

  test('M5: junk from an address does not lock out those of it who sign; junk in their name does not last', async () => {
    const server = await installation.server({ unauthenticated: slow(5) });
    const ann = await installation.person('behind-nat', 'requester@a');
    expect((await call(server, ann, whoami)).status).toBe(200);
    for (let i = 0; i < 10; i++) await exchange(server, unsigned);
    expect((await exchange(server, unsigned)).status).toBe(429);
    for (let i = 0; i < 100; i++) expect((await call(server, ann, whoami)).status).toBe(200);
    const stranger = await installation.person('never-seen', 'requester@a');
    expect((await call(server, stranger, whoami)).status).toBe(429);
    const forged = { ...ann, secretAccessKey: 'x'.repeat(40) };
    const began = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: 80 }, async () => (await call(server, forged, whoami)).status),
    );
    // One more becomes free in each second, and a busy machine takes seconds.
    const refilled = Math.ceil((performance.now() - began) / 1_000);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(60 + refilled);
    expect(statuses).toContain(429);
  });

  test('are those of the address that a trusted proxy names; of no one else’s word', async () => {
    const proxied = await installation.server({
      unauthenticated: slow(2),
      http: { trustedProxies: ['127.0.0.1'] },
    });
    const direct = await installation.server({ unauthenticated: slow(2) });
    const from = (address: string) => ({ ...unsigned, headers: { 'x-forwarded-for': address } });
    const ask = async (server: TestServer, address: string) => (await exchange(server, from(address))).status;
    expect([await ask(proxied, '192.0.2.1'), await ask(proxied, '192.0.2.1')]).toEqual([401, 401]);
    expect([await ask(proxied, '192.0.2.1'), await ask(proxied, '192.0.2.2')]).toEqual([429, 401]);
    expect([await ask(direct, '192.0.2.1'), await ask(direct, '192.0.2.2')]).toEqual([401, 401]);
    expect(await ask(direct, '192.0.2.3')).toBe(429);
  });
});

describe('S28: the creates of a team', () => {
  const teamLimits = { activeClusters: 100, concurrentCreates: 100, createsPerHour: 10 };
  let server: TestServer;
  beforeAll(async () => {
    server = await installation.server({ teamLimits });
  });

  test('G12: the eleventh is 429, and says when the next is free', async () => {
    const crowd = await installation.person('hourly', 'requester@hourly');
    for (let i = 0; i < 10; i++) expect((await postCluster(server, crowd)).status).toBe(202);
    const refused = await postCluster(server, crowd);
    const problem = parseProblem(refused);
    expect(problem).toMatchObject({
      code: 'RATE_LIMITED',
      errors: [{ field: 'team', message: '10 of 10 creates in the last hour', allowed: ['10'] }],
    });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThan(3_000);
    expect(seconds).toBeLessThanOrEqual(3_600);
    const { items } = JSON.parse((await call(server, crowd, { target: '/v1/quota' })).text);
    expect(items).toMatchObject([
      { team: 'hourly', createsPerHour: { used: 10, limit: 10 }, activeClusters: { used: 10, limit: 100 } },
    ]);
    expect(problem.detail).toContain(items[0].createsPerHour.nextFreeAt);
  });

  test('count though the cluster is gone, not when it is a replay or a plan, and not for another team', async () => {
    const team = await installation.person('gone', 'requester@gone');
    const key = newKey();
    const body = { name: newName() };
    for (let i = 0; i < 12; i++) expect((await postCluster(server, team, body, key)).status).toBe(202);
    for (let i = 0; i < 9; i++) {
      const { cluster } = await createCluster(server, team);
      await call(server, team, { method: 'POST', target: `/v1/clusters/${cluster.id}/destroy` });
    }
    expect((await postCluster(server, team)).status).toBe(429);
    expect((await postCluster(server, team, body, key)).headers['idempotent-replayed']).toBe('true');
    const free = await installation.person('free', 'requester@free');
    const plan = { method: 'POST', target: '/v1/clusters?dryRun=true' };
    for (let i = 0; i < 11; i++) {
      const answer = await call(server, free, {
        ...plan,
        body: { name: newName(), profile: 'aws-standard' },
      });
      expect(answer.status).toBe(200);
    }
    expect((await postCluster(server, free)).status).toBe(202);
    expect(
      (await call(server, team, { ...plan, body: { name: newName(), profile: 'aws-standard' } })).status,
    ).toBe(429);
  });

  test('G12: a full team is told its limit, its use, and the deadline that frees quota', async () => {
    const tight = await installation.server({ teamLimits: { ...teamLimits, activeClusters: 1 } });
    const full = await installation.person('tight', 'requester@tight');
    const { cluster } = await createCluster(tight, full, { ttlHours: 2 });
    await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
    const refused = parseProblem(await postCluster(tight, full));
    expect(refused).toMatchObject({ status: 409, code: 'QUOTA_EXCEEDED' });
    expect(refused.detail).toBe(
      `The team has 1 of 1 active clusters: destroy one first, or wait for the next deadline at ${cluster.destroyAt}.`,
    );
  });
});

describe('GET /v1/quota', () => {
  test('shows each caller its own teams, and who sees all those that have something', async () => {
    const server = await installation.server({ requests: slow(50) });
    const two = await installation.person('two', 'requester@q1', 'auditor@q2');
    const admin = await installation.person('overseer', 'platform_admin@*');
    await createCluster(server, two, { team: 'q1' });
    const read = async (person: typeof two, query = '') =>
      JSON.parse((await call(server, person, { target: `/v1/quota${query}` })).text);
    const own = await read(two);
    expect(own.items).toMatchObject([
      {
        team: 'q1',
        activeClusters: { used: 1, limit: 10 },
        concurrentCreates: { used: 1, limit: 5 },
        createsPerHour: { used: 1, nextFreeAt: null },
      },
      { team: 'q2', activeClusters: { used: 0 } },
    ]);
    expect(own.principal).toMatchObject({ principal: 'local:two', requests: { used: 2, limit: 50 } });
    const teams = (await read(admin)).items.map(({ team }: { team: string }) => team);
    expect(teams).toContain('q1');
    expect(teams).not.toContain('q2');
    expect((await read(admin, '?team=q2')).items).toMatchObject([{ team: 'q2' }]);
  });
});
