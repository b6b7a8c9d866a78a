import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { PrincipalRateLimiter } from '../../../../src/control-plane/kernel/limits/principal-rate-limiter.ts';
import { purgeRates } from '../../../../src/control-plane/kernel/limits/rate.sql.ts';
import { eachEngine } from '../../../setup/engines.ts';

eachEngine('a request budget', (engine) => {
  const budgetOf = (perMinute = 100, burst = 100) =>
    new PrincipalRateLimiter(engine().db, { perMinute, burst });

  test('S28: lets exactly its burst through, however many ask at once', async () => {
    // So slow that nothing comes back while the test runs.
    const budget = budgetOf(0.01, 100);
    const answers = await Promise.all(Array.from({ length: 300 }, () => budget.take('local:crowd')));
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(100);
    const refused = answers.filter(({ allowed }) => !allowed);
    expect(
      refused.filter(({ remaining, retryAfterSeconds }) => remaining > 0 || retryAfterSeconds <= 0),
    ).toEqual([]);
  });

  test('S28: tells one that waited for its turn what is left after the others', async () => {
    const { db } = engine();
    const budget = budgetOf(0.01, 2);
    await budget.take('local:queue');
    const other = new EventEmitter();
    const waited = once(other, 'took').then(() => budget.take('local:queue'));
    await db.tx(async (tx) => {
      await new PrincipalRateLimiter(tx, { perMinute: 0.01, burst: 2 }).take('local:queue');
      other.emit('took');
      // The embedded engine has one connection: a request that waits there has not begun.
      while (db.engine === 'postgres' && (await tx.query(countWaiting, {}))[0]?.count === 0);
    });
    expect(await waited).toMatchObject({ allowed: false, remaining: 0 });
  });

  test('counts down, each principal for itself', async () => {
    const budget = budgetOf(0.01, 3);
    const left = [];
    for (let i = 0; i < 4; i++) left.push(await budget.take('local:down'));
    expect(left.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    expect(await budget.take('local:other')).toMatchObject({ allowed: true, remaining: 2 });
  });

  test('comes back bit by bit by the clock of the database, never more than the burst', async () => {
    const { moveClock } = engine();
    const passes = async (principal: string) => {
      const budget = budgetOf(1, 7);
      for (let count = 0; ; count++) if (!(await budget.take(principal)).allowed) return count;
    };
    try {
      expect(await passes('local:slow')).toBe(7);
      await moveClock('62 seconds');
      expect(await passes('local:slow')).toBe(1);
      await moveClock('245 seconds');
      expect(await passes('local:slow')).toBe(3);
      await moveClock('10 hours');
      expect(await passes('local:slow')).toBe(7);
    } finally {
      await moveClock('0');
    }
  });

  test('does not lock anybody out when the clock is set back', async () => {
    const { moveClock } = engine();
    const budget = budgetOf(60, 2);
    try {
      await moveClock('10 hours');
      expect((await budget.take('local:back')).allowed).toBe(true);
      await moveClock('0');
      expect(await budget.peek('local:back')).toMatchObject({ remaining: 2 });
      expect(await budget.take('local:back')).toMatchObject({ allowed: true, remaining: 1 });
    } finally {
      await moveClock('0');
    }
  });

  test('is looked at without using it, and forgotten when it is whole again', async () => {
    const { db, moveClock } = engine();
    const budget = budgetOf(1, 5);
    await budget.take('local:look');
    expect([await budget.peek('local:look'), await budget.peek('local:look')]).toMatchObject([
      { remaining: 4, allowed: true },
      { remaining: 4, allowed: true },
    ]);
    expect(await budget.peek('local:unknown')).toMatchObject({ remaining: 5, resetSeconds: 0 });
    try {
      await moveClock('100 hours');
      expect((await db.query(purgeRates, {}))[0]?.count).toBeGreaterThan(0);
      expect(await budget.peek('local:look')).toMatchObject({ remaining: 5 });
    } finally {
      await moveClock('0');
    }
  });
});

const countWaiting = statement({
  name: 'test.count_waiting',
  text: `select count(*)::int4 as "count" from pg_locks
    where locktype = 'transactionid' and not granted and transactionid = pg_current_xact_id()::xid`,
  params: {},
  row: { count: 'int4' },
});
