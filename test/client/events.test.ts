import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiError, UnreachableError } from '../../src/client/api-error.ts';
import { followEvents } from '../../src/client/follow-events.ts';
import { type ContactState, ServerContact } from '../../src/client/server-contact.ts';
import type { JobEvent } from '../../src/contract/documents.ts';
import { clientOf, fakeClock, json, problem, type SignedServer, startSignedServer } from './signed-server.ts';

let server: SignedServer;
beforeEach(async () => {
  server = await startSignedServer();
});
afterEach(() => server.stop());

const END = `event: end\ndata: ${JSON.stringify({ id: 'job_1', status: 'SUCCEEDED' })}\n\n`;

function message(seq: number): string {
  const event = {
    seq,
    at: '2026-03-01T12:00:00Z',
    attempt: 1,
    phase: null,
    kind: 'log',
    level: 'info',
    message: `line ${seq}`,
  };
  return `id: ${seq}\ndata: ${JSON.stringify({ ...event, data: {} })}\n\n`;
}

type Ending = 'close' | 'cut';

/** Answers with a stream of these parts. */
function stream(parts: string[], ending: Ending = 'close') {
  return (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(parts.join(''), () => (ending === 'cut' ? response.destroy() : response.end()));
  };
}

async function collect(
  events: AsyncGenerator<JobEvent, unknown>,
): Promise<{ seqs: number[]; result: unknown }> {
  const seqs: number[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done === true) return { seqs, result: next.value };
    seqs.push(next.value.seq);
  }
}

const resumedAfter = () => server.received.map(({ request }) => request.headers['last-event-id']);

test('events come in order, and the job when it has ended', async () => {
  server.answers.push(stream([': hello\n\n', message(1), message(2), END]));
  const { seqs, result } = await collect(followEvents(clientOf(server), 'job_1'));
  expect(seqs).toEqual([1, 2]);
  expect(result).toEqual({ id: 'job_1', status: 'SUCCEEDED' });
  expect(server.received[0]?.request).toMatchObject({
    url: '/v1/jobs/job_1/events',
    headers: { accept: 'text/event-stream' },
  });
  expect(resumedAfter()).toEqual([undefined]);
});

test('an event is handed on when it comes, not when the stream ends', async () => {
  let response: ServerResponse | undefined;
  server.answers.push((_, opened) => {
    response = opened.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(message(1));
  });
  const events = followEvents(clientOf(server), 'job_1');
  expect((await events.next()).value).toMatchObject({ seq: 1 });
  response?.end(END);
  expect(await events.next()).toMatchObject({ done: true });
});

test('a stream that drops is resumed after the last event, each event once', async () => {
  server.answers.push(
    stream([message(1), message(2), 'id: 3\ndata: {"se'], 'cut'),
    stream([message(2), message(3)]),
    problem(503, 'UNAVAILABLE', 'draining'),
    stream([message(4), END]),
  );
  const { seqs } = await collect(followEvents(clientOf(server), 'job_1'));
  expect(seqs).toEqual([1, 2, 3, 4]);
  expect(resumedAfter()).toEqual([undefined, '2', '3', '3']);
});

test('following begins after an event', async () => {
  server.answers.push(stream([message(8), END]));
  await collect(followEvents(clientOf(server), 'job_1', { after: 7 }));
  expect(resumedAfter()).toEqual(['7']);
});

test('the pauses grow while nothing comes, from what the server asks for', async () => {
  const clock = fakeClock();
  server.answers.push(
    stream([message(1)]),
    stream(['retry: 4000\n\n']),
    stream(['retry: 4000\n\n']),
    stream([END]),
  );
  await collect(followEvents(clientOf(server, { clock }), 'job_1'));
  const [first = 0, second = 0, third = 0] = clock.pauses;
  expect(first).toBeLessThan(500);
  expect(second).toBeGreaterThanOrEqual(2000);
  expect(third).toBeGreaterThanOrEqual(4000);
});

test('a server that stays away is given up in the end', async () => {
  const clock = fakeClock();
  server.answers.push(stream([message(1)], 'cut'));
  const events = followEvents(clientOf(server, { clock }), 'job_1', { giveUpAfterMs: 60_000 });
  await events.next();
  await server.stop();
  await expect(events.next()).rejects.toThrow(UnreachableError);
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(60_000);
  expect(clock.monotonicMs()).toBeLessThan(80_000);
});

/** A channel whose streams are given; each undefined one cannot be opened. */
function channelOf(streams: (string | undefined)[], code = 'ECONNREFUSED') {
  const clock = fakeClock();
  const open = async () => {
    const text = streams.shift();
    const cause = Object.assign(new Error('refused'), { code });
    if (text === undefined) throw new UnreachableError('http://ocpctl.test', cause);
    const body = Readable.from([Buffer.from(text)]);
    return { status: 200, header: () => 'text/event-stream', body };
  };
  return { open, clock, random: (size: number) => new Uint8Array(size), server: 'http://ocpctl.test' };
}

test('only one long absence counts, not the sum of short ones', async () => {
  const away = Array.from({ length: 4 }, () => undefined);
  const channel = channelOf([...away, ': hello\n\n', ...away, ': hello\n\n', ...away, END]);
  await collect(followEvents(channel, 'job_1', { giveUpAfterMs: 25_000 }));
  expect(channel.clock.monotonicMs()).toBeGreaterThan(50_000);
});

test('a connection that is lost is known as such, with the time since the last word, until it is back', async () => {
  const away = Array.from({ length: 12 }, () => undefined);
  // Without a network no name is resolved either.
  const channel = channelOf([message(1), ...away, message(2) + END], 'ENOTFOUND');
  const contact = new ServerContact(channel.clock);
  const states: ContactState[] = [];
  const sleep = channel.clock.sleep.bind(channel.clock);
  channel.clock.sleep = async (ms) => {
    states.push(contact.state);
    await sleep(ms);
  };
  const giveUpAfterMs = Number.POSITIVE_INFINITY;
  const { seqs } = await collect(followEvents(channel, 'job_1', { contact, giveUpAfterMs }));
  expect(seqs).toEqual([1, 2]);
  expect(states[0]).toEqual({ kind: 'connected' });
  expect(states[1]).toMatchObject({ kind: 'lost', reason: 'host not found' });
  expect(states.at(-1)).toMatchObject({ kind: 'lost', forMs: 37_875 });
  expect(contact.state).toEqual({ kind: 'connected' });
});

test('a stream without heartbeats is silent, a closed one is not', async () => {
  const clock = fakeClock();
  const contact = new ServerContact(clock);
  contact.listen(true);
  await clock.sleep(19_000);
  expect(contact.state).toEqual({ kind: 'connected' });
  await clock.sleep(4_000);
  expect(contact.state).toEqual({ kind: 'silent', forMs: 23_000 });
  contact.heard();
  expect(contact.state).toEqual({ kind: 'connected' });
  contact.listen(false);
  await clock.sleep(60_000);
  expect(contact.state).toEqual({ kind: 'connected' });
});

test('the pauses are short again after an event', async () => {
  const channel = channelOf(['', '', '', '', message(1), '', END]);
  await collect(followEvents(channel, 'job_1'));
  expect(channel.clock.pauses).toEqual([250, 500, 1000, 2000, 125, 250]);
});

test('a job that is not there is not waited for', async () => {
  server.answers.push(problem(404, 'NOT_FOUND', 'There is no such job.'));
  await expect(collect(followEvents(clientOf(server), 'job_9'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('an answer that is not a stream is not waited for', async () => {
  server.answers.push(json(200, { items: [], nextCursor: null }));
  await expect(collect(followEvents(clientOf(server), 'job_1'))).rejects.toThrow(ApiError);
});

test('a caller that leaves frees the connection', async () => {
  let closed: Promise<unknown> | undefined;
  server.answers.push((_, response) => {
    closed = once(response, 'close');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(message(1));
  });
  for await (const event of followEvents(clientOf(server), 'job_1')) {
    expect(event.seq).toBe(1);
    break;
  }
  await closed;
});

test('an abort ends it with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('ctrl-c');
  server.answers.push((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(message(1));
  });
  const events = followEvents(clientOf(server), 'job_1', { signal: controller.signal });
  await events.next();
  const next = events.next();
  controller.abort(reason);
  await expect(next).rejects.toBe(reason);
});
