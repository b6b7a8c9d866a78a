import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseUnavailableError } from '../../../src/control-plane/kernel/errors.ts';
import { type HostProblem, JobFailure } from '../../../src/control-plane/kernel/jobs/job.ts';
import { readJob } from '../../../src/control-plane/kernel/jobs/job-reader.ts';
import { reportUnrunnableJobsTask } from '../../../src/control-plane/kernel/jobs/job-tasks.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { runTask } from '../../setup/run-task.ts';
import { eventsOf, jobOf } from './job-rows.ts';
import { Collected, handler, openWorkerFixture, type WorkerFixture } from './worker-fixture.ts';

const FULL: HostProblem = { code: 'DISK_FULL', message: 'no space left in /work' };
const DONE = async () => ({});

describe('a worker whose host cannot run its jobs', () => {
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

  /** A log whose lines a test can wait for. */
  const record = () => {
    const lines = new Collected<string>();
    const note = (_fields: object, message: string) => lines.add(message);
    return { lines, log: { info: note, warn: note, error: note } };
  };

  test('V3: claims nothing while another worker does all of it: no attempt is lost', async () => {
    const { lines, log } = record();
    const unfit = fixture.worker([handler('test.create', DONE, { hostProblem: async () => FULL })], {
      log,
      pollMs: 10,
    });
    await unfit.start();
    await lines.reaches(1);
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, n) => fixture.enqueue(`v3-${n}`, 'test.create')),
    );
    const fit = fixture.worker([handler('test.create', DONE)]);
    await fit.start();
    for (const id of ids) {
      await fixture.until(id, 'SUCCEEDED');
      expect(await jobOf(database.db, id)).toMatchObject({ attempt: 1, workerId: fit.id });
    }
    expect(lines.items).toEqual(['worker not ready; it claims no such jobs']);
    expect(unfit.problems).toEqual([{ ...FULL, types: ['test.create'] }]);
  });

  test('V3: the only worker: the job says why it waits, and runs when the host is ready again', async () => {
    const { lines, log } = record();
    let problem: HostProblem | undefined = FULL;
    const other = handler('test.other', DONE);
    const worker = fixture.worker(
      [handler('test.create', DONE, { hostProblem: async () => problem }), other],
      { log },
    );
    await worker.start();
    await lines.reaches(1);
    const id = await fixture.enqueue('v3-alone', 'test.create');
    await fixture.until(await fixture.enqueue('v3-alone-other', 'test.other'), 'SUCCEEDED');
    // The heartbeat that carries the problem was asked for at once.
    await expect
      .poll(async () => (await readJob(database.db, id, null)).waitingReason)
      .toBe('no running worker can run CREATE jobs: no space left in /work');
    const task = reportUnrunnableJobsTask(database.db, fixture.dispatcher, 0);
    expect(await runTask(task)).toEqual({ jobs: [id] });
    expect(await runTask(task)).toBeUndefined();
    problem = undefined;
    await fixture.until(id, 'SUCCEEDED');
    expect(await jobOf(database.db, id)).toMatchObject({ attempt: 1, deferrals: 0 });
    expect((await eventsOf(database.db, id))[0]).toBe(
      'no running worker can run jobs of type test.create: no space left in /work; the job waits for one',
    );
    expect(lines.items.filter((line) => line.startsWith('worker'))).toEqual([
      'worker not ready; it claims no such jobs',
      'worker ready again',
    ]);
  });

  test('V3: a problem that waiting does not change: others do the work; alone, the job fails with the reason', async () => {
    const permanent: HostProblem = { code: 'NO_KEYS', message: 'no keys', isPermanent: true };
    const fails = handler(
      'test.create',
      async () => {
        throw new JobFailure('NO_KEYS', 'no keys', { retryable: false });
      },
      { hostProblem: async () => permanent },
    );
    const able = fixture.worker([handler('test.create', DONE)]);
    await able.start();
    const { lines, log } = record();
    await fixture.worker([fails], { log, pollMs: 10 }).start();
    await lines.reaches(1);
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, n) => fixture.enqueue(`keys-${n}`, 'test.create')),
    );
    for (const id of ids) await fixture.until(id, 'SUCCEEDED');
    await able.stop(0);
    const alone = await fixture.enqueue('keys-alone', 'test.create');
    await fixture.until(alone, 'FAILED');
    expect(await jobOf(database.db, alone)).toMatchObject({ attempt: 1, errorCode: 'NO_KEYS' });
  });

  test('V3: N8: a failure of the host or the database spends no attempt, however often; the next claim checks the host', async () => {
    const causes = [
      ...Array.from(
        { length: 4 },
        () => new JobFailure('DISK_FULL', 'no space left', { retryable: true, spendsAttempt: false }),
      ),
      new DatabaseUnavailableError('the connection to the database broke'),
    ];
    let checks = 0;
    const attempts = new Collected<string>();
    const work = handler(
      'test.create',
      async ({ job }) => {
        attempts.add(`${job.attempt} after ${job.deferrals}`);
        const cause = causes.shift();
        if (cause) throw cause;
        return {};
      },
      {
        hostProblem: async () => {
          checks += 1;
          return undefined;
        },
      },
    );
    const delays: number[] = [];
    const random = () => {
      delays.push(delays.length);
      return 1;
    };
    const id = await fixture.enqueue('v3-inside', 'test.create');
    await fixture
      .worker([work], { hostCheckMs: 3_600_000, random, backoff: { baseMs: 2, maxMs: 64 } })
      .start();
    await fixture.until(id, 'SUCCEEDED');
    expect(attempts.items).toEqual([0, 1, 2, 3, 4, 5].map((deferrals) => `1 after ${deferrals}`));
    expect(checks).toBe(6);
    expect(delays).toHaveLength(5);
    const events = await eventsOf(database.db, id);
    expect(events[0]).toBe(
      'this worker cannot run the job: no space left; the attempt is not counted, the next one starts in 1 s',
    );
    expect(events[4]).toContain('the database did not answer for as long as the lease lasts');
    expect(await jobOf(database.db, id)).toMatchObject({ attempt: 1, deferrals: 5 });
  });

  test('N8: the host is checked for all types of jobs together', async () => {
    const asked = new Collected<string>();
    const types = ['test.create', 'test.destroy'];
    const handlers = types.map((type) =>
      handler(type, DONE, {
        hostProblem: async () => {
          asked.add(type);
          await asked.reaches(types.length);
          return FULL;
        },
      }),
    );
    const { lines, log } = record();
    const worker = fixture.worker(handlers, { log, hostCheckMs: 3_600_000 });
    await worker.start();
    await lines.reaches(1);
    expect(asked.items).toEqual(types);
    expect(worker.problems).toEqual([{ ...FULL, types }]);
  });

  test('V3: a check that fails blocks nothing', async () => {
    const hostProblem = async () => {
      throw new TypeError('a bug in the check');
    };
    await fixture.worker([handler('test.create', DONE, { hostProblem })]).start();
    await fixture.until(await fixture.enqueue('v3-bug', 'test.create'), 'SUCCEEDED');
  });
});
