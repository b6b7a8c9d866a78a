import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, parseProblem } from '../../http/kit/requests.ts';
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

const extend = (id: string, body: unknown) =>
  call(server, ann, { method: 'POST', target: `/v1/clusters/${id}/extend`, body });

const WAY = {
  DESTROYING: ['CREATING', 'DESTROYING'],
  DESTROYED: ['DESTROYED'],
  FAILED: ['CREATING', 'FAILED'],
  DESTROY_FAILED: ['CREATING', 'DESTROYING', 'DESTROY_FAILED'],
} as const;

describe('an extension', () => {
  const lifetimeOf = (text: string) => {
    const { cluster } = JSON.parse(text);
    return (Date.parse(cluster.destroyAt) - Date.parse(cluster.createdAt)) / 3_600_000;
  };

  test('moves the deadline by hours or to a time, and says what it was', async () => {
    const { cluster } = await createCluster(server, ann, { ttlHours: 1 });
    const by = await extend(cluster.id, { byHours: 1.25 });
    expect(JSON.parse(by.text)).toMatchObject({
      previousDestroyAt: cluster.destroyAt,
      cluster: { ttlHours: 2.25 },
    });
    expect(lifetimeOf(by.text)).toBe(2.25);
    const until = new Date(Date.parse(cluster.createdAt) + 10 * 3_600_000).toISOString();
    expect(JSON.parse((await extend(cluster.id, { until })).text)).toMatchObject({
      cluster: { destroyAt: until, ttlHours: 10 },
    });
    // Earlier is as good as later.
    const sooner = new Date(Date.now() + 60_000).toISOString();
    expect(JSON.parse((await extend(cluster.id, { until: sooner })).text).cluster.destroyAt).toBe(sooner);
  });

  test('S33: G12: never goes beyond the maximum, in however many steps, and says up to when it may', async () => {
    const { cluster } = await createCluster(server, ann, { ttlHours: 24 });
    const last = new Date(Date.parse(cluster.createdAt) + 72 * 3_600_000).toISOString();
    let lifetime = 24;
    for (let step = 0; step < 60; step++) {
      const answer = await extend(cluster.id, { byHours: 1 });
      if (answer.status === 200) lifetime = lifetimeOf(answer.text);
      else
        expect(parseProblem(answer)).toMatchObject({
          status: 422,
          errors: [{ field: 'byHours', code: 'OUT_OF_RANGE', allowed: [`until ${last}`] }],
        });
    }
    expect(lifetime).toBe(72);
    const beyond = new Date(Date.parse(last) + 1).toISOString();
    expect(parseProblem(await extend(cluster.id, { until: beyond })).errors).toMatchObject([
      { field: 'until', code: 'OUT_OF_RANGE' },
    ]);
    expect((await extend(cluster.id, { until: last })).status).toBe(200);
  });

  test('S33: by forty at once does not go beyond the maximum either', async () => {
    const { cluster } = await createCluster(server, ann, { ttlHours: 24 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => extend(cluster.id, { byHours: 4 })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(12);
  });

  test('into the past is refused', async () => {
    const { cluster } = await createCluster(server, ann);
    expect(parseProblem(await extend(cluster.id, { until: '2020-01-01T00:00:00Z' })).errors).toMatchObject([
      { field: 'until', code: 'IN_THE_PAST' },
    ]);
  });

  test('saves a cluster whose deadline has passed and which no one destroys yet', async () => {
    const { cluster } = await createCluster(server, ann, { ttlHours: 24 });
    await installation.db.script(
      `update clusters set destroy_at = clock_now() - interval '2 hours' where id = '${cluster.id}'`,
    );
    expect(parseProblem(await extend(cluster.id, { byHours: 1 })).errors).toMatchObject([
      { field: 'byHours', code: 'IN_THE_PAST' },
    ]);
    expect((await extend(cluster.id, { byHours: 3 })).status).toBe(200);
  });

  test.each([
    ['DESTROYING', 409],
    ['DESTROYED', 409],
    ['FAILED', 200],
    ['DESTROY_FAILED', 200],
  ] as const)('of a %s cluster is a %i', async (status, expected) => {
    const { cluster } = await createCluster(server, ann);
    await transitionThrough(installation.db, cluster.id, ...WAY[status]);
    const answer = await extend(cluster.id, { byHours: 1 });
    expect(answer.status).toBe(expected);
    if (expected === 409) expect(parseProblem(answer).code).toBe('STATE_CONFLICT');
  });

  test.each([
    [{}],
    [{ byHours: 1, until: '2099-01-01T00:00:00Z' }],
    [{ byHours: 0 }],
    [{ byHours: -1 }],
    [{ byHours: '1' }],
    [{ hours: 1 }],
  ])('takes exactly one of the two: not %j', async (body) => {
    expect(parseProblem(await extend((await createCluster(server, ann)).cluster.id, body)).status).toBe(400);
  });

  test('of a cluster whose profile is gone may only be earlier', async () => {
    const { cluster } = await createCluster(server, ann);
    const { profiles } = server.services;
    const get = profiles.get.bind(profiles);
    const gone = {
      ...profiles,
      get: (name: string) => (name === 'aws-minimal-test' ? undefined : get(name)),
    };
    Object.defineProperty(server.services, 'profiles', { value: gone, configurable: true });
    try {
      expect(parseProblem(await extend(cluster.id, { byHours: 1 })).errors).toMatchObject([
        { field: 'byHours', code: 'UNKNOWN_PROFILE' },
      ]);
      expect(
        (await extend(cluster.id, { until: new Date(Date.now() + 3_600_000).toISOString() })).status,
      ).toBe(200);
    } finally {
      Object.defineProperty(server.services, 'profiles', { value: profiles, configurable: true });
    }
  });
});
