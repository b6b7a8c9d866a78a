import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createListener,
  LISTENER_LIMITS,
  type ListenerLimits,
  limitConnectionsPerAddress,
} from '../../../src/control-plane/http/listener.ts';
import { newName } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { bytesOf, call, exchange, newKey, parseProblem, sign } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

/** The real limits scaled down, so that no one waits for seconds. */
const QUICK: Partial<ListenerLimits> = {
  headersTimeoutMs: 200,
  requestTimeoutMs: 600,
  checkIntervalMs: 50,
  idleTimeoutMs: 400,
  keepAliveMs: 300,
  drainMs: 300,
};

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ http: { limits: QUICK } });
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

interface Dripping {
  readonly received: () => string;
  /** Resolves when the server has closed. */
  readonly closed: Promise<void>;
}

async function open(on: TestServer): Promise<Socket> {
  const { hostname, port } = new URL(on.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Sends the beginning, then a byte every 20 ms for as long as the server lets it. */
async function drip(on: TestServer, beginning: string, drop = 'x'): Promise<Dripping> {
  const socket = await open(on);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(beginning);
  const timer = setInterval(() => socket.write(drop), 20);
  // Not `once` of node:events, which rejects: a socket that the server cuts may also see its reset.
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
  return { received: () => Buffer.concat(chunks).toString(), closed };
}

describe('S29: a connection that', () => {
  test('says nothing is closed', async () => {
    const socket = await open(server);
    socket.resume();
    await once(socket, 'close');
  });

  test('sends its headers byte by byte is closed with a problem, others are served', async () => {
    const slow = await drip(server, 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ');
    expect((await call(server, ann, { target: '/v1/whoami' })).status).toBe(200);
    await slow.closed;
    expect(slow.received()).toContain('HTTP/1.1 408 Request Timeout');
    expect(slow.received()).toContain('"code":"REQUEST_TIMEOUT"');
  });

  test('sends its body byte by byte is closed, others are served', async () => {
    const headers = { host: 'x', 'content-type': 'application/json', 'content-length': '60000' };
    const slow = await drip(
      server,
      bytesOf({ method: 'POST', target: '/v1/clusters', headers }).replace('connection: close\r\n', ''),
    );
    expect((await call(server, ann, { target: '/v1/whoami' })).status).toBe(200);
    await slow.closed;
    expect(slow.received()).toMatch(/^(HTTP\/1.1 408 |$)/);
  });

  test('begins a second request and does not go on is closed without a word', async () => {
    const socket = await open(server);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    socket.write('GET /healthz HTTP/1.1\r\nhost');
    await once(socket, 'close');
    expect(
      Buffer.concat(chunks)
        .toString()
        .match(/HTTP\/1.1 \d+/g),
    ).toEqual(['HTTP/1.1 200']);
  });

  test('does not read its answer is closed', async () => {
    const big = await installation.server({
      http: { limits: QUICK },
      handlers: {
        listProfiles: {
          kind: 'query',
          run: async () => ({ items: Array.from({ length: 200 }, () => hugeProfile), nextCursor: null }),
        },
      },
    });
    const socket = await open(big);
    socket.pause();
    // 7 MB: more than the sockets between us hold.
    socket.write(bytesOf(await sign(big, ann, { target: '/v1/profiles' })));
    while ((await connections(big)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
  });
});

const connections = (on: TestServer) =>
  new Promise<number>((resolve) => on.app.server.getConnections((_error, count) => resolve(count)));

const hugeProfile = {
  name: 'x',
  displayName: 'x',
  description: 'x'.repeat(1_000),
  platform: 'aws',
  enabled: true,
  openshiftVersions: { allowlist: Array.from({ length: 100 }, () => 'v'.repeat(120)), default: 'v' },
  regions: { allowlist: Array.from({ length: 100 }, () => 'r'.repeat(120)), default: 'r' },
  baseDomains: { allowlist: Array.from({ length: 100 }, () => 'b'.repeat(120)), default: 'b' },
  controlPlane: { replicas: 3, instanceType: 'x', schedulable: true },
  workers: { replicas: 0, instanceType: 'x' },
  lifecycle: { defaultTTLHours: 1, maxTTLHours: 1, allowCustomTTL: true, warnBeforeDestroyHours: 1 },
  estimatedHourlyCost: 1,
};

test('S29: the limits that ship are those of the design', () => {
  const listener = createListener(() => {}, LISTENER_LIMITS);
  const {
    headersTimeout,
    requestTimeout,
    timeout,
    keepAliveTimeout,
    maxHeadersCount,
    maxConnections,
    maxRequestsPerSocket,
  } = listener;
  expect({
    headersTimeout,
    requestTimeout,
    timeout,
    keepAliveTimeout,
    maxHeadersCount,
    maxConnections,
    maxRequestsPerSocket,
  }).toEqual({
    headersTimeout: 5_000,
    requestTimeout: 15_000,
    timeout: 20_000,
    keepAliveTimeout: 5_000,
    maxHeadersCount: 64,
    maxConnections: 1_000,
    maxRequestsPerSocket: 1_000,
  });
});

test('M3: connections of one address beyond its limit are closed at once, and its next one is open when one has ended', async () => {
  const listener = createListener((_request, response) => response.end('served'), LISTENER_LIMITS);
  limitConnectionsPerAddress(listener, 3, () => false);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const open = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const answers = async (socket: Socket) => {
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return String(first).includes('served');
  };
  const held = [await open(), await open(), await open()];
  const fourth = await open();
  expect(await answers(fourth)).toBe(false);
  for (const socket of held) expect(await answers(socket)).toBe(true);
  const closed = once(listener, 'connection').then(() => undefined);
  held[0]?.end();
  await once(held[0] as Socket, 'close');
  const next = await open();
  await closed;
  expect(await answers(next)).toBe(true);
  for (const socket of [...held, next]) socket.destroy();
  await new Promise((resolve) => listener.close(resolve));
});

describe('a server that is told to stop', () => {
  test('answers what is under way, says that it is going, and lets no one else in', async () => {
    const going = await installation.server();
    let release = () => {};
    let began = () => {};
    const entered = new Promise<void>((resolve) => {
      began = resolve;
    });
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { db } = going.services;
    const tx = db.tx.bind(db);
    db.tx = async (work) => {
      began();
      await held;
      return tx(work);
    };
    const answer = call(going, ann, {
      method: 'POST',
      target: '/v1/clusters',
      headers: { 'idempotency-key': newKey() },
      body: { name: newName(), profile: 'aws-minimal-test' },
    });
    await entered;
    going.drain();
    const ready = await exchange(going, { method: 'GET', target: '/readyz', headers: {} });
    expect(parseProblem(ready)).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(ready.headers['retry-after']).toBe('5');
    expect((await fetch(`${going.url}/healthz`)).status).toBe(200);
    const closed = going.app.close();
    release();
    expect((await answer).status).toBe(202);
    await closed;
    await expect(fetch(`${going.url}/healthz`)).rejects.toThrow();
  });

  test('is not held by a slow connection', async () => {
    const going = await installation.server({
      http: { limits: { ...QUICK, headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 } },
    });
    const slow = await drip(going, 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ');
    while ((await connections(going)) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await going.app.close();
    await slow.closed;
  });
});
