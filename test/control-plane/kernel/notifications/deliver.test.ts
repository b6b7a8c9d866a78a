import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { HTTP } from 'cloudevents';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { deliverNotificationsTask } from '../../../../src/control-plane/kernel/notifications/deliver-task.ts';
import { claimDeliveries } from '../../../../src/control-plane/kernel/notifications/deliveries.sql.ts';
import { publishNotification } from '../../../../src/control-plane/kernel/notifications/publish.ts';
import {
  type SecretId,
  type SecretStore,
  SecretUnreadableError,
} from '../../../../src/control-plane/kernel/secrets/secret-store.ts';
import { eventually } from '../../../e2e/eventually.ts';
import { runTask } from '../../../setup/run-task.ts';
import { newName } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

/** Which `notificationNetworks` of the settings permit. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** Sessions of this database that wait for the lock of another one. */
const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
const makeDue = statement({
  name: 'test.make_deliveries_due',
  text: `update notification_deliveries set next_at = clock_now() where status = 'PENDING' returning event_id as "id"`,
  params: {},
  row: { id: 'text' },
});

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly path: string;
  readonly body: string;
}

let installation: TestInstallation;
let api: TestServer;
let admin: Person;
let receiver: Server;
let received: Received[];
let answer: { status: number; headers?: Record<string, string> };
let hook: string;

beforeAll(async () => {
  installation = await createTestInstallation();
  api = await installation.server({ notificationNetworks: LOOPBACK });
  admin = await installation.person('admin', 'platform_admin@*');
});
afterAll(() => installation.stop());
beforeEach(async () => {
  [received, answer] = [[], { status: 204 }];
  receiver = createServer(async (request, response) => {
    received.push({ headers: request.headers, path: request.url ?? '', body: await readText(request) });
    response.writeHead(answer.status, answer.headers).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

async function addTarget(body: object = {}) {
  const request = { name: newName('target'), kind: 'webhook', url: hook, ...body };
  const added = await call(api, admin, { method: 'POST', target: '/v1/admin/notifications', body: request });
  expect(added.status, added.text).toBe(201);
  return JSON.parse(added.text) as { target: { id: string; name: string }; signingSecret: string | null };
}

const publish = (data: object = {}, subjectName = 'demo') =>
  installation.db.tx((tx) =>
    publishNotification(tx, {
      ...{ type: 'cluster.ready', team: 'a', subject: 'clu_1', subjectName },
      data: { name: 'demo', ...data },
    }),
  );

function deliver(allowedNetworks: readonly string[] = LOOPBACK, secrets = installation.secrets) {
  const { db } = installation;
  const task = deliverNotificationsTask({
    ...{
      db,
      secrets,
      clock: systemClock,
      random: () => 0,
      allowedNetworks,
      source: 'urn:ocpctl',
      awsEndpoint: undefined,
      intervalMs: 1,
    },
  });
  return runTask(task);
}

async function deliveriesOf(target: string) {
  const path = `/v1/admin/notification-deliveries?target=${target}`;
  return JSON.parse((await call(api, admin, { target: path })).text).items as Record<string, unknown>[];
}

test('a webhook is a CloudEvent, signed by Standard Webhooks; both are read by the libraries of receivers', async () => {
  const { target, signingSecret } = await addTarget();
  const id = await publish();
  await deliver();
  expect(received).toHaveLength(1);
  const [{ headers, body }] = received as [Received];
  const verified = new Webhook(signingSecret ?? '').verify(body, headers as Record<string, string>);
  const event = HTTP.toEvent({ headers, body });
  expect(event).toMatchObject({
    id,
    type: 'cluster.ready',
    source: 'urn:ocpctl',
    subject: 'clu_1',
  });
  expect(verified).toMatchObject({ specversion: '1.0', data: { name: 'demo', team: 'a' } });
  expect(() =>
    new Webhook(signingSecret ?? '').verify(`${body} `, headers as Record<string, string>),
  ).toThrow();
  expect(await deliveriesOf(target.name)).toMatchObject([
    { eventId: id, status: 'DELIVERED', lastResult: 'HTTP 204' },
  ]);
});

test('at least once: what failed is sent again with the same id and a new time', async () => {
  const { target } = await addTarget();
  answer = { status: 503, headers: { 'retry-after': '1' } };
  const id = await publish();
  await deliver();
  expect(await deliveriesOf(target.name)).toMatchObject([
    { status: 'PENDING', attempts: 1, lastResult: 'HTTP 503' },
  ]);
  await deliver();
  expect(received).toHaveLength(1);
  answer = { status: 200 };
  await installation.db.query(makeDue, {});
  await deliver();
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
  expect(await deliveriesOf(target.name)).toMatchObject([{ status: 'DELIVERED', attempts: 2 }]);
});

test('several janitors deliver each event once', async () => {
  await addTarget();
  const ids = await Promise.all(Array.from({ length: 12 }, () => publish()));
  await Promise.all([deliver(), deliver(), deliver()]);
  expect(received.map(({ headers }) => headers['webhook-id']).sort()).toEqual(ids.sort());
});

test('a delivery whose janitor died is sent by another one', async () => {
  await addTarget();
  const id = await publish();
  await installation.db.query(claimDeliveries, { limit: 10, leaseMs: 0 });
  await deliver();
  expect(received.map(({ headers }) => headers['webhook-id'])).toContain(id);
});

test('a target that answers 410 is disabled; a replay enables it and sends what was given up', async () => {
  const { target } = await addTarget();
  answer = { status: 410 };
  const id = await publish();
  await deliver();
  const later = await publish();
  expect(await deliveriesOf(target.name)).toMatchObject([
    { eventId: later, status: 'FAILED', attempts: 0 },
    { eventId: id, status: 'FAILED', lastResult: 'HTTP 410' },
  ]);
  answer = { status: 200 };
  const path = `/v1/admin/notifications/${target.name}/replay`;
  const replayed = await call(api, admin, { method: 'POST', target: path, body: {} });
  expect(JSON.parse(replayed.text)).toMatchObject({ replayed: 2, target: { disabledAt: null } });
  const unknown = await call(api, admin, {
    method: 'POST',
    target: path,
    body: { eventIds: ['evt_01k2x8h3m5v7t9w0q4r6s8d2fa'] },
  });
  expect(unknown.status).toBe(404);
  await deliver();
  const told = received.map(({ headers }) => headers['webhook-id']).sort();
  // What happened while it was disabled is not lost.
  expect(told).toEqual([id, id, later]);
});

test('redirects are not followed', async () => {
  const { target } = await addTarget();
  answer = { status: 302, headers: { location: `${hook}/elsewhere` } };
  await publish();
  await deliver();
  expect(received.map(({ path }) => path)).toEqual(['/hook']);
  expect(await deliveriesOf(target.name)).toMatchObject([{ status: 'PENDING', lastResult: 'HTTP 302' }]);
});

test('nothing is sent to a private address: neither as text nor behind a name, also when it was permitted before', async () => {
  const named = await addTarget({ url: hook.replace('127.0.0.1', 'localhost') });
  const numbered = await addTarget();
  await publish();
  // Another private network is permitted, so that plain HTTP is.
  await deliver(['10.0.0.0/8']);
  expect(received).toEqual([]);
  expect(await deliveriesOf(named.target.name)).toMatchObject([
    { status: 'FAILED', lastResult: 'the name resolves to an address that is not permitted' },
  ]);
  expect(await deliveriesOf(numbered.target.name)).toMatchObject([
    { status: 'FAILED', lastResult: 'the URL must not be a private or reserved address' },
  ]);
});

test('a private address is rejected when it is added', async () => {
  const strict = await installation.server();
  const body = { name: newName('target'), kind: 'webhook', url: 'https://169.254.169.254/latest' };
  for (const target of ['/v1/admin/notifications', '/v1/admin/notifications?dryRun=true']) {
    const answer = await call(strict, admin, { method: 'POST', target, body });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('must not be a private or reserved address');
  }
});

test('a message for Slack has the facts as text: nothing of it alerts a channel', async () => {
  const { signingSecret } = await addTarget({ kind: 'slack' });
  expect(signingSecret).toBeNull();
  await publish({ reason: 'done <!channel> & *more*\nteam: prod', owner: 'ann' }, 'demo <@everyone>');
  await deliver();
  const [{ body }] = received as [Received];
  const { text, blocks } = JSON.parse(body);
  expect(text).toBe('cluster.ready: demo &lt;@everyone&gt;');
  expect(blocks).toMatchObject([{ type: 'section', text: { type: 'plain_text', emoji: false } }]);
  expect(blocks[0].text.text.split('\n')).toEqual([
    'cluster.ready: demo <@everyone>',
    'reason: done <!channel> & *more* team: prod',
    'name: demo',
    'owner: ann',
    'team: a',
  ]);
});

test('G15: addresses and signing secrets are sealed and not shown again', async () => {
  const { target, signingSecret } = await addTarget({ url: `${hook}?token=very-secret-token` });
  const listed = await call(api, admin, { target: '/v1/admin/notifications?limit=200' });
  expect(listed.text).toContain(target.name);
  expect(listed.text).not.toContain('very-secret-token');
  expect(listed.text).not.toContain(signingSecret);
  await call(api, admin, { method: 'DELETE', target: `/v1/admin/notifications/${target.name}` });
  const again = await call(api, admin, { target: '/v1/admin/notifications?limit=200' });
  expect(again.text).not.toContain(`"${target.name}"`);
});

test('a test event reaches one target alone', async () => {
  const { target } = await addTarget();
  const other = await addTarget({ team: 'b' });
  const sent = await call(api, admin, {
    method: 'POST',
    target: `/v1/admin/notifications/${target.name}/test`,
  });
  expect(sent.status).toBe(202);
  await deliver();
  expect(received.map(({ body }) => JSON.parse(body).type)).toEqual(['notification.test']);
  expect(await deliveriesOf(other.target.name)).toEqual([]);
});

test('a removal of a target waits for what is being published, and never fails it', async () => {
  const { target } = await addTarget();
  const { db } = installation;
  let removal: Promise<unknown> | undefined;
  const other = new pg.Client(installation.databaseUrl);
  await other.connect();
  await db.tx(async (tx) => {
    await publishNotification(tx, {
      ...{ type: 'cluster.ready', team: 'a', subject: 'clu_1', subjectName: 'demo', data: {} },
    });
    removal = call(api, admin, { method: 'DELETE', target: `/v1/admin/notifications/${target.name}` });
    await eventually('the removal waits', async () => (await other.query(WAITING)).rowCount === 1);
  });
  await removal;
  await other.end();
  expect((await call(api, admin, { target: '/v1/admin/notifications?limit=200' })).text).not.toContain(
    target.name,
  );
});

test('a secret that cannot be opened is the result of its target; the others are delivered', async () => {
  const broken = await addTarget();
  const { target } = await addTarget();
  const id = await publish();
  const { secrets } = installation;
  const failing = {
    ...secrets,
    open: async (db: Db, secretId: SecretId) => {
      if (secretId.ownerId === broken.target.id)
        throw new SecretUnreadableError(secretId, 'its key is missing');
      return secrets.open(db, secretId);
    },
  } as SecretStore;
  await deliver(LOOPBACK, failing);
  expect(await deliveriesOf(target.name)).toMatchObject([{ eventId: id, status: 'DELIVERED' }]);
  expect(await deliveriesOf(broken.target.name)).toMatchObject([
    { eventId: id, status: 'PENDING', attempts: 1, lastResult: 'SECRET_UNREADABLE' },
  ]);
});

test('the backlogs of other targets do not delay the first delivery of one', async () => {
  const { db } = installation;
  await db.script('delete from notification_targets');
  for (let index = 0; index < 12; index++) await addTarget();
  for (let index = 0; index < 6; index++) await publish();
  const { target } = await addTarget();
  await publish();
  const claimed = await db.query(claimDeliveries, { limit: 13, leaseMs: 0 });
  expect(claimed.filter(({ targetId }) => targetId === target.id)).toHaveLength(1);
});
