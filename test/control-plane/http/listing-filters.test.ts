import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let admin: Person;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('filters', 'platform_admin@*');
  ann = await installation.person('ann', 'requester@a');
  bob = await installation.person('bob', 'requester@a', 'requester@b');
  await createCluster(server, ann, { name: 'ann-1', tags: { suite: 'ci', run: '1=2' } });
  await createCluster(server, ann, { name: 'ann-2', tags: { suite: 'ci' } });
  await createCluster(server, bob, { name: 'bob-1', team: 'b' });
});
afterAll(() => installation.stop());

async function names(query: string, person = admin, path = '/v1/clusters'): Promise<string[]> {
  const answer = await call(server, person, { target: `${path}?${query}` });
  expect(answer.status, query).toBe(200);
  const { items } = JSON.parse(answer.text) as { items: { name: string; resourceName: string }[] };
  return items.map(({ name, resourceName }) => name ?? resourceName).sort();
}

test.each([
  ['status=PENDING', ['ann-1', 'ann-2', 'bob-1']],
  ['status=READY,PENDING', ['ann-1', 'ann-2', 'bob-1']],
  ['status=READY%2CFAILED', []],
  ['status=ACTIVE', ['ann-1', 'ann-2', 'bob-1']],
  ['status=ACTIVE,DESTROYED', ['ann-1', 'ann-2', 'bob-1']],
  ['status=DESTROYED', []],
  ['owner=ann', ['ann-1', 'ann-2']],
  ['owner=ann,bob', ['ann-1', 'ann-2', 'bob-1']],
  ['team=b', ['bob-1']],
  ['team=a,b', ['ann-1', 'ann-2', 'bob-1']],
  ['tag=suite=ci', ['ann-1', 'ann-2']],
  ['tag=suite=ci,run=1=2', ['ann-1']],
  ['tag=suite=ci,run=1', []],
  ['tag=Team=b', ['bob-1']],
  ['owner=eve', []],
])('clusters with %s', async (query, expected) => {
  expect(await names(query)).toEqual(expected);
});

test('mine: those that the caller owns, also beside named owners', async () => {
  expect(await names('mine=true', bob)).toEqual(['bob-1']);
  expect(await names('mine=false', bob)).toEqual(['ann-1', 'ann-2', 'bob-1']);
  expect(await names('mine=true&owner=ann', bob)).toEqual([]);
  expect(await names('mine=true&owner=ann,bob', bob)).toEqual(['bob-1']);
  expect(await names('mine=true')).toEqual([]);
});

test('no filter shows what the grants of the caller do not', async () => {
  for (const query of ['team=b', 'team=a,b&owner=bob', 'tag=Team=b', 'owner=bob'])
    expect(await names(query, ann)).toEqual([]);
});

test.each([
  ['status=SLEEPING,READY', 'status.0 ENUM'],
  ['tag=suite', 'tag.0 PATTERN'],
  ['tag=', 'tag.0 PATTERN'],
  ['tag=a=1,a=2', 'tag INVALID'],
  ['owner=a%00b', 'owner'],
  [`owner=${Array.from({ length: 21 }, (_, index) => `o${index}`).join(',')}`, 'owner MAXITEMS'],
])('%s is refused by name', async (query, problem) => {
  const answer = await call(server, admin, { target: `/v1/clusters?${query}` });
  expect(answer.status).toBe(400);
  const { errors } = parseProblem(answer);
  expect(errors.map(({ field, code }) => `${field} ${code}`).join()).toContain(problem);
});

test('jobs in several statuses and of several types', async () => {
  expect(await names('status=PENDING', admin, '/v1/jobs')).toEqual(['ann-1', 'ann-2', 'bob-1']);
  expect(await names('status=FAILED,PENDING&type=CREATE,DESTROY', admin, '/v1/jobs')).toHaveLength(3);
  expect(await names('status=FAILED,CANCELLED', admin, '/v1/jobs')).toEqual([]);
  expect(await names('type=DESTROY', admin, '/v1/jobs')).toEqual([]);
});
