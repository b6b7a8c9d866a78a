import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { followEvents } from '../../../src/client/follow-events.ts';
import { appendEvents, createCluster, endJob } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { type OpenEventStream, openEventStream } from './kit/open-event-stream.ts';
import { call, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
const open: OpenEventStream[] = [];

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 50, concurrentCreates: 50 } });
  ann = await installation.person('ann', 'requester@a');
});
afterEach(() => {
  for (const stream of open.splice(0)) stream.leave();
});
afterAll(() => installation.stop());

const newJob = async () => (await createCluster(server, ann)).job.id;

async function follow(jobId: string, options?: Parameters<typeof openEventStream>[3], on = server) {
  const stream = await openEventStream(on, ann, jobId, options);
  open.push(stream);
  return stream;
}

const idsOf = (messages: readonly { id: string; event: string }[]) =>
  messages.map(({ id, event }) => (event === 'end' ? 'end' : id));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

describe('a stream of events', () => {
  test('has everything there is, then what comes, and ends with the job', async () => {
    const job = await newJob();
    await appendEvents(installation.db, job, 1, 3);
    const stream = await follow(job);
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const first = [];
    for (let i = 0; i < 3; i++) first.push((await stream.messages.next()).value);
    expect(idsOf(first)).toEqual(['1', '2', '3']);
    await appendEvents(installation.db, job, 4, 5);
    await endJob(installation.db, job);
    const rest = await stream.rest();
    expect(idsOf(rest)).toEqual(['4', '5', 'end']);
    expect(JSON.parse(rest.at(-1)?.data ?? '')).toMatchObject({ id: job, status: 'SUCCEEDED' });
  });

  test('loses no event that comes together with the end', async () => {
    const job = await newJob();
    const stream = await follow(job);
    await installation.db.script(`
      insert into job_events (job_id, seq, attempt, kind, level, message) select '${job}', n, 1, 'log', 'info', 'x' from generate_series(1, 700) n;
      update jobs set status = 'FAILED', ended_at = clock_now() where id = '${job}'`);
    expect(idsOf(await stream.rest())).toEqual([...range(1, 700), 'end']);
  });

  test('resumes after Last-Event-ID, which wins over the query', async () => {
    const job = await newJob();
    await appendEvents(installation.db, job, 1, 10);
    await endJob(installation.db, job);
    expect(idsOf(await (await follow(job, { headers: { 'last-event-id': '7' } })).rest())).toEqual([
      '8',
      '9',
      '10',
      'end',
    ]);
    expect(idsOf(await (await follow(job, { query: '?after=9' })).rest())).toEqual(['10', 'end']);
    expect(idsOf(await (await follow(job, { query: '?tail=2' })).rest())).toEqual(['9', '10', 'end']);
    const both = await follow(job, { query: '?after=1', headers: { 'last-event-id': '9' } });
    expect(idsOf(await both.rest())).toEqual(['10', 'end']);
    expect(
      idsOf(await (await follow(job, { headers: { 'last-event-id': '9999999999999999' } })).rest()),
    ).toEqual(['end']);
  });

  test('is rejected for a Last-Event-ID that is not a number', async () => {
    const job = await newJob();
    const headers = { accept: 'text/event-stream', 'last-event-id': '1; drop' };
    expect(parseProblem(await call(server, ann, { target: `/v1/jobs/${job}/events`, headers })).status).toBe(
      400,
    );
  });

  test('waits for a slow reader instead of buffering for it, and gives it everything', async () => {
    const { on, looks } = await watched();
    const job = await newJob();
    // 8 pages of 3.5 MB each: more than the sockets between us hold.
    await appendEvents(installation.db, job, 1, 4_000, 7_000);
    await endJob(installation.db, job);
    const stream = await follow(job, {}, on);
    stream.pause();
    await stable(looks);
    expect(looks.count).toBeLessThan(6);
    expect((await call(on, ann, { target: '/v1/whoami' })).status).toBe(200);
    stream.resume();
    expect(idsOf(await stream.rest())).toEqual([...range(1, 4_000), 'end']);
    expect(looks.count).toBeGreaterThanOrEqual(8);
  });

  test('stops asking the database when its reader leaves', async () => {
    const { on, looks } = await watched();
    const stream = await follow(await newJob(), {}, on);
    while (looks.count < 3) await pause(10);
    stream.leave();
    await stable(looks);
  });

  test('ends after its longest life, and our client goes on without a gap', async () => {
    const brief = await installation.server({ http: { streamMaxMs: 500 } });
    const job = await newJob();
    await appendEvents(installation.db, job, 1, 5);
    const stream = await follow(job, {}, brief);
    // How much fits into its life is the machine's affair; that it ends and skips nothing is ours.
    const first = idsOf(await stream.rest());
    expect(first).toEqual(['1', '2', '3', '4', '5'].slice(0, first.length));
    const seen: number[] = [];
    for await (const { seq } of followEvents(brief.client(ann), job)) {
      seen.push(seq);
      if (seq === 5) {
        await appendEvents(installation.db, job, 6, 8);
        await endJob(installation.db, job);
      }
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('stops when the server drains, and no new one begins', async () => {
    const going = await installation.server();
    const job = await newJob();
    await appendEvents(installation.db, job, 1, 2);
    const stream = await follow(job, {}, going);
    await stream.messages.next();
    going.drain();
    expect(idsOf(await stream.rest())).toEqual(['2']);
    const headers = { accept: 'text/event-stream' };
    const late = await call(going, ann, { target: `/v1/jobs/${job}/events`, headers });
    expect(parseProblem(late)).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(late.headers['retry-after']).toBe('5');
  });

  test('G14: ends when the job is no longer the reader’s', async () => {
    const eve = await installation.person('eve', 'requester@a');
    const job = await newJob();
    await appendEvents(installation.db, job, 1, 1);
    const stream = await openEventStream(server, eve, job);
    open.push(stream);
    await stream.messages.next();
    await installation.db.script(`update jobs set team = 'z' where id = '${job}'`);
    await appendEvents(installation.db, job, 2, 2);
    expect(idsOf(await stream.rest())).toEqual([]);
  });
});

test('pages go from event to event', async () => {
  const job = await newJob();
  await appendEvents(installation.db, job, 1, 5);
  const page = async (query: string) =>
    JSON.parse((await call(server, ann, { target: `/v1/jobs/${job}/events?${query}` })).text);
  const first = await page('limit=2');
  expect(first.items.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2]);
  const second = await page(`limit=200&after=${first.nextCursor}`);
  expect(second.items.map(({ seq }: { seq: number }) => seq)).toEqual([3, 4, 5]);
  expect(second.nextCursor).toBeNull();
  expect((await page('tail=1')).items.map(({ seq }: { seq: number }) => seq)).toEqual([5]);
  expect((await page('after=9007199254740991')).items).toEqual([]);
});

/** A server that counts its looks at events. */
async function watched(): Promise<{ on: TestServer; looks: { count: number } }> {
  const on = await installation.server();
  const looks = { count: 0 };
  const { db } = on.services;
  const query = db.query.bind(db);
  db.query = (statement, params) => {
    if (statement.name === 'jobs.list_events') looks.count += 1;
    return query(statement, params);
  };
  return { on, looks };
}

/** A follower looks every 20 ms unless something holds it: resolves when there was no look for ten times as long. */
async function stable(looks: { readonly count: number }): Promise<void> {
  for (let seen = -1; seen !== looks.count; ) {
    seen = looks.count;
    await pause(200);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
