import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../../../src/control-plane/kernel/caller.ts';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';
import type { Queryable } from '../../../src/control-plane/kernel/db/db.ts';
import { createDispatcher, type Dispatcher } from '../../../src/control-plane/kernel/jobs/dispatcher.ts';
import { JobEventReader } from '../../../src/control-plane/kernel/jobs/job-event-reader.ts';
import { JobReader } from '../../../src/control-plane/kernel/jobs/job-reader.ts';
import { appendEvents, createCluster, endJob } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import type { TestServer } from './kit/server.ts';

/** No poll comes to help: followers are woken, or the test times out. */
const NEVER_MS = 600_000;
const FOLLOWERS = 50;

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let dispatcher: Dispatcher;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 50, concurrentCreates: 50 } });
  ann = await installation.person('ann', 'requester@a');
  dispatcher = await createDispatcher(installation.db, () => {});
});
afterAll(async () => {
  await dispatcher.close();
  await installation.stop();
});

const newJob = async () => (await createCluster(server, ann)).job.id;

/** The one reader of a server process, and what it asked the database. */
function openReader() {
  const asked = new Map<string, number>();
  const db: Queryable = {
    query: (statement, params) => {
      asked.set(statement.name, (asked.get(statement.name) ?? 0) + 1);
      return installation.db.query(statement, params);
    },
  };
  const jobs = new JobReader(db, []);
  const reader = new JobEventReader({ db, jobs, clock: systemClock, dispatcher, pollMs: NEVER_MS });
  return { reader, asked };
}

const caller = (name: string, team = 'a'): Caller => ({
  principal: `local:${name}`,
  authMode: 'local',
  grants: [{ role: 'requester', team }],
  requestId: 'req_test',
  sourceIp: '127.0.0.1',
  userAgent: 'test',
});

/** A follower that takes everything as it comes. */
async function follow(reader: JobEventReader, jobId: string, after: number, name = 'ann') {
  const open = await reader.openStream(caller(name), jobId, { after }, undefined);
  const stop = new AbortController();
  const messages = open(stop.signal);
  const seen: (number | string)[] = [];
  const over = (async () => {
    for await (const message of messages) seen.push('seq' in message ? message.seq : message.status);
  })();
  return { seen, over, stop };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function record(jobId: string, from: number, to: number): Promise<void> {
  await appendEvents(installation.db, jobId, from, to);
  dispatcher.announceEvents([jobId]);
}

async function haveSeen(followers: readonly { seen: readonly unknown[] }[], count: number): Promise<void> {
  await expect
    .poll(() => followers.every(({ seen }) => seen.length === count), { timeout: 20_000 })
    .toBe(true);
}

async function statementsOf(followers: number): Promise<number> {
  const jobId = await newJob();
  await record(jobId, 1, 10);
  const { reader, asked } = openReader();
  const all = await Promise.all(
    range(1, followers).map((n) => follow(reader, jobId, n % 2 === 0 ? 0 : 3, `follower-${n}`)),
  );
  await expect.poll(() => all.every(({ seen }) => seen.at(-1) === 10), { timeout: 20_000 }).toBe(true);
  asked.clear();
  for (let from = 11; from <= 30; from++) {
    await record(jobId, from, from);
    await expect.poll(() => all.every(({ seen }) => seen.at(-1) === from), { timeout: 20_000 }).toBe(true);
  }
  await endJob(installation.db, jobId);
  dispatcher.announceEvents([jobId]);
  await Promise.all(all.map(({ over }) => over));
  for (const [index, { seen }] of all.entries())
    expect(seen).toEqual([...range(index % 2 === 0 ? 4 : 1, 30), 'SUCCEEDED']);
  return [...asked.values()].reduce((sum, count) => sum + count, 0);
}

test('50 followers of a job cost the statements of one, and each sees every event once and in order', async () => {
  const [one, many] = [await statementsOf(1), await statementsOf(FOLLOWERS)];
  expect(one).toBeGreaterThanOrEqual(2 * 21);
  // A round that is woken twice, by this process and by its own NOTIFY, may be read twice.
  expect(many).toBeLessThanOrEqual(2 * one);
});

test('a follower that takes nothing holds up no other, and gets everything when it goes on', async () => {
  const jobId = await newJob();
  const { reader } = openReader();
  await record(jobId, 1, 5);
  const open = await reader.openStream(caller('slow'), jobId, {}, undefined);
  const slow = open(new AbortController().signal);
  expect((await slow.next()).value).toMatchObject({ seq: 1 });
  const quick = await Promise.all(range(1, 3).map(() => follow(reader, jobId, 0)));
  // More than is kept for those who are behind.
  for (let from = 6; from <= 2_000; from += 399) {
    await appendEvents(installation.db, jobId, from, Math.min(from + 398, 2_000), 2_000);
    dispatcher.announceEvents([jobId]);
    await haveSeen(quick, Math.min(from + 398, 2_000));
  }
  const rest: number[] = [];
  for await (const message of slow) {
    if (!('seq' in message)) break;
    rest.push(message.seq);
    if (message.seq === 2_000) {
      await endJob(installation.db, jobId);
      dispatcher.announceEvents([jobId]);
    }
  }
  expect(rest).toEqual(range(2, 2_000));
  await Promise.all(quick.map(({ over }) => over));
  for (const { seen } of quick) expect(seen).toEqual([...range(1, 2_000), 'SUCCEEDED']);
});

test('a follower that begins at the end does not make the others miss what is before', async () => {
  const jobId = await newJob();
  const { reader } = openReader();
  await record(jobId, 1, 1_200);
  const open = await reader.openStream(caller('early'), jobId, {}, undefined);
  const early = open(new AbortController().signal);
  await early.next();
  const late = await follow(reader, jobId, 1_200);
  await record(jobId, 1_201, 1_201);
  await haveSeen([late], 1);
  await endJob(installation.db, jobId);
  dispatcher.announceEvents([jobId]);
  await late.over;
  expect(late.seen).toEqual([1_201, 'SUCCEEDED']);
  const rest: unknown[] = [];
  for await (const message of early) rest.push('seq' in message ? message.seq : message.status);
  expect(rest).toEqual([...range(2, 1_201), 'SUCCEEDED']);
});

test('a follower that leaves ends at once, the others go on, and the last one ends the reading', async () => {
  const jobId = await newJob();
  const { reader, asked } = openReader();
  const [leaving, staying] = [await follow(reader, jobId, 0), await follow(reader, jobId, 0)];
  await record(jobId, 1, 1);
  await haveSeen([leaving, staying], 1);
  leaving.stop.abort();
  await leaving.over;
  await record(jobId, 2, 2);
  await haveSeen([staying], 2);
  expect(leaving.seen).toEqual([1]);
  staying.stop.abort();
  await staying.over;
  asked.clear();
  const witness = await follow(openReader().reader, jobId, 2);
  for (let seq = 3; seq <= 12; seq++) {
    await record(jobId, seq, seq);
    await haveSeen([witness], seq - 2);
  }
  witness.stop.abort();
  await witness.over;
  // The round that was under way when the last one left may end.
  expect([...asked.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2);
});

test('G14: a follower of another team is refused, however many follow the job', async () => {
  const jobId = await newJob();
  const { reader } = openReader();
  const mine = await follow(reader, jobId, 0);
  await expect(reader.openStream(caller('eve', 'b'), jobId, {}, undefined)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await installation.db.script(`update jobs set team = 'z' where id = '${jobId}'`);
  dispatcher.announceEvents([jobId]);
  await expect(mine.over).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
