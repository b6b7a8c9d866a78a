import { statement } from '../db/statement.ts';

/** Claims the run of a periodic task. No row: it is not due, or another janitor has claimed the run. */
export const claimTask = statement({
  name: 'tasks.claim',
  text: `
    insert into tasks as t (name, next_run_at, last_run_at)
    values ($1, clock_now() + $2::float8 * interval '1 millisecond', clock_now())
    on conflict (name) do update
      set next_run_at = excluded.next_run_at, last_run_at = excluded.last_run_at
      where t.next_run_at <= clock_now()
    returning name`,
  params: { name: 'text', intervalMs: 'float8' },
  row: { name: 'text' },
});

export const recordTaskResult = statement({
  name: 'tasks.record_result',
  text: `update tasks set last_error = $2 where name = $1 returning name`,
  params: { name: 'text', lastError: 'text?' },
  row: { name: 'text' },
});
