import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type JobContext, JobFailure } from '../../../src/control-plane/kernel/jobs/job.ts';
import { reclaimExpiredLeasesTask } from '../../../src/control-plane/kernel/jobs/job-tasks.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { runTask } from '../../setup/run-task.ts';
import { eventsOf, jobOf } from './job-rows.ts';
import { cuttable } from './override-db.ts';
import { Collected, handler, openWorkerFixture, untilAborted, type WorkerFixture } from './worker-fixture.ts';

describe('V6: what is said of a job whose worker was lost', () => {
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

  /** What each attempt does: it fails, is prevented by the host, or its worker dies in the phase `delete`. */
  type Fate = 'fails' | 'is prevented' | 'dies';
  async function failureAfter(...fates: Fate[]) {
    const begun = new Collected<Fate>();
    const lives = handler('test.work', async (context) => {
      const fate = fates[begun.items.length] ?? 'fails';
      if (fate === 'dies') {
        context.beginPhase('delete');
        context.event({ kind: 'log', level: 'info', message: 'deleting' });
        await context.flush();
        begun.add(fate);
        await untilAborted(context.signal);
        return {};
      }
      begun.add(fate);
      const spendsAttempt = fate === 'fails';
      throw new JobFailure('RESIDUE', '2 roles are left', { retryable: true, spendsAttempt });
    });
    const id = await fixture.enqueue('lost', 'test.work');
    for (const [index, fate] of fates.entries()) {
      if (fate !== 'dies') continue;
      const line = cuttable(database.db);
      await fixture.worker([lives], { db: line, host: `host-${index + 1}`, leaseMs: 3_000 }).start();
      await begun.reaches(index + 1);
      line.cut();
      await database.db.script('update workers set lease_until = clock_now()');
      await reclaim();
    }
    await fixture.worker([lives]).start();
    await fixture.until(id, 'FAILED');
    return { ...(await jobOf(database.db, id)), events: await eventsOf(database.db, id) };
  }
  const lost = (attempt: number, host: string) =>
    new RegExp(
      `^the worker wrk_\\w+ on ${host} stopped answering during attempt ${attempt} of 3, in phase delete`,
    );
  const REMEDY = '(check the log and the memory of that host, then start the operation again)';

  test('V6: a job whose last worker died says where, in which phase, what to do, and what failed before', async () => {
    const { errorCode, errorMessage, events } = await failureAfter('fails', 'fails', 'dies');
    expect(errorCode).toBe('WORKER_LOST');
    expect(errorMessage).toMatch(lost(3, 'host-3'));
    expect(errorMessage?.slice(errorMessage.indexOf(' ('))).toBe(
      ` ${REMEDY}; attempt 2 failed: RESIDUE: 2 roles are left`,
    );
    expect(events).toEqual([
      expect.stringMatching(/^attempt 1 of 3 failed: 2 roles are left/),
      expect.stringMatching(/^attempt 2 of 3 failed: 2 roles are left/),
      'deleting',
      expect.stringMatching(new RegExp(`${lost(3, 'host-3').source}$`)),
      errorMessage,
    ]);
  });

  test('V6: a failure that was not the last one before the workers died is not hidden either', async () => {
    const { errorMessage } = await failureAfter('is prevented', 'fails', 'dies', 'dies');
    expect(errorMessage).toMatch(lost(3, 'host-4'));
    expect(errorMessage).toContain('; attempt 1 failed: RESIDUE: 2 roles are left');
  });

  test('V6: a job all of whose workers died says so', async () => {
    const { errorMessage, events } = await failureAfter('dies', 'dies', 'dies');
    expect(errorMessage).toMatch(lost(3, 'host-3'));
    expect(errorMessage).toMatch(/again\); the workers of the attempts before it were lost as well$/);
    expect(events.filter((message) => lost(1, 'host-1').test(message))).toHaveLength(1);
  });

  test('V6: the next attempt is not silent about the one that was lost, and its success forgets it', async () => {
    const runs = new Collected<JobContext>();
    const work = handler('test.work', async (context) => {
      runs.add(context);
      if (context.job.attempt === 1) await untilAborted(context.signal);
      return {};
    });
    const id = await fixture.enqueue('survives', 'test.work');
    const line = cuttable(database.db);
    await fixture.worker([work], { db: line, host: 'host-1', leaseMs: 3_000 }).start();
    await runs.reaches(1);
    line.cut();
    await database.db.script('update workers set lease_until = clock_now()');
    await reclaim();
    const message = expect.stringMatching(/ on host-1 stopped answering during attempt 1 of 3$/);
    expect(await jobOf(database.db, id)).toMatchObject({ errorCode: 'WORKER_LOST', errorMessage: message });
    await fixture.worker([work]).start();
    await fixture.until(id, 'SUCCEEDED');
    expect(await eventsOf(database.db, id)).toEqual([message, 'succeeded']);
    expect(await jobOf(database.db, id)).toMatchObject({ errorCode: null, errorMessage: null });
  });
});
