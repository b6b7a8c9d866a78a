import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepServingRecord } from '../../../src/control-plane/http/serving-record.ts';
import { recordServing } from '../../../src/control-plane/kernel/api/serving.sql.ts';
import type { Db } from '../../../src/control-plane/kernel/db/db.ts';
import { createTestDatabase, moveClock } from '../../setup/database.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

const record = async () => (await db.query(recordServing, { leaseMs: 600_000 }))[0]?.since.getTime();

test('an API serves since it began, through records of any server, until a pause longer than the lease', async () => {
  const began = await record();
  for (const offset of ['5 minutes', '10 minutes']) {
    await moveClock(database.url, offset);
    expect(await record()).toBe(began);
  }
  await moveClock(database.url, '25 minutes');
  const again = await record();
  expect(Math.floor(((again ?? 0) - (began ?? 0)) / 60_000)).toBe(25);
  await moveClock(database.url, '0');
});

test('records three times in a lease; one that fails is repeated, and the end of serving ends it', async () => {
  const stop = new AbortController();
  const slept: number[] = [];
  const warnings: string[] = [];
  let records = 0;
  const ended = new Promise<void>((resolve) => {
    const clock = {
      now: () => new Date(),
      monotonicMs: () => 0,
      async sleep(ms: number) {
        slept.push(ms);
        if (slept.length < 4) return;
        stop.abort();
        resolve();
      },
    };
    const query = async () => {
      records += 1;
      if (records === 3) throw new Error('the database is away');
      return [];
    };
    const log = { warn: (_fields: object, message: string) => void warnings.push(message) };
    void keepServingRecord({
      db: { query } as unknown as Db,
      clock,
      leaseMs: 30_000,
      stopped: stop.signal,
      log,
    });
  });
  await ended;
  expect(slept).toEqual([10_000, 10_000, 10_000, 10_000]);
  expect(records).toBe(4);
  expect(warnings).toEqual(['cannot record that the API serves; trying again']);
});
