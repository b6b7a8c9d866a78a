import { expect, test } from 'vitest';
import { purgeIdempotencyRecords } from '../../../src/control-plane/kernel/idempotency/once.sql.ts';
import { purgeTask } from '../../../src/control-plane/kernel/tasks/periodic-task.ts';
import { eachEngine } from '../../setup/engines.ts';
import { runTask } from '../../setup/run-task.ts';

eachEngine('purge', (engine) => {
  test('L9: removes all that has expired, however much it is, and stops when it is told', async () => {
    const { db } = engine();
    const fill = () =>
      db.script(
        `insert into idempotency_keys (principal, operation, key, fingerprint, status, body, expires_at)
         select 'p', 'o', g::text, 'f', 200, '{}', clock_now() - interval '1 second' from generate_series(1, 2500) g`,
      );
    const task = purgeTask(db, 'purge-idempotency-records', purgeIdempotencyRecords, 60_000);
    await fill();
    expect(await runTask(task, AbortSignal.abort())).toBeUndefined();
    expect(await runTask(task)).toEqual({ removed: 2500 });
    expect(await runTask(task)).toBeUndefined();
  });
});
