import { afterAll, beforeAll, expect, test } from 'vitest';
import { terminateConnections } from '../../setup/database.ts';
import { type DatabaseLink, linkToDatabase } from '../../setup/database-link.ts';
import { newName, postCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, exchange, newKey, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let link: DatabaseLink;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  link = await linkToDatabase(installation.databaseUrl);
  server = await installation.server({ databaseUrl: link.url });
  ann = await installation.person('ann', 'requester@a');
});
afterAll(async () => {
  await installation.stop();
  await link.close();
});

test('G11: 503 while the database is away, and what was acknowledged is still true after', async () => {
  const key = newKey();
  const body = { name: newName() };
  const accepted = await postCluster(server, ann, body, key);
  expect(accepted.status).toBe(202);

  await link.cut();
  for (const target of ['/readyz', '/v1/whoami', '/v1/clusters']) {
    const answer = await call(server, ann, { target });
    expect(parseProblem(answer)).toMatchObject({ status: 503, code: 'UNAVAILABLE', errors: [] });
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|postgres/i);
  }
  expect((await postCluster(server, ann, body, key)).status).toBe(503);
  expect((await exchange(server, { method: 'GET', target: '/healthz', headers: {} })).status).toBe(200);

  await link.restore();
  expect((await call(server, ann, { target: '/readyz' })).status).toBe(200);
  const replayed = await postCluster(server, ann, body, key);
  expect([replayed.status, replayed.text, replayed.headers['idempotent-replayed']]).toEqual([
    202,
    accepted.text,
    'true',
  ]);
});

test('a restart of the database costs at most the requests of that moment', async () => {
  for (let round = 0; round < 3; round++) {
    await terminateConnections(installation.databaseUrl);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => call(server, ann, { target: '/v1/whoami' })),
    );
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    // Our own client does not even notice.
    expect((await server.client(ann).GET('/v1/clusters')).response.status).toBe(200);
  }
});
