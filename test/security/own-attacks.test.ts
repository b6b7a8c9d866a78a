import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AwsPerson, type FakeSts, proofOf, startFakeSts } from '../control-plane/http/kit/fake-sts.ts';
import type { Person } from '../control-plane/http/kit/installation.ts';
import { openEventStream } from '../control-plane/http/kit/open-event-stream.ts';
import { call, exchange, newKey } from '../control-plane/http/kit/requests.ts';
import { createCluster } from '../e2e/clusters.ts';
import type { ServerProcess } from '../e2e/server-process.ts';
import { AttackedSite } from './open-security-site.ts';
import { report } from './tools.ts';

const ACCOUNT = '111122223333';
const CONNECTIONS = 900;
const STREAMS = 20;
const JUNK_PROOFS = 60;
const SIGN_INS = 20;

const site = new AttackedSite();
let server: ServerProcess;
let sts: FakeSts;
let front: Server;
let admin: Person;
beforeAll(async () => {
  sts = await startFakeSts();
  front = await muteRegion('cn-north-1', sts.url);
  const { port } = front.address() as AddressInfo;
  const env = { OCPCTL_AWS_ACCOUNTS: ACCOUNT, OCPCTL_STS_ENDPOINT: `http://127.0.0.1:${port}` };
  server = await site.start({ args: ['--auth', 'local,sts'], env });
  admin = { principal: 'local:admin', ...site.credentials() };
});
afterAll(async () => {
  await site.close();
  front.closeAllConnections();
  front.close();
  await sts.stop();
});

test('M3: silent connections by the hundred: others are served', async () => {
  const { hostname, port } = new URL(server.url);
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, async (): Promise<Socket> => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    }),
  );
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => call(server, admin, { target: '/v1/whoami' })),
  );
  for (const socket of sockets) socket.destroy();
  const answered = answers.filter(({ status }) => status === 200).length;
  report('connections', `${CONNECTIONS} silent connections beside 30 requests`, `${answered} of 30 answered`);
  expect(answered).toBe(30);
});

test('M4: a key that is revoked while its streams are open', async () => {
  const client = site.client(server);
  const { job } = await createCluster(client, { name: 'watched', profile: 'aws-minimal-test' });
  const made = await call(server, admin, {
    method: 'POST',
    target: '/v1/admin/keys',
    headers: { 'idempotency-key': newKey() },
    body: { principal: admin.principal },
  });
  const { id, secretAccessKey } = JSON.parse(made.text);
  const watcher = { principal: admin.principal, accessKeyId: id, secretAccessKey };
  const streams = await Promise.all(
    Array.from({ length: STREAMS }, () => openEventStream(server, watcher, job.id)),
  );
  const open = streams.filter(({ status }) => status === 200).length;
  const revokedAt = performance.now();
  await call(server, admin, {
    method: 'DELETE',
    target: `/v1/admin/keys/${id}`,
    headers: { 'idempotency-key': newKey() },
  });
  await Promise.all(streams.map((stream) => stream.rest()));
  const ms = Math.round(performance.now() - revokedAt);
  const again = await call(server, watcher, { target: '/v1/whoami' });
  report('revocation', `${open} open streams of a key that was revoked`, `all ended within ${ms} ms`);
  expect(open).toBe(STREAMS);
  expect(again.status).toBe(401);
});

test('H3: proofs for a region of STS that does not answer: sign-ins of other regions go on', async () => {
  const signIn = async (person: AwsPerson, region: string) => {
    const headers = { 'content-type': 'application/json', ...(await proofOf(server, person, { region })) };
    return (await exchange(server, { method: 'POST', target: '/v1/auth/sessions', headers, body: '{}' }))
      .status;
  };
  const role = (name: string) => `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/someone`;
  const junk = Array.from({ length: JUNK_PROOFS }, (_, i) =>
    signIn(sts.person(role(`junk${i}`)), 'cn-north-1'),
  );
  const valid: number[] = [];
  for (let i = 0; i < SIGN_INS; i++) valid.push(await signIn(sts.person(role('ops')), 'us-east-1'));
  const refused = await Promise.all(junk);
  const letIn = valid.filter((status) => status === 201).length;
  report(
    'mute STS',
    `${JUNK_PROOFS} proofs for a silent region (${refused.filter((status) => status === 429).length} limited) beside ${SIGN_INS} sign-ins in another`,
    `${letIn} of ${SIGN_INS} signed in`,
  );
  expect(letIn).toBe(SIGN_INS);
  expect(refused.every((status) => status === 429 || status === 503)).toBe(true);
});

test('M6: text of users in the output of every format', async () => {
  const { cluster } = await createCluster(site.client(server), { name: 'talk', profile: 'aws-minimal-test' });
  const reasons = hostileTexts();
  const accepted: number[] = [];
  for (const reason of reasons) {
    const body = { kind: 'kubeadmin-password', reason };
    const target = `/v1/clusters/${cluster.id}/credentials`;
    const headers = { 'idempotency-key': newKey() };
    accepted.push((await call(server, admin, { method: 'POST', target, headers, body })).status);
  }
  const printed: string[] = [];
  for (const format of ['table', 'wide', 'csv', 'yaml', 'json'])
    printed.push((await site.cli('admin', 'audit', 'list', '--limit', '200', '-o', format)).stdout);
  printed.push((await site.cli('admin', 'audit', 'export')).stdout);
  const raw = printed.flatMap((text) => text.match(HOSTILE) ?? []);
  report(
    'output',
    `${reasons.length} reasons with control, bidirectional and format characters and formulas (${accepted.filter((status) => status < 400 || status === 404).length} recorded) in 6 formats`,
    raw.length === 0 ? 'none printed raw' : `${raw.length} raw characters`,
  );
  expect(printed.every((text) => text.length > 100)).toBe(true);
  expect(raw).toEqual([]);
});

/** C0 but tab and line feed, DEL, C1, line and paragraph separators, bidirectional controls. */
const HOSTILE = /(?![\n\t])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

function hostileTexts(): string[] {
  const characters = [
    ...Array.from({ length: 32 }, (_, code) => code),
    ...Array.from({ length: 33 }, (_, code) => 127 + code),
    ...[0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069],
  ].map((code) => String.fromCharCode(code));
  return [
    ...characters.map((character) => `before${character}after`),
    '\u001b]0;title\u0007\u001b[2J',
    "=1+1'!A0",
  ];
}

/** An STS in front of the given one, which leaves requests for one region without an answer. */
async function muteRegion(region: string, upstream: string): Promise<Server> {
  const { hostname, port } = new URL(upstream);
  const server = createServer((incoming, response) => {
    if (incoming.headers.host?.startsWith(`sts.${region}.`)) return;
    const { method, url: path, headers } = incoming;
    const outgoing = httpRequest({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
