import { afterEach, expect, test } from 'vitest';
import { Janitor, type JanitorOptions } from '../../../src/control-plane/janitor/janitor.ts';
import { type Clock, systemClock } from '../../../src/control-plane/kernel/clock.ts';
import { readDatabaseTime } from '../../../src/control-plane/kernel/db/clock.sql.ts';
import type { Db } from '../../../src/control-plane/kernel/db/db.ts';
import { TaskLostError } from '../../../src/control-plane/kernel/errors.ts';
import {
  listDueTasks,
  listTasks,
  requestTask,
  type TaskRow,
} from '../../../src/control-plane/kernel/tasks/periodic-task.sql.ts';
import type { PeriodicTask, TaskCommit } from '../../../src/control-plane/kernel/tasks/periodic-task.ts';
import { eachEngine } from '../../setup/engines.ts';
import { overrideDb } from '../worker/override-db.ts';
import { Collected, untilAborted } from '../worker/worker-fixture.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const janitors: Janitor[] = [];
afterEach(async () => {
  await Promise.all(janitors.splice(0).map((janitor) => janitor.stop()));
});

/** A started janitor; the poll is short, because a moved clock wakes no janitor. */
function start(db: Db, task: PeriodicTask, options: Partial<JanitorOptions> = {}): Janitor {
  const janitor = new Janitor({
    db,
    clock: systemClock,
    tasks: [task],
    runner: 'first:1',
    otherTasks: undefined,
    pollMs: 20,
    leaseMs: 30_000,
    runTimeoutMs: HOUR_MS,
    redact: (text: string) => text.replaceAll('s3cret', '***'),
    log: { debug() {}, info() {}, warn() {} },
    ...options,
  });
  janitors.push(janitor);
  janitor.start();
  return janitor;
}

async function rowOf(db: Db, name: string): Promise<TaskRow> {
  const [row] = await db.query(listTasks, { name });
  if (!row) throw new Error(`there is no task ${name}`);
  return row;
}

async function until(db: Db, name: string, isSo: (row: TaskRow) => boolean): Promise<TaskRow> {
  return expect
    .poll(async () => {
      const [row] = await db.query(listTasks, { name });
      return row && isSo(row) ? row : undefined;
    })
    .toBeDefined()
    .then(() => rowOf(db, name));
}

async function dueInMs(db: Db, name: string): Promise<number> {
  const [row] = await db.query(listDueTasks, { names: [name] });
  return row?.dueInMs ?? Number.NaN;
}

/** A process that was stopped by a debugger or a full machine: no timer of it ends. */
const FROZEN: Clock = {
  ...systemClock,
  sleep: (_ms, signal) =>
    new Promise((_, reject) =>
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
    ),
};

eachEngine('periodic tasks', (engine) => {
  test('each run has one of several janitors, and two runs never overlap', async () => {
    const { db } = engine();
    const runs = new Collected<number>();
    let [active, most] = [0, 0];
    const task: PeriodicTask = {
      name: 'overlap',
      intervalMs: 20,
      async run() {
        most = Math.max(most, ++active);
        await db.query(listDueTasks, { names: ['overlap'] });
        active--;
        runs.add(active);
        return undefined;
      },
    };
    for (const runner of ['a:1', 'b:2', 'c:3']) start(db, task, { runner });
    await runs.reaches(20);
    expect(most).toBe(1);
  });

  test('while a commit of a run is open, no other run begins, even when the lease is over', async ({
    skip,
  }) => {
    const { db } = engine();
    skip(db.engine === 'pglite', 'PGlite has one connection: nothing runs beside a transaction');
    const order: string[] = [];
    const open = new Collected<() => void>();
    const task = (run: PeriodicTask['run']): PeriodicTask => ({ name: 'open', intervalMs: HOUR_MS, run });
    start(
      db,
      task(async (_signal, commit) => {
        await commit(async () => {
          await new Promise<void>((resolve) => open.add(resolve));
          order.push('committed');
        });
        return undefined;
      }),
      { clock: FROZEN, leaseMs: 1_000 },
    );
    await open.reaches(1);
    const tries = new Collected<string>();
    const watched = overrideDb(db, {
      tx: (work) => db.tx(work),
      query: async (statement, params) => {
        const rows = await db.query(statement, params);
        if (statement.name === 'tasks.claim' && rows.length === 0) tries.add('busy');
        return rows;
      },
    });
    start(
      watched,
      task(async () => {
        order.push('second');
        return undefined;
      }),
    );
    // The lease of a second ends, and the claim finds the row held.
    await tries.reaches(2);
    expect(order).toEqual([]);
    open.items[0]?.();
    await expect.poll(() => order).toEqual(['committed']);
    await until(db, 'open', ({ lastOutcome }) => lastOutcome === 'SUCCEEDED');
  });

  test('a run of a janitor that stopped answering is repeated when its lease is over, and whatever the old run still writes is rejected', async () => {
    const { db, moveClock } = engine();
    const stale = new Collected<{ commit: TaskCommit; end: (result: Record<string, unknown>) => void }>();
    const frozen = (run: PeriodicTask['run']): PeriodicTask => ({ name: 'frozen', intervalMs: HOUR_MS, run });
    start(
      db,
      frozen((_signal, commit) => new Promise((end) => stale.add({ commit, end }))),
      { clock: FROZEN },
    );
    await stale.reaches(1);
    const lost: object[] = [];
    const repeat = () =>
      start(
        db,
        frozen(async () => ({ by: 'second' })),
        {
          runner: 'second:2',
          log: { debug() {}, info() {}, warn: (fields) => void lost.push(fields) },
        },
      );
    repeat();
    expect(await dueInMs(db, 'frozen')).toBeGreaterThan(20_000);
    expect((await rowOf(db, 'frozen')).running).toBe(true);

    await moveClock('31 seconds');
    const row = await until(db, 'frozen', ({ lastOutcome }) => lastOutcome === 'SUCCEEDED');
    expect(row).toMatchObject({ runner: 'second:2', lastResult: { by: 'second' }, failures: 0 });
    expect(lost).toContainEqual({ task: 'frozen', lostRunner: 'first:1' });
    const [old] = stale.items;
    await expect(
      old?.commit(async (tx) => tx.query(requestTask, { name: 'frozen', by: 'stale' })),
    ).rejects.toThrow(TaskLostError);
    old?.end({ by: 'first' });
    await janitors[0]?.stop();
    expect(await rowOf(db, 'frozen')).toMatchObject({
      lastResult: { by: 'second' },
      lastOutcome: 'SUCCEEDED',
      requestedAt: null,
    });
    await moveClock('0');
  });

  test('a lease is renewed for as long as the run lasts', async () => {
    const { db } = engine();
    const renewals = new Collected<string>();
    const watched = overrideDb(db, {
      tx: (work) => db.tx(work),
      query: async (statement, params) => {
        const rows = await db.query(statement, params);
        if (statement.name === 'tasks.renew') renewals.add(String(rows.length));
        return rows;
      },
    });
    const runs: string[] = [];
    const task = (by: string): PeriodicTask => ({
      name: 'long',
      intervalMs: 1_000,
      async run() {
        runs.push(by);
        // Longer than its lease of a second.
        await renewals.reaches(4);
        return undefined;
      },
    });
    start(watched, task('first'));
    await expect.poll(() => runs).toEqual(['first']);
    start(db, task('second'), { runner: 'second:2' });
    await renewals.reaches(4);
    expect(new Set(renewals.items)).toEqual(new Set(['1']));
    expect(runs).toEqual(['first']);
  });

  test('after a week without a janitor a task runs once, and then every interval', async () => {
    const { db, moveClock } = engine();
    const starts: Date[] = [];
    const task: PeriodicTask = {
      name: 'hourly',
      intervalMs: HOUR_MS,
      run: async () => void starts.push(await readDatabaseTime(db)),
    };
    const first = start(db, task);
    await until(db, 'hourly', ({ lastOutcome }) => lastOutcome === 'SUCCEEDED');
    await first.stop();
    await moveClock('7 days');
    expect((await rowOf(db, 'hourly')).lagSeconds).toBeGreaterThan(6 * 86_400);
    start(db, task);
    await expect.poll(() => starts.length).toBe(2);
    await until(db, 'hourly', ({ running }) => !running);
    const inMs = await dueInMs(db, 'hourly');
    expect(inMs).toBeGreaterThan(HOUR_MS - MINUTE_MS);
    expect(inMs).toBeLessThanOrEqual(HOUR_MS);
    expect((await rowOf(db, 'hourly')).lagSeconds).toBe(0);
    await moveClock('7 days 61 minutes');
    await expect.poll(() => starts.length).toBe(3);
    await moveClock('0');
  });

  test('a failed run is repeated after a minute, then after two; a success ends the series', async () => {
    const { db, moveClock } = engine();
    let works = false;
    const task: PeriodicTask = {
      name: 'failing',
      intervalMs: HOUR_MS,
      run: async () => {
        if (!works) throw new Error('the cloud is away');
        return undefined;
      },
    };
    const logged: string[] = [];
    const log = (level: string) => (_fields: object, message: string) =>
      void logged.push(`${level} ${message}`);
    start(db, task, { log: { debug: log('debug'), info: log('info'), warn: log('warn') } });
    const once = await until(db, 'failing', ({ failures }) => failures === 1);
    expect(once).toMatchObject({ lastOutcome: 'FAILED', lastError: 'the cloud is away' });
    expect(await dueInMs(db, 'failing')).toBeLessThanOrEqual(MINUTE_MS);
    await moveClock('61 seconds');
    await until(db, 'failing', ({ failures }) => failures === 2);
    const again = await dueInMs(db, 'failing');
    expect(again).toBeGreaterThan(MINUTE_MS);
    expect(again).toBeLessThanOrEqual(2 * MINUTE_MS);
    works = true;
    await db.query(requestTask, { name: 'failing', by: 'local:admin' });
    const fine = await until(db, 'failing', ({ failures }) => failures === 0);
    expect(fine).toMatchObject({ lastOutcome: 'SUCCEEDED', lastError: null, requestedAt: null });
    // The moved clock ends connections, which is told as well.
    expect(logged.filter((line) => /^\w+ periodic task /.test(line))).toEqual([
      'warn periodic task failed',
      'debug periodic task failed again with the same error',
      'info periodic task succeeds again',
    ]);
    await moveClock('0');
  });

  test('a requested run begins at once, or after the run in progress', async () => {
    const { db } = engine();
    const runs = new Collected<() => void>();
    const task: PeriodicTask = {
      name: 'requested',
      intervalMs: HOUR_MS,
      run: () => new Promise((resolve) => runs.add(() => resolve(undefined))),
    };
    start(db, task);
    await runs.reaches(1);
    const { fence } = await rowOf(db, 'requested');
    await db.query(requestTask, { name: 'requested', by: 'local:admin' });
    expect(await rowOf(db, 'requested')).toMatchObject({ running: true, requestedBy: 'local:admin' });
    runs.items[0]?.();
    await runs.reaches(2);
    const second = await rowOf(db, 'requested');
    expect(second.fence).toBeGreaterThan(fence);
    expect(second.requestedAt).toBeNull();
    runs.items[1]?.();
  });

  test('a run that ends with its process is repeated at once by another one', async () => {
    const { db } = engine();
    const began = new Collected<string>();
    const task = (by: string): PeriodicTask => ({
      name: 'stopped',
      intervalMs: HOUR_MS,
      async run(signal) {
        began.add(by);
        if (by === 'first') await untilAborted(signal);
        return undefined;
      },
    });
    const first = start(db, task('first'));
    await began.reaches(1);
    await first.stop();
    expect(await rowOf(db, 'stopped')).toMatchObject({ lastOutcome: 'INTERRUPTED', running: false });
    start(db, task('second'));
    await began.reaches(2);
    await until(db, 'stopped', ({ lastOutcome }) => lastOutcome === 'SUCCEEDED');
  });

  test('a run that hangs is given up after its time limit, and can commit nothing after that', async () => {
    const { db } = engine();
    const hung = new Collected<TaskCommit>();
    start(
      db,
      { name: 'hung', intervalMs: HOUR_MS, run: (_signal, commit) => new Promise(() => hung.add(commit)) },
      { runTimeoutMs: 50 },
    );
    const row = await until(db, 'hung', ({ lastOutcome }) => lastOutcome === 'FAILED');
    expect(row).toMatchObject({ lastError: 'stopped after 0.05 seconds', running: false });
    await expect(hung.items[0]?.(async () => {})).rejects.toThrow(TaskLostError);
  });

  test('a janitor removes the rows of tasks that no longer exist, and makes a row again that another version removed', async () => {
    const { db } = engine();
    const task = (name: string): PeriodicTask => ({ name, intervalMs: HOUR_MS, run: async () => undefined });
    start(db, task('of-the-old-version'));
    await until(db, 'of-the-old-version', ({ lastOutcome }) => lastOutcome === 'SUCCEEDED');
    const fence = (await rowOf(db, 'of-the-old-version')).fence;
    start(db, task('of-workers'));
    await until(db, 'of-workers', ({ lastOutcome }) => lastOutcome === 'SUCCEEDED');
    const ofWorkers = (await rowOf(db, 'of-workers')).fence;
    start(db, task('of-the-new-version'), { otherTasks: ['of-workers'] });
    await until(db, 'of-the-new-version', ({ lastOutcome }) => lastOutcome === 'SUCCEEDED');
    const again = await until(
      db,
      'of-the-old-version',
      (row) => row.fence > fence && row.lastOutcome === 'SUCCEEDED',
    );
    expect(again.failures).toBe(0);
    expect((await rowOf(db, 'of-workers')).fence, 'a janitor keeps the tasks of workers').toBe(ofWorkers);
  });
});
