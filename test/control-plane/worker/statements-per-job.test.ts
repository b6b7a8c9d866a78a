import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { countingDb } from '../../setup/counting-db.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { Collected, handler, openWorkerFixture, type WorkerFixture } from './worker-fixture.ts';

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

/** @returns the statements of a worker that runs these jobs, ten at a time, until they are settled */
async function askedBy(jobs: number, work: Parameters<typeof handler>[1]): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < jobs; n++) ids.push(await fixture.enqueue(`resource-${jobs}-${n}`, 'test.work'));
  const ended = new Collected<string>();
  const db = countingDb(database.db);
  const worker = fixture.worker([handler('test.work', work)], {
    db,
    concurrency: 10,
    onEvent: (event) => {
      if (event.type === 'job.ended') ended.add(event.jobId);
    },
  });
  await worker.start();
  await ended.reaches(jobs);
  await worker.stop(10_000);
  return db.asked.filter((name) => !/^(jobs\.register_worker|jobs\.renew_lease|jobs\.end_lease)$/.test(name));
}

test('jobs that write nothing at their end are claimed and settled by the batch', async () => {
  const asked = await askedBy(100, async () => ({}));
  const count = (name: string) => asked.filter((each) => each === name).length;
  expect(new Set(asked)).toEqual(new Set(['jobs.claim', 'jobs.settle']));
  // Ten at a time: at best ten of each, and two claims that find nothing.
  expect(count('jobs.settle')).toBeLessThanOrEqual(30);
  expect(count('jobs.claim')).toBeLessThanOrEqual(40);
});

test('a job that writes at its end takes one transaction', async () => {
  const asked = await askedBy(1, async () => ({ write: async () => {} }));
  const settled = asked.filter((name) => name !== 'jobs.claim');
  expect(settled).toEqual(['begin', 'jobs.hold_fence', 'jobs.settle', 'commit']);
});
