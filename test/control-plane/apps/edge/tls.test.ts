import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { Agent, type MessageEvent, WebSocket } from 'undici';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { CertificateAuthority } from '../../../../src/control-plane/apps/edge/tls/certificate-authority.ts';
import { createInternalCa, openInternalCa } from '../../../../src/control-plane/apps/edge/tls/internal-ca.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import { issueCertificate } from '../../http/kit/certificates.ts';
import { acceptWebSocket, HOST, startEdge, startUpstream, type TestEdge } from './edge-fixture.ts';

const HOUR_MS = 3_600_000;

async function internalCa(clock = systemClock): Promise<CertificateAuthority> {
  return await openInternalCa(await createInternalCa('test authority', clock), clock);
}

async function startSecureEdge(authority: CertificateAuthority, clock = systemClock): Promise<TestEdge> {
  const edge = await startEdge({ tls: { kind: 'internal', authority }, clock });
  const upstream = await startUpstream('a', (received, response) => {
    response.end(
      `${received.headers['x-forwarded-proto']} ${received.httpVersion} ${received.headers.cookie}`,
    );
  });
  edge.route([upstream]);
  return edge;
}

async function handshake(port: number, servername: string, ca: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername, ca });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

async function certificateOf(port: number, ca: string): Promise<PeerCertificate> {
  const socket = await handshake(port, HOST, ca);
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}

test('P2: HTTP/2 and HTTP/1.1 are spoken with a certificate of the internal authority', async () => {
  const authority = await internalCa();
  const { port } = await startSecureEdge(authority);

  const session = connectHttp2(`https://${HOST}:${port}`, { ca: authority.cert, lookup: toLoopback });
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':path': '/', cookie: ['a=1', 'b=2'] });
  const [headers] = await once(stream, 'response');
  expect(headers).toMatchObject({ ':status': 200, 'x-request-id': 'req_1' });
  expect(await text(stream)).toBe('https 1.1 a=1; b=2');

  const sent = request({
    host: '127.0.0.1',
    port,
    servername: HOST,
    ca: authority.cert,
    headers: { host: HOST },
  });
  sent.end();
  const [response] = await once(sent, 'response');
  expect(await text(response)).toBe('https 1.1 undefined');
});

test('P2: a host without a route gets an alert, and no certificate is issued', async () => {
  const authority = await internalCa();
  const issue = vi.spyOn(authority, 'issue');
  const { port, route } = await startSecureEdge(authority);
  await expect(handshake(port, 'other.example.test', authority.cert)).rejects.toThrow(/alert/);
  expect(issue).not.toHaveBeenCalled();

  await handshake(port, HOST, authority.cert);
  expect(issue).toHaveBeenCalledTimes(1);
  route([], { host: 'moved.example.test' });
  await expect(handshake(port, HOST, authority.cert)).rejects.toThrow(/alert/);
});

test('P20: a certificate is issued once, renewed before it ends, and replaced when it has ended', async () => {
  // In the past, so that the client of the test, whose clock is the true one, accepts both.
  let passedMs = -17 * HOUR_MS;
  const clock = { ...systemClock, now: () => new Date(Date.now() + passedMs) };
  const authority = await internalCa(clock);
  const { port } = await startSecureEdge(authority, clock);
  const ca = authority.cert;
  const first = await certificateOf(port, ca);
  expect((await certificateOf(port, ca)).serialNumber).toBe(first.serialNumber);

  passedMs = 0;
  expect((await certificateOf(port, ca)).serialNumber).toBe(first.serialNumber);
  await expect.poll(async () => (await certificateOf(port, ca)).serialNumber).not.toBe(first.serialNumber);

  const second = await certificateOf(port, ca);
  passedMs = 48 * HOUR_MS;
  const socket = connect({ host: '127.0.0.1', port, servername: HOST, rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  expect(socket.getPeerCertificate().serialNumber).not.toBe(second.serialNumber);
});

test('a WebSocket passes over TLS', async () => {
  const authority = await internalCa();
  const { port, route } = await startSecureEdge(authority);
  const upstream = await startUpstream('ws', (_received, response) => response.end());
  upstream.server.on('upgrade', (received, socket) => {
    acceptWebSocket(received, socket);
    socket.write(Buffer.from([0x81, 2, 0x68, 0x69]));
  });
  route([upstream]);
  const agent = new Agent({ connect: { ca: authority.cert, lookup: toLoopback } });
  onTestFinished(() => agent.destroy());
  const socket = new WebSocket(`wss://${HOST}:${port}/`, { dispatcher: agent });
  expect(((await once(socket, 'message')) as [MessageEvent])[0].data).toBe('hi');
});

test('certificate files are read again when they are replaced', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { certFile: join(folder, 'edge.pem'), keyFile: join(folder, 'edge.key') };
  const authority = issueCertificate('test authority', { isAuthority: true });
  const put = async () => {
    const { cert, key } = issueCertificate('edge', { issuer: authority, names: [HOST] });
    await writeFile(files.keyFile, key, { mode: 0o600 });
    await writeFile(files.certFile, cert);
  };
  await put();
  const { port } = await startEdge({ tls: { kind: 'files', files, pollMs: 20 } });
  const first = await certificateOf(port, authority.cert);
  await put();
  await expect
    .poll(async () => (await certificateOf(port, authority.cert)).serialNumber, { timeout: 30_000 })
    .not.toBe(first.serialNumber);
});

function toLoopback(
  _host: string,
  _options: unknown,
  done: (error: null, addresses: { address: string; family: number }[]) => void,
): void {
  done(null, [{ address: '127.0.0.1', family: 4 }]);
}
