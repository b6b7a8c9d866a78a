import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '../../../src/control-plane/kernel/db/db.ts';
import { DatabaseUnavailableError } from '../../../src/control-plane/kernel/errors.ts';
import { claimJobs } from '../../../src/control-plane/kernel/jobs/claim.sql.ts';
import { type JobContext, JobFailure } from '../../../src/control-plane/kernel/jobs/job.ts';
import { settleJobs } from '../../../src/control-plane/kernel/jobs/settle.sql.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { eventsOf, jobOf } from './job-rows.ts';
import { overrideDb } from './override-db.ts';
import { Collected, handler, openWorkerFixture, type WorkerFixture } from './worker-fixture.ts';

const AWAY = 'the connection to the database broke';

/** A database whose answers get lost: of the next `away` writes nothing happens; of the next `unheard` the answer is lost. */
function unreliable(db: Db): { db: Db; away: number; unheard: number; lostClaims: number } {
  const line = { db, away: 0, unheard: 0, lostClaims: 0 };
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    if (line.away > 0) {
      line.away--;
      throw new DatabaseUnavailableError(AWAY);
    }
    const result = await work();
    if (line.unheard === 0) return result;
    line.unheard--;
    throw new DatabaseUnavailableError(AWAY);
  };
  line.db = overrideDb(db, {
    query: async (statement, params) => {
      if (statement.name === settleJobs.name) return write(() => db.query(statement, params));
      const rows = await db.query(statement, params);
      if (
        statement.name !== claimJobs.name ||
        !rows.some((row) => row['id'] !== null) ||
        line.lostClaims === 0
      )
        return rows;
      line.lostClaims--;
      throw new DatabaseUnavailableError(AWAY);
    },
    tx: (work) => write(() => db.tx(work)),
  });
  return line;
}

describe('while the database is away', () => {
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

  const ended = async (id: string) => {
    for (;;) {
      const job = await jobOf(database.db, id);
      if (['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(job.status)) return job;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  test('G8: a job that ends meanwhile is settled when it is back, in the same attempt', async () => {
    const line = unreliable(database.db);
    const work = handler('test.work', async () => {
      line.away = 3;
      return {};
    });
    const id = await fixture.enqueue('outage', 'test.work');
    await fixture.worker([work], { db: line.db }).start();
    expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    expect(line.away).toBe(0);
  });

  test('G8: a job that writes at its end is settled when the database is back, with what it wrote once', async () => {
    const line = unreliable(database.db);
    const written = new Collected<string>();
    const work = handler('test.work', async () => {
      line.away = 2;
      return { write: async () => written.add('result') };
    });
    const id = await fixture.enqueue('outage-write', 'test.work');
    await fixture.worker([work], { db: line.db }).start();
    expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    expect(line.away).toBe(0);
    expect(written.items).toEqual(['result']);
  });

  test('G8: an end whose answer is lost is neither repeated nor called a failure', async () => {
    const line = unreliable(database.db);
    const runs = new Collected<JobContext>();
    const logged = new Collected<string>();
    const work = handler('test.work', async (context) => {
      runs.add(context);
      line.unheard = 1;
      return {};
    });
    const hear = (_fields: object, message: string) => logged.add(message);
    const log = { info: hear, warn: hear, error: hear };
    const id = await fixture.enqueue('unheard', 'test.work');
    await fixture.worker([work], { db: line.db, log }).start();
    await logged.reaches(2);
    expect(logged.items).toEqual(['job started', 'job attempt ended']);
    expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    expect(runs.items).toHaveLength(1);
    expect(await eventsOf(database.db, id)).toEqual(['succeeded']);
  });

  test('N7: L10: G7, G8: a claim whose answer is lost leaves no lane with a worker that lives and knows nothing of it, and is not counted as an attempt', async () => {
    const line = unreliable(database.db);
    line.lostClaims = 1;
    const work = handler('test.work', async () => ({}));
    const id = await fixture.enqueue('unheard-claim', 'test.work');
    await fixture.worker([work], { db: line.db, leaseMs: 900, pollMs: 100 }).start();
    expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1, errorCode: null });
    expect(line.lostClaims).toBe(0);
  });

  test('G8: a write that fails while renewals go through is not tried for ever', async () => {
    const line = unreliable(database.db);
    const work = handler('test.work', async ({ job }) => {
      line.away = job.attempt === 1 ? Number.POSITIVE_INFINITY : 0;
      return {};
    });
    const id = await fixture.enqueue('refused', 'test.work');
    await fixture.worker([work], { db: line.db, leaseMs: 900, pollMs: 100 }).start();
    expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  });

  test('G7, G8: an attempt that cannot be settled gives its lane back, though its worker lives', async () => {
    const work = handler(
      'test.work',
      async ({ job }) => {
        if (job.attempt === 1) throw new JobFailure('NO', 'no', { retryable: false });
        return {};
      },
      {
        onFailed: async () => {
          throw new TypeError('undefined is not a function');
        },
      },
    );
    const id = await fixture.enqueue('unsettled', 'test.work');
    await fixture.worker([work], { leaseMs: 900, pollMs: 100 }).start();
    expect(await ended(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  });
});
