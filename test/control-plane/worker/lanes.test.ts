import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claim } from '../../../src/control-plane/kernel/jobs/claim.ts';
import { JobFailure, MAX_MESSAGE_CHARACTERS } from '../../../src/control-plane/kernel/jobs/job.ts';
import { readJob } from '../../../src/control-plane/kernel/jobs/job-reader.ts';
import { reportUnrunnableJobsTask } from '../../../src/control-plane/kernel/jobs/job-tasks.ts';
import { registerWorker } from '../../../src/control-plane/kernel/jobs/workers.sql.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { runTask } from '../../setup/run-task.ts';
import { eventsOf, jobOf } from './job-rows.ts';
import { Collected, handler, openWorkerFixture, type WorkerFixture } from './worker-fixture.ts';

describe('lanes', () => {
  let database: TestDatabase;
  let fixture: WorkerFixture;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    fixture = await openWorkerFixture(database.db);
  });
  afterEach(() => fixture.close());

  test('L23: G6: jobs of one resource run one at a time and in order, those of others beside them', async () => {
    const seen = new Collected<string>();
    const active = new Map<string, number>();
    let overlaps = 0;
    let widest = 0;
    const work = handler('test.work', async ({ job }) => {
      const running = (active.get(job.resourceId) ?? 0) + 1;
      if (running > 1) overlaps++;
      active.set(job.resourceId, running);
      widest = Math.max(widest, [...active.values()].filter((count) => count > 0).length);
      await new Promise((resolve) => setImmediate(resolve));
      active.set(job.resourceId, running - 1);
      seen.add(`${job.resourceId}:${(job.payload as { n: number }).n}`);
      return {};
    });
    for (let n = 0; n < 10; n++)
      for (const id of ['a', 'b', 'c']) await fixture.enqueue(`order-${id}`, 'test.work', { n });
    await Promise.all([fixture.worker([work]).start(), fixture.worker([work]).start()]);
    await seen.reaches(30);
    expect(overlaps).toBe(0);
    expect(widest).toBeGreaterThan(1);
    for (const id of ['a', 'b', 'c']) {
      const order = seen.items.filter((item) => item.startsWith(`order-${id}:`));
      expect(order).toEqual(Array.from({ length: 10 }, (_, n) => `order-${id}:${n}`));
    }
  });

  test('L23: a job that names no resource is refused: all such jobs would wait for each other', async () => {
    await expect(fixture.enqueue('', 'test.work')).rejects.toThrow('a test.work job must name its resource');
  });

  test('L20: G8: parallel claims never share a lane, and each takes no more than its slots', async () => {
    for (let i = 0; i < 20; i++) await fixture.enqueue(`race-${i}`, 'test.work');
    const workers = Array.from({ length: 5 }, (_, i) => `wrk-race-${i}`);
    for (const id of workers) {
      await database.db.query(registerWorker, {
        id,
        host: 'test',
        pid: 1,
        roles: ['worker'],
        leaseMs: 30_000,
        jobTypes: ['test.work'],
        problems: [],
        dispatch: 'NOTIFY',
      });
    }
    const claims = await Promise.all(
      workers.map((workerId) => claim(database.db, { slots: 3, workerId, types: ['test.work'] })),
    );
    const claimed = claims.map(({ jobs }) => jobs);
    expect(claimed.every((jobs) => jobs.length <= 3)).toBe(true);
    const ids = claimed.flat().map((job) => job.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(15);
    expect(claimed.flat().every((job) => job.attempt === 1 && job.fence > 0)).toBe(true);
    await database.db.script("update workers set lease_until = clock_now() where id like 'wrk-race-%'");
    await database.db.script(
      "update jobs set status = 'CANCELLED', ended_at = clock_now() where resource_id like 'race-%'",
    );
    await database.db.script("delete from job_locks where resource_id like 'race-%'");
  });

  test('L21: G8: a worker never runs more at a time than it is told, however often it looks', async () => {
    const done = new Collected<string>();
    let running = 0;
    let most = 0;
    const work = handler('test.work', async ({ job }) => {
      running += 1;
      most = Math.max(most, running);
      // Long enough for many looks at the table.
      await fixture.db.tx(async () => new Promise((resolve) => setImmediate(resolve)));
      running -= 1;
      done.add(job.resourceId);
      return {};
    });
    const worker = fixture.worker([work], { concurrency: 3, pollMs: 1 });
    await worker.start();
    // Each order wakes the worker.
    await Promise.all(Array.from({ length: 30 }, (_, i) => fixture.enqueue(`limit-${i}`, 'test.work')));
    await done.reaches(30);
    expect(most).toBe(3);
  });

  test('L21: G8: one resource with a long queue or a job in back-off does not hold the others up', async () => {
    const done = new Collected<string>();
    const blocked = later();
    const work = handler('test.work', async ({ job }) => {
      if (job.resourceId === 'hot') await blocked.promise;
      if (job.resourceId === 'failing') throw new JobFailure('NO', 'not yet', { retryable: true });
      done.add(job.resourceId);
      return {};
    });
    for (let i = 0; i < 50; i++) await fixture.enqueue('hot', 'test.work');
    await fixture.enqueue('failing', 'test.work');
    for (let i = 0; i < 10; i++) await fixture.enqueue(`cold-${i}`, 'test.work');
    await fixture
      .worker([work], { concurrency: 2, backoff: { baseMs: 3_600_000, maxMs: 3_600_000 } })
      .start();
    await done.reaches(10);
    expect(done.items.filter((id) => id.startsWith('cold-'))).toHaveLength(10);
    blocked.resolve();
    await done.reaches(60);
  });

  test('what waits is cancelled by a later order, and the order runs next', async () => {
    const gate = later();
    const ran = new Collected<string>();
    const work = handler('test.work', async ({ job, signal }) => {
      ran.add((job.payload as { name: string }).name);
      if ((job.payload as { name: string }).name === 'first') {
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
        signal.throwIfAborted();
      }
      gate.resolve();
      return {};
    });
    const first = await fixture.enqueue('superseded', 'test.work', { name: 'first' });
    await fixture.worker([work]).start();
    await ran.reaches(1);
    const second = await fixture.enqueue('superseded', 'test.work', { name: 'second' });
    const third = await database.db.tx(async (tx) => {
      const { cancelled, stopping } = await fixture.queue.supersede(
        tx,
        'superseded',
        'something better came',
      );
      expect(cancelled.map(({ id }) => id)).toEqual([second]);
      expect(stopping.map(({ id }) => id)).toEqual([first]);
      return fixture.queue.enqueue(tx, {
        resourceId: 'superseded',
        resourceName: 'superseded',
        team: 'team',
        type: 'test.work',
        payload: { name: 'third' },
        requestedBy: 'x',
      });
    });
    await gate.promise;
    expect(ran.items).toEqual(['first', 'third']);
    expect(await jobOf(database.db, first)).toMatchObject({ status: 'CANCELLED' });
    expect(await jobOf(database.db, second)).toMatchObject({
      status: 'CANCELLED',
      errorCode: 'SUPERSEDED',
      attempt: 0,
    });
    expect(await jobOf(database.db, third)).toMatchObject({ attempt: 1 });
  });

  test('a retryable failure comes back until the attempts are spent, then the handler hears of it', async () => {
    const attempts: number[] = [];
    const told = later<string>();
    const work = handler(
      'test.work',
      async ({ job }) => {
        attempts.push(job.attempt);
        throw new JobFailure('FLAKY', 'the cloud said no', { retryable: true });
      },
      { onFailed: async (_tx, job, failure) => told.resolve(`${job.attempt} ${failure.code}`) },
    );
    const id = await fixture.enqueue('flaky', 'test.work');
    await fixture.worker([work]).start();
    expect(await told.promise).toBe('3 FLAKY');
    expect(attempts).toEqual([1, 2, 3]);
    await fixture.close();
    expect(await jobOf(database.db, id)).toMatchObject({ status: 'FAILED', attempt: 3, errorCode: 'FLAKY' });
  });

  test('what is not retryable fails at once; an error of ours is retried and reported', async () => {
    const bugs: unknown[] = [];
    const over = new Collected<string>();
    const work = handler(
      'test.work',
      async ({ job }) => {
        if (job.resourceId === 'wrong') throw new JobFailure('WRONG', 'no such thing', { retryable: false });
        throw new TypeError('undefined is not a function');
      },
      { onFailed: async (_tx, job) => over.add(`${job.resourceId} ${job.attempt}`) },
    );
    await fixture.enqueue('wrong', 'test.work');
    await fixture.enqueue('buggy', 'test.work');
    const log = { info() {}, warn() {}, error: (fields: object) => void bugs.push(fields) };
    await fixture.worker([work], { log }).start();
    await over.reaches(2);
    expect(over.items.sort()).toEqual(['buggy 3', 'wrong 1']);
    expect(bugs).toHaveLength(3);
  });
  test('G8: a worker leaves types that it has no handler for to a worker that has one, and spends no attempt', async () => {
    const ran = new Collected<string>();
    const old = fixture.worker([handler('test.known', async () => ({}))]);
    await old.start();
    const unknown = await fixture.enqueue('upgraded', 'test.new');
    const known = await fixture.enqueue('beside', 'test.known');
    await fixture.until(known, 'SUCCEEDED');
    expect(await jobOf(database.db, unknown)).toMatchObject({
      status: 'PENDING',
      attempt: 0,
      workerId: null,
    });

    const upgraded = fixture.worker([
      handler('test.known', async () => ({})),
      handler('test.new', async ({ job }) => {
        ran.add(job.id);
        return {};
      }),
    ]);
    await upgraded.start();
    await ran.reaches(1);
    await fixture.until(unknown, 'SUCCEEDED');
    expect(await jobOf(database.db, unknown)).toMatchObject({ attempt: 1, workerId: upgraded.id });
  });

  test('a job that no running worker can run says so, once', async () => {
    const id = await fixture.enqueue('unknown', 'test.unheard-of');
    const task = reportUnrunnableJobsTask(database.db, fixture.dispatcher, 0);
    expect(await runTask(task)).toEqual({ jobs: [id] });
    expect(await runTask(task)).toBeUndefined();
    expect(await eventsOf(database.db, id)).toEqual([
      'no running worker has a handler for jobs of type test.unheard-of; the job waits for one',
    ]);
    expect(await readJob(database.db, id, null)).toMatchObject({
      status: 'PENDING',
      waitingReason: 'no running worker has a handler for UNHEARD_OF jobs',
    });
    const able = fixture.worker([handler('test.unheard-of', async () => ({}))]);
    await able.start();
    await fixture.until(id, 'SUCCEEDED');
    expect(await readJob(database.db, id, null)).toMatchObject({ waitingReason: null });
  });

  test('G15: what a job says is redacted, then cut, whether it is an event or the reason of its failure', async () => {
    const secret = 'correct-horse-battery';
    const long = `${'x'.repeat(MAX_MESSAGE_CHARACTERS - 5)}${secret}${'y'.repeat(MAX_MESSAGE_CHARACTERS)}`;
    const talkative = handler('test.talkative', async (context) => {
      context.event({ kind: 'log', level: 'info', message: long });
      throw new JobFailure('TALKATIVE', `it said ${secret}`, { retryable: false });
    });
    const id = await fixture.enqueue('talkative', 'test.talkative');
    await fixture.worker([talkative], { redact: (text) => text.replaceAll(secret, '[redacted]') }).start();
    await fixture.until(id, 'FAILED');
    const [event] = await eventsOf(database.db, id);
    expect(event).toBe(long.replace(secret, '[redacted]').slice(0, MAX_MESSAGE_CHARACTERS));
    expect((await readJob(database.db, id, null)).error?.message).toBe('it said [redacted]');
  });
});

function later<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
