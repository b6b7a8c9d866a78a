import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setLastJob } from '../../../src/control-plane/clusters/store/last-jobs.sql.ts';

import { LeaseLostError } from '../../../src/control-plane/kernel/errors.ts';
import type { JobContext } from '../../../src/control-plane/kernel/jobs/job.ts';
import { reclaimExpiredLeasesTask } from '../../../src/control-plane/kernel/jobs/job-tasks.ts';
import { createTestDatabase, moveClock, type TestDatabase } from '../../setup/database.ts';
import { runTask } from '../../setup/run-task.ts';
import { eventsOf, jobOf } from './job-rows.ts';
import { cuttable, holdable, overrideDb } from './override-db.ts';
import { Collected, handler, openWorkerFixture, untilAborted, type WorkerFixture } from './worker-fixture.ts';

describe('leases and fences', () => {
  let database: TestDatabase;
  let fixture: WorkerFixture;
  beforeEach(async () => {
    database = await createTestDatabase();
    fixture = await openWorkerFixture(database.db);
  });
  afterEach(async () => {
    await fixture.close();
    await database.drop();
  });

  const reclaim = () => runTask(reclaimExpiredLeasesTask(database.db, fixture.dispatcher, 1_000));

  test('L7: L10: G6, G7: a worker that cannot renew drops its job, another finishes it, and the late write is refused', async () => {
    const held = new Collected<JobContext>();
    const finished = new Collected<string>();
    const late = new Collected<unknown>();
    const hang = handler('test.work', async (context) => {
      held.add(context);
      await untilAborted(context.signal);
      // Whatever it does now comes too late.
      await context
        .commit((tx) => tx.query(setLastJob, { id: 'nothing', jobId: 'late' }))
        .catch((error) => late.add(error));
      return {};
    });
    const finish = handler('test.work', async ({ job }) => {
      finished.add(`attempt ${job.attempt}`);
      return {};
    });
    const id = await fixture.enqueue('dying', 'test.work');
    const line = cuttable(database.db);
    await fixture.worker([hang], { db: line, leaseMs: 600 }).start();
    await held.reaches(1);
    line.cut();
    await late.reaches(1);
    expect(held.items[0]?.signal.reason).toMatchObject({ reason: 'lease-lost' });
    expect(late.items[0]).toBeInstanceOf(LeaseLostError);
    expect(await jobOf(database.db, id)).toMatchObject({ status: 'RUNNING', attempt: 1 });
    await fixture.worker([finish]).start();
    // Death is what the database says: until the lease is over there, no one takes the lane.
    while ((await reclaim()) === undefined) await new Promise((resolve) => setImmediate(resolve));
    await finished.reaches(1);
    expect(finished.items).toEqual(['attempt 2']);
  });

  test('L7: G6: a stale fence writes nothing, though its worker is alive again', async () => {
    const contexts = new Collected<JobContext>();
    const work = handler('test.work', async (context) => {
      contexts.add(context);
      if (context.job.attempt > 1) return {};
      await untilAborted(context.signal);
      return {};
    });
    const id = await fixture.enqueue('stale', 'test.work');
    await fixture.worker([work], { leaseMs: 3_600_000 }).start();
    await contexts.reaches(1);
    const old = contexts.items[0];
    // To the database the worker is dead, and then, too late, alive again; the worker itself noticed nothing.
    await database.db.script('update workers set lease_until = clock_now()');
    expect(await reclaim()).toMatchObject({ jobs: [id] });
    await fixture.worker([work]).start();
    await contexts.reaches(2);
    await database.db.script("update workers set lease_until = clock_now() + interval '1 hour'");
    await expect(old?.commit(async () => {})).rejects.toThrow(LeaseLostError);
    old?.event({ kind: 'log', level: 'info', message: 'a voice from the past' });
    await old?.flush().catch(() => {});
    expect(await eventsOf(database.db, id)).not.toContain('a voice from the past');
    expect((await jobOf(database.db, id)).fence).toBeGreaterThan(old?.job.fence ?? 0);
  });

  test('L6: L8: G7: elapsed time is never death: a job that runs for days keeps its lease', async () => {
    const contexts = new Collected<JobContext>();
    const over = new Collected<string>();
    const work = handler('test.work', async (context) => {
      contexts.add(context);
      await untilAborted(context.signal);
      over.add('stopped');
      return {};
    });
    await fixture.enqueue('long', 'test.work');
    const renewals = holdable(database.db, 'jobs.renew_lease');
    await fixture.worker([work], { db: renewals.db, leaseMs: 600_000 }).start();
    await contexts.reaches(1);
    // Two days pass; the heartbeats have gone on through them. One between the two statements would take the time back.
    await renewals.hold();
    await database.db.script("update workers set lease_until = lease_until + interval '2 days'");
    await moveClock(database.url, '2 days');
    renewals.release();
    await contexts.items[0]?.commit(async () => {});
    expect(await reclaim()).toBeUndefined();
    expect(over.items).toEqual([]);
  });

  test('L9: G8: a job whose workers die each time ends after max_attempts, and the handler hears of it', async () => {
    const died = new Collected<number>();
    const failures = new Collected<string>();
    const crash = handler('test.work', async ({ job, signal }) => {
      died.add(job.attempt);
      await untilAborted(signal);
      return {};
    });
    const id = await fixture.enqueue('crashing', 'test.work');
    for (let attempt = 1; attempt <= 3; attempt++) {
      const line = cuttable(database.db);
      await fixture.worker([crash], { db: line, leaseMs: 1_500 }).start();
      await died.reaches(attempt);
      line.cut();
      await database.db.script('update workers set lease_until = clock_now()');
      await reclaim();
    }
    const last = handler('test.work', async () => ({}), {
      onFailed: async (_tx, _job, failure) => failures.add(failure.code),
    });
    await fixture.worker([last]).start();
    await failures.reaches(1);
    expect(died.items).toEqual([1, 2, 3]);
    expect(failures.items).toEqual(['WORKER_LOST']);
    while ((await jobOf(database.db, id)).status !== 'FAILED')
      await new Promise((resolve) => setImmediate(resolve));
    expect(await jobOf(database.db, id)).toMatchObject({
      status: 'FAILED',
      attempt: 3,
      errorCode: 'WORKER_LOST',
    });
  });

  test('a job whose claim is on its way when the drain begins is finished like the others', async () => {
    const asked = new Collected<string>();
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const line = overrideDb(database.db, {
      tx: (work) => database.db.tx(work),
      query: async (statement, params) => {
        const rows = await database.db.query(statement, params);
        if (statement.name !== 'jobs.claim' || rows.length === 0) return rows;
        asked.add('claim');
        await held;
        return rows;
      },
    });
    const id = await fixture.enqueue('claimed-late', 'test.work');
    // Longer than the end of a worker that has nothing to wait for.
    const work = handler('test.work', () => new Promise((resolve) => setTimeout(resolve, 100, {})));
    const worker = fixture.worker([work], { db: line });
    await worker.start();
    await asked.reaches(1);
    const stopped = worker.stop(60_000);
    setTimeout(answer, 50);
    await stopped;
    expect(await jobOf(database.db, id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  });

  test('a drained worker gives its job back without losing the attempt', async () => {
    const contexts = new Collected<JobContext>();
    const work = handler('test.work', async (context) => {
      contexts.add(context);
      await untilAborted(context.signal);
      context.signal.throwIfAborted();
      return {};
    });
    const id = await fixture.enqueue('drained', 'test.work');
    const worker = fixture.worker([work]);
    await worker.start();
    await contexts.reaches(1);
    await worker.stop(0);
    const row = await jobOf(database.db, id);
    expect(row).toMatchObject({ status: 'RETRYING', attempt: 0, workerId: null });
    expect(row.readyAt).not.toBeNull();
  });
});
