import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendEvents, createCluster, newName, postCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, newKey, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let bob: Person;
let auditor: Person;
let admin: Person;
const ofAnn: string[] = [];
const ofBob: string[] = [];

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 50, concurrentCreates: 50 } });
  ann = await installation.person('ann', 'requester@a');
  bob = await installation.person('bob', 'requester@b');
  auditor = await installation.person('auditor', 'auditor@*');
  admin = await installation.person('admin', 'platform_admin@*');
  for (let i = 0; i < 5; i++) {
    ofAnn.push((await createCluster(server, ann)).cluster.id);
    ofBob.push((await createCluster(server, bob, { name: `of-bob-${i}` })).cluster.id);
  }
});
afterAll(() => installation.stop());

interface Page {
  readonly items: { id: string; clusterId?: string }[];
  readonly nextCursor: string | null;
}

async function page(person: Person, target: string): Promise<Page> {
  const answer = await call(server, person, { target });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
}

/** Every page, two rows each. */
async function walk(person: Person, path: string): Promise<Page['items']> {
  const items: Page['items'] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: Page = await page(person, `${path}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    items.push(...next.items);
    cursor = next.nextCursor;
  }
  return items;
}

describe('S2: lists', () => {
  test('G14: show each team its own, newest first, over all pages, once', async () => {
    const newestFirst = (ids: string[]) => [...ids].reverse();
    expect((await walk(ann, '/v1/clusters')).map(({ id }) => id)).toEqual(newestFirst(ofAnn));
    expect((await walk(bob, '/v1/clusters')).map(({ id }) => id)).toEqual(newestFirst(ofBob));
    for (const person of [auditor, admin]) {
      expect((await walk(person, '/v1/clusters')).map(({ id }) => id).sort()).toEqual(
        [...ofAnn, ...ofBob].sort(),
      );
    }
    expect((await walk(ann, '/v1/jobs')).map(({ clusterId }) => clusterId)).toEqual(newestFirst(ofAnn));
  });

  test.each([
    'team=b',
    'owner=bob',
    'name=of-bob-2',
    'status=PENDING&team=b',
    'profile=aws-minimal-test&owner=bob',
    'platform=aws&team=b',
    'expiresBefore=2999-01-01T00%3A00%3A00Z&team=b',
  ])('G14: ?%s finds nothing of another team', async (filter) => {
    expect((await page(ann, `/v1/clusters?${filter}`)).items).toEqual([]);
    expect((await page(bob, `/v1/clusters?${filter}`)).items.length).toBeGreaterThan(0);
  });

  test('G14: jobs of a foreign cluster are not found by its id', async () => {
    expect((await page(ann, `/v1/jobs?cluster=${ofBob[0]}`)).items).toEqual([]);
    expect((await page(bob, `/v1/jobs?cluster=${ofBob[0]}`)).items).toHaveLength(1);
  });

  test('S27: a page has at most 200 rows', async () => {
    expect(parseProblem(await call(server, ann, { target: '/v1/clusters?limit=201' })).errors).toEqual([
      { field: 'query.limit', code: 'MAXIMUM', message: 'must be <= 200' },
    ]);
  });
});

describe('S3: a cursor', () => {
  test('belongs to who got it, and to its listing', async () => {
    const { nextCursor } = await page(ann, '/v1/clusters?limit=2');
    for (const [person, path] of [
      [bob, '/v1/clusters'],
      [admin, '/v1/clusters'],
      [ann, '/v1/jobs'],
    ] as const) {
      const answer = await call(server, person, { target: `${path}?cursor=${nextCursor}` });
      expect(parseProblem(answer)).toMatchObject({ status: 400, errors: [{ field: 'cursor' }] });
    }
  });

  test.each([
    'AAAA',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('{"after":"\\u0000","of":"0123456789abcdef"}').toString('base64url'),
    Buffer.from(JSON.stringify({ after: "clu_' or 1=1 --", of: '0123456789abcdef' })).toString('base64url'),
  ])('that we did not write is a 400: %s', async (cursor) => {
    expect(parseProblem(await call(server, ann, { target: `/v1/clusters?cursor=${cursor}` })).status).toBe(
      400,
    );
  });
});

describe('S4: an idempotency key', () => {
  test('G14: of one principal means nothing to another, with the same body', async () => {
    const key = newKey();
    const name = newName('shared');
    const first = await postCluster(server, ann, { name }, key);
    const other = await postCluster(server, bob, { name: newName('own') }, key);
    expect([first.status, other.status]).toEqual([202, 202]);
    expect(other.headers['idempotent-replayed']).toBeUndefined();
    expect(JSON.parse(other.text).cluster).toMatchObject({ team: 'b', requestedBy: 'local:bob' });
    // Ann's name is taken, and Bob learns no more than that.
    const clash = await postCluster(server, bob, { name }, newKey());
    expect(parseProblem(clash).code).toBe('NAME_TAKEN');
    expect(clash.text).not.toContain(JSON.parse(first.text).cluster.id);
    expect(clash.text).not.toContain('ann');
  });

  test('G14: replays nothing to a principal who has left the team', async () => {
    const carl = await installation.person('carl', 'requester@a', 'requester@b');
    const key = newKey();
    const body = { name: newName(), team: 'a' };
    expect((await postCluster(server, carl, body, key)).status).toBe(202);
    expect((await postCluster(server, carl, body, key)).headers['idempotent-replayed']).toBe('true');
    await installation.db.script(`delete from rbac_mappings where principal = 'local:carl' and team = 'a'`);
    const after = await postCluster(server, carl, body, key);
    expect(parseProblem(after)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});

test('S5: events of a foreign job are 404, as a page and as a stream', async () => {
  const { job } = await createCluster(server, bob);
  await appendEvents(installation.db, job.id, 1, 3);
  for (const accept of ['application/json', 'text/event-stream']) {
    const target = `/v1/jobs/${job.id}/events`;
    const foreign = await call(server, ann, { target, headers: { accept } });
    expect(parseProblem(foreign)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  }
  expect((await page(bob, `/v1/jobs/${job.id}/events`)).items).toHaveLength(3);
});

test('revoked grants and keys are refused at once', async () => {
  const dora = await installation.person('dora', 'requester@a');
  const list = () => call(server, dora, { target: '/v1/clusters' });
  expect((await list()).status).toBe(200);
  await installation.db.script(`delete from rbac_mappings where principal = 'local:dora'`);
  expect((await list()).status).toBe(403);
  await installation.db.script(
    `update access_keys set revoked_at = clock_now() where principal = 'local:dora'`,
  );
  expect(parseProblem(await list())).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
});
