import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '../../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { claim as claimReady } from '../../../src/control-plane/kernel/jobs/claim.ts';
import { createDispatcher } from '../../../src/control-plane/kernel/jobs/dispatcher.ts';
import { lockLane } from '../../../src/control-plane/kernel/jobs/enqueue.sql.ts';
import { appendEvents } from '../../../src/control-plane/kernel/jobs/events.sql.ts';
import { JobQueue } from '../../../src/control-plane/kernel/jobs/queue.ts';
import { registerWorker } from '../../../src/control-plane/kernel/jobs/workers.sql.ts';
import { type JobEnd, Settler } from '../../../src/control-plane/worker/settler.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { eachEngine } from '../../setup/engines.ts';
import { eventsOf, jobOf } from './job-rows.ts';
import { handler, openWorkerFixture, type WorkerFixture } from './worker-fixture.ts';

eachEngine('jobs that end together', (engine) => {
  /** Claims the first job of each resource for a worker of its own. */
  async function claim(db: Db, workerId: string, resources: readonly string[]): Promise<JobEnd[]> {
    const dispatcher = await createDispatcher(db, () => {});
    const queue = new JobQueue(dispatcher, newId, 3);
    await db.tx(async (tx) => {
      for (const resourceId of resources)
        await queue.enqueue(tx, {
          ...{
            resourceId,
            resourceName: resourceId,
            team: 'team',
            type: 'test.work',
            requestedBy: 'local:test',
          },
        });
    });
    await dispatcher.close();
    const worker = { id: workerId, host: 'test', pid: 1, roles: ['worker'], leaseMs: 30_000 };
    await db.query(registerWorker, { ...worker, jobTypes: ['test.work'], problems: [], dispatch: 'NOTIFY' });
    const { jobs } = await claimReady(db, { slots: 100, workerId, types: ['test.work'] });
    return jobs.map(({ id, resourceId, fence }) => ({
      ...{ jobId: id, resourceId, fence, status: 'SUCCEEDED' as const, errorCode: null, errorMessage: null },
    }));
  }

  test('G6: of a batch, those end whose fence and lease hold, and nothing of the others is written', async () => {
    const { db } = engine();
    const [good] = await claim(db, 'wrk_good', ['good', 'good']);
    const [stale] = await claim(db, 'wrk_stale', ['stale']);
    const [dead] = await claim(db, 'wrk_dead', ['dead']);
    if (!good || !stale || !dead) throw new Error('each worker claimed a job');
    await db.script("update job_locks set fence = fence + 1000 where resource_id = 'stale'");
    await db.script("update workers set lease_until = clock_now() where id = 'wrk_dead'");
    const settler = new Settler(db, () => {});
    const settled = await Promise.all([stale, good, dead].map((end) => settler.settle(end)));
    expect(settled).toEqual([false, true, false]);
    expect(await jobOf(db, good.jobId)).toMatchObject({ status: 'SUCCEEDED', head: 2, tail: 2 });
    expect((await jobOf(db, good.jobId)).readyAt).not.toBeNull();
    expect(await eventsOf(db, good.jobId)).toEqual(['succeeded']);
    for (const { jobId } of [stale, dead]) {
      expect(await jobOf(db, jobId)).toMatchObject({ status: 'RUNNING', head: 1 });
      expect(await eventsOf(db, jobId)).toEqual([]);
    }
    expect(await settler.settle(good)).toBe(false);
    expect(await eventsOf(db, good.jobId)).toEqual(['succeeded']);
  });

  test('the end is the last event of its job', async () => {
    const { db } = engine();
    const [end] = await claim(db, 'wrk_talkative', ['talkative']);
    if (!end) throw new Error('the worker claimed a job');
    const { resourceId, jobId, fence } = end;
    const event = { kind: 'log', level: 'info', message: 'working', data: {}, phase: null };
    const append = { resourceId, jobId, fence, attempt: 1, phase: null, repeatedAfter: null };
    await db.query(appendEvents, { ...append, events: [event, event] });
    expect(await new Settler(db, () => {}).settle(end)).toBe(true);
    expect(await eventsOf(db, jobId)).toEqual(['working', 'working', 'succeeded']);
  });
});

describe('a worker whose jobs end together', () => {
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

  test('G8: a lane that a transaction holds keeps no other job from ending, and its own job ends after it', async () => {
    const { db } = database;
    const held = await fixture.enqueue('held', 'test.work');
    const free = await fixture.enqueue('free', 'test.work');
    let release = () => {};
    const work = handler('test.work', async ({ job }) => {
      if (job.id !== held) return {};
      await new Promise<void>((isLocked) => {
        void db.tx(async (tx) => {
          await tx.query(lockLane, { resourceId: 'held' });
          isLocked();
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        });
      });
      return {};
    });
    await fixture.worker([work], { concurrency: 1 }).start();
    await fixture.worker([work], { concurrency: 1 }).start();
    await fixture.until(free, 'SUCCEEDED');
    const after = await fixture.enqueue('after', 'test.work');
    await fixture.until(after, 'SUCCEEDED');
    expect(await jobOf(db, held)).toMatchObject({ status: 'RUNNING' });
    release();
    await fixture.until(held, 'SUCCEEDED');
    expect(await jobOf(db, held)).toMatchObject({ attempt: 1 });
  });
});
