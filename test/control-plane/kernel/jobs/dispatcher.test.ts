import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDispatcher } from '../../../../src/control-plane/kernel/jobs/dispatcher.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('other processes hear of what changed, also after nothing was announced', async () => {
  const fail = (error: unknown) => {
    throw error;
  };
  const [here, there] = [
    await createDispatcher(database.db, fail),
    await createDispatcher(database.db, fail),
  ];
  const heard: (readonly string[])[] = [];
  const arrived = new Promise<void>((resolve) => {
    there.onEvents((ids) => {
      heard.push(ids);
      if (ids.includes('job_2')) resolve();
    });
  });
  here.announceEvents([]);
  here.announceEvents(['job_1']);
  here.announceEvents([]);
  here.announceEvents(['job_2']);
  await arrived;
  expect(heard.flat()).toEqual(['job_1', 'job_2']);
  await here.close();
  await there.close();
});
