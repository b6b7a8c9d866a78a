import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { insertGrant } from '../../../src/control-plane/kernel/access/grants.sql.ts';
import { createCluster } from './kit/clusters.ts';
import { type FakeSts, startFakeSts } from './kit/fake-sts.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { type OpenEventStream, openEventStream } from './kit/open-event-stream.ts';
import { call, expectUnauthenticated, newKey, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';
import { ACCOUNT, parseSessionKeys, signIn, stsServer } from './kit/sign-in.ts';

/** docs/access.md: a stream ends within a second. */
const WITHIN_MS = 1_000;

let installation: TestInstallation;
let sts: FakeSts;
/** Where access is changed. */
let server: TestServer;
/** Where the streams are open. */
let other: TestServer;
let root: Person;
let job: string;
const open: OpenEventStream[] = [];

beforeAll(async () => {
  installation = await createTestInstallation();
  sts = await startFakeSts();
  [server, other] = await Promise.all([stsServer(installation, sts), stsServer(installation, sts)]);
  root = await installation.person('root', 'platform_admin@*');
  job = (await createCluster(server, await installation.person('owner', 'requester@a'))).job.id;
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.leave();
});
afterAll(async () => {
  await installation.stop();
  await sts.stop();
});

async function follow(person: Person, on = other): Promise<OpenEventStream> {
  const stream = await openEventStream(on, person, job);
  expect(stream.status).toBe(200);
  open.push(stream);
  return stream;
}

const reconnect = (person: Person) =>
  call(other, person, { target: `/v1/jobs/${job}/events`, headers: { accept: 'text/event-stream' } });

async function change(person: Person, method: string, target: string): Promise<void> {
  const answer = await call(server, person, { method, target, headers: { 'idempotency-key': newKey() } });
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
}

/** @returns how many ms after now the stream ended; it must end without the job's end */
async function msUntilEnd(stream: OpenEventStream): Promise<number> {
  const from = performance.now();
  expect((await stream.rest()).filter(({ event }) => event === 'end')).toEqual([]);
  return performance.now() - from;
}

test('M4: a revoked key ends its streams within a second on another server', async () => {
  const ann = await installation.person('ann', 'requester@a');
  const streams = await Promise.all([follow(ann), follow(ann)]);
  await change(root, 'DELETE', `/v1/admin/keys/${ann.accessKeyId}`);
  for (const stream of streams) expect(await msUntilEnd(stream)).toBeLessThan(WITHIN_MS);
  expectUnauthenticated(await reconnect(ann));
});

test('M4: another key of the same person goes on when one is revoked', async () => {
  const [first, second] = [await installation.person('bob', 'requester@a'), await installation.person('bob')];
  const [revoked, kept] = [await follow(first), await follow(second)];
  await change(root, 'DELETE', `/v1/admin/keys/${first.accessKeyId}`);
  await msUntilEnd(revoked);
  await expectOpen(kept);
});

test('M4: a session that is ended ends its streams within a second on another server', async () => {
  const role = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`);
  const session = parseSessionKeys(await signIn(server, role));
  const principal = `role:${ACCOUNT}:dev`;
  await installation.db.query(insertGrant, {
    ...{ principal, role: 'requester', team: 'a', uniqueId: null, grantedBy: 'system:test' },
  });
  const stream = await follow(session);
  await change(session, 'DELETE', '/v1/auth/sessions/current');
  expect(await msUntilEnd(stream)).toBeLessThan(WITHIN_MS);
  expectUnauthenticated(await reconnect(session));
});

test('M4: a removed grant ends the streams within a second on another server', async () => {
  const eve = await installation.person('eve', 'requester@a', 'requester@b');
  const stream = await follow(eve);
  await change(root, 'DELETE', `/v1/admin/grants?principal=local%3Aeve&role=requester&team=a`);
  expect(await msUntilEnd(stream)).toBeLessThan(WITHIN_MS);
  expect(parseProblem(await reconnect(eve)).status).toBe(404);
});

test('M4: streams of one key share one check, which stops with the last of them', async () => {
  const on = await installation.server();
  const dan = await installation.person('dan', 'requester@a');
  const streams = await Promise.all(Array.from({ length: 5 }, () => follow(dan, on)));
  const checks = { count: 0 };
  const { db } = on.services;
  const query = db.query.bind(db);
  db.query = (statement, params) => {
    if (statement.name === 'access.find_key') checks.count += 1;
    return query(statement, params);
  };
  await pause(2_200);
  expect(checks.count).toBeGreaterThanOrEqual(2);
  expect(checks.count).toBeLessThanOrEqual(5);
  for (const stream of streams) stream.leave();
  await pause(600);
  const seen = checks.count;
  await pause(1_200);
  expect(checks.count).toBe(seen);
});

/** Two checks pass without ending the stream. */
async function expectOpen(stream: OpenEventStream): Promise<void> {
  const ended = stream.rest().then(() => 'ended');
  expect(await Promise.race([ended, pause(1_200).then(() => 'open')])).toBe('open');
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('M3: a principal has at most its number of streams on a server, and a server at most its own; another one is accepted when one has ended', async () => {
  const narrow = await installation.server({ http: { streamLimits: { perPrincipal: 2, total: 3 } } });
  const [kim, lee] = [
    await installation.person('kim', 'requester@a'),
    await installation.person('lee', 'requester@a'),
  ];
  const streams = [await follow(kim, narrow), await follow(kim, narrow)];
  const third = await reconnectTo(narrow, kim);
  expect(parseProblem(third)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  expect(third.headers['retry-after']).toBe('5');
  await follow(lee, narrow);
  expect((await reconnectTo(narrow, await installation.person('max', 'requester@a'))).status).toBe(429);
  streams[0]?.leave();
  const again = await eventuallyOpen(() => openEventStream(narrow, kim, job));
  open.push(again);
});

const reconnectTo = (on: TestServer, person: Person) =>
  call(on, person, { target: `/v1/jobs/${job}/events`, headers: { accept: 'text/event-stream' } });

/** The server hears of the end of a connection a moment later. */
async function eventuallyOpen(attempt: () => Promise<OpenEventStream>): Promise<OpenEventStream> {
  for (;;) {
    const stream = await attempt();
    if (stream.status === 200) return stream;
    stream.leave();
  }
}
