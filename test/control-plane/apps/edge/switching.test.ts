import { expect, test } from 'vitest';
import { AppsLoad, type AppsLoadReport } from '../../../e2e/apps-load.ts';
import { acceptWebSocket, HOST, startEdge, startUpstream, type TestUpstream } from './edge-fixture.ts';

const SWITCHES = 40;
/** Switches that a stream lives through. */
const STREAM_SWITCHES = 3;
/** Of each upstream before the next one replaces it. */
const REQUESTS_PER_UPSTREAM = 5;

interface Progress {
  switches: number;
  /** Streams end. */
  over: boolean;
}

interface Release extends TestUpstream {
  readonly served: () => number;
}

/** One release of an application: plain answers, a stream that ends after some switches, a WebSocket. */
async function startRelease(number: number, progress: Progress): Promise<Release> {
  let served = 0;
  const upstream = await startUpstream(`release-${number}`, (request, response) => {
    if (request.url !== '/stream') {
      served += 1;
      response.end(`release ${number}`);
      return;
    }
    const last = progress.switches + STREAM_SWITCHES;
    const timer = setInterval(() => {
      response.write('.');
      if (progress.switches < last && !progress.over) return;
      clearInterval(timer);
      response.end('end');
    }, 5);
    response.on('close', () => clearInterval(timer));
  });
  upstream.server.on('upgrade', (request, socket) => {
    acceptWebSocket(request, socket);
    socket.on('data', (frame: Buffer) => {
      // A close frame is answered; "hello" is sent back without its mask.
      if (((frame[0] ?? 0) & 0x0f) === 8) socket.end(Buffer.from([0x88, 2, 0x03, 0xe9]));
      else socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]));
    });
  });
  return { ...upstream, served: () => served };
}

/** Replaces the upstream 40 times under load. @param inOrder switch, drain, stop; else the old one is stopped first */
async function replaceUnderLoad(inOrder: boolean): Promise<AppsLoadReport> {
  const { edge, port, route } = await startEdge({ accessLogShare: 0 });
  const progress: Progress = { switches: 0, over: false };
  let current = await startRelease(0, progress);
  route([current]);
  const load = new AppsLoad({
    base: `http://127.0.0.1:${port}`,
    host: HOST,
    requestsPerSecond: 400,
    streamPath: '/stream',
    webSocketPath: '/ws',
  });
  const drains: Promise<void>[] = [];
  while (progress.switches < SWITCHES) {
    const next = await startRelease(progress.switches + 1, progress);
    const old = current;
    if (!inOrder) {
      await old.stop();
      await expect.poll(() => load.report.failures.length, { interval: 5 }).toBeGreaterThan(0);
    }
    route([next]);
    progress.switches += 1;
    edge.closeLongLived(old.id);
    if (inOrder) drains.push(drain(old));
    await expect
      .poll(next.served, { interval: 5, timeout: 20_000 })
      .toBeGreaterThanOrEqual(REQUESTS_PER_UPSTREAM);
    current = next;
    if (!inOrder) break;
  }
  // On a fast machine every WebSocket was replaced before its first message: the last one stays.
  if (inOrder)
    await expect.poll(() => load.report.messages, { interval: 5, timeout: 20_000 }).toBeGreaterThan(0);
  progress.over = true;
  await Promise.all(drains);
  return await load.stop();

  /** Stops an upstream when nothing is in progress on it, as a deployment does. */
  async function drain(old: Release): Promise<void> {
    await expect.poll(() => edge.inFlight().get(old.id) ?? 0, { interval: 5, timeout: 20_000 }).toBe(0);
    const servedBefore = old.served();
    await old.stop();
    expect(old.served()).toBe(servedBefore);
  }
}

test('A1: 40 switches under load lose no request, stream or WebSocket', async () => {
  const { succeeded, failures, webSocketCloses, messages } = await replaceUnderLoad(true);
  expect(failures).toEqual([]);
  expect(succeeded['keep-alive'] + succeeded['new connection']).toBeGreaterThanOrEqual(
    SWITCHES * REQUESTS_PER_UPSTREAM,
  );
  expect(succeeded.stream).toBeGreaterThan(1);
  // Each was closed by a drain, with the code that tells its client to connect again.
  expect([...webSocketCloses.keys()]).toEqual([1001]);
  expect(messages).toBeGreaterThan(0);
});

test('A1: an upstream that is stopped before the switch loses requests: the test above can fail', async () => {
  const { failures } = await replaceUnderLoad(false);
  expect(failures.length).toBeGreaterThan(0);
});
