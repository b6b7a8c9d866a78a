import { type RowOf, statement } from '../db/statement.ts';

/** When the next run of a task may start: at the end of the lease of a run in progress, at once if it was requested, else when it is due. */
const DUE_AT = `case
      when lease_until is not null then lease_until
      when requested_at is not null then clock_now()
      else next_run_at
    end`;

/** Makes the row of a task, due at once. A new interval counts from the last run. It locks nothing that is right, so that it waits for no commit. */
export const registerTask = statement({
  name: 'tasks.register',
  text: `
    with changed as (
      update tasks
      set interval_ms = $2,
          next_run_at = least(next_run_at, coalesce(last_run_at, clock_now()) + $2::float8 * interval '1 millisecond')
      where name = $1 and interval_ms <> $2
    )
    insert into tasks (name, interval_ms, next_run_at)
    values ($1, $2, clock_now())
    on conflict (name) do nothing
    returning name`,
  params: { name: 'text', intervalMs: 'float8' },
  row: { name: 'text' },
});

/** Removes tasks that no longer exist. A process of another version that has one makes its row again. */
export const removeOtherTasks = statement({
  name: 'tasks.remove_others',
  text: `
    delete from tasks
    where name <> all($1::text[]) and (lease_until is null or lease_until <= clock_now())
    returning name`,
  params: { names: 'text[]' },
  row: { name: 'text' },
});

/** Milliseconds until each of these tasks may be claimed; zero or less: now. */
export const listDueTasks = statement({
  name: 'tasks.list_due',
  text: `
    select name, (extract(epoch from ${DUE_AT} - clock_now()) * 1000)::float8 as "dueInMs"
    from tasks where name = any($1)`,
  params: { names: 'text[]' },
  row: { name: 'text', dueInMs: 'float8' },
});

/**
 * Claims the run of a periodic task for the length of a lease, under a new fence. No row: it is not due, or another process has claimed it.
 * The next run is due an interval from now, so that a task that was due for a week runs once. `lostRunner` did not end the run before;
 * `failure` is the error of the last run that ended, if it failed.
 */
export const claimTask = statement({
  name: 'tasks.claim',
  text: `
    with due as materialized (
      select name, case when lease_until is not null then runner end as "lostRunner"
      from tasks
      where name = $1 and ${DUE_AT} <= clock_now()
      for update skip locked
    )
    update tasks t
    set fence = nextval('task_fence'), runner = $2, lease_until = clock_now() + $3::float8 * interval '1 millisecond',
        last_run_at = clock_now(), next_run_at = clock_now() + t.interval_ms * interval '1 millisecond',
        requested_at = null, requested_by = null,
        failures = t.failures + case when due."lostRunner" is null then 0 else 1 end
    from due
    where t.name = due.name
    returning t.fence, due."lostRunner", case when t.last_outcome = 'FAILED' then t.last_error end as "failure"`,
  params: { name: 'text', runner: 'text', leaseMs: 'float8' },
  row: { fence: 'int8', lostRunner: 'text?', failure: 'text?' },
});

/** No row: the lease is over, and another process may have the run. */
export const renewTask = statement({
  name: 'tasks.renew',
  text: `
    update tasks set lease_until = clock_now() + $3::float8 * interval '1 millisecond'
    where name = $1 and fence = $2 and lease_until > clock_now()
    returning name`,
  params: { name: 'text', fence: 'int8', leaseMs: 'float8' },
  row: { name: 'text' },
});

/** Holds the run until the transaction ends: no other process can claim the task meanwhile. No row: the lease is over. */
export const holdTask = statement({
  name: 'tasks.hold',
  text: `select name from tasks where name = $1 and fence = $2 and lease_until > clock_now() for share`,
  params: { name: 'text', fence: 'int8' },
  row: { name: 'text' },
});

/**
 * Records how a run ended. A failed one is repeated after a minute, then after twice as long each time, at most after the interval; an
 * interrupted one at once. No row: another run has begun since.
 */
export const endTask = statement({
  name: 'tasks.end',
  text: `
    update tasks
    set lease_until = null, last_ended_at = clock_now(), last_duration_ms = $3, last_outcome = $4, last_result = $5, last_error = $6,
        failures = case $4 when 'SUCCEEDED' then 0 when 'FAILED' then failures + 1 else failures end,
        next_run_at = case $4
          when 'SUCCEEDED' then next_run_at
          when 'FAILED' then least(next_run_at,
            clock_now() + least(interval_ms, 60000 * 2.0::float8 ^ least(failures, 20)) * interval '1 millisecond')
          else clock_now()
        end
    where name = $1 and fence = $2
    returning name`,
  params: {
    name: 'text',
    fence: 'int8',
    durationMs: 'float8',
    outcome: 'text',
    result: 'jsonb?',
    error: 'text?',
  },
  row: { name: 'text' },
});

/** Requests a run of a task at once. No row: there is no such task. */
export const requestTask = statement({
  name: 'tasks.request',
  text: `
    update tasks
    set requested_at = coalesce(requested_at, clock_now()), requested_by = coalesce(requested_by, $2)
    where name = $1
    returning name`,
  params: { name: 'text', by: 'text' },
  row: { name: 'text' },
});

/** All tasks of the installation, or the one of this name. A task that is late by `lagSeconds` should have started by then. */
export const listTasks = statement({
  name: 'tasks.list',
  text: `
    select name, interval_ms as "intervalMs", fence,
           lease_until is not null and lease_until > clock_now() as "running", lease_until <= clock_now() as "lost",
           runner, requested_at as "requestedAt", requested_by as "requestedBy",
           next_run_at as "nextRunAt", last_run_at as "lastStartedAt", last_ended_at as "lastEndedAt",
           last_duration_ms as "lastDurationMs", last_outcome as "lastOutcome", last_result as "lastResult", last_error as "lastError",
           failures, greatest(0, extract(epoch from clock_now() - ${DUE_AT}))::float8 as "lagSeconds"
    from tasks
    where $1::text is null or name = $1
    order by name`,
  params: { name: 'text?' },
  row: {
    name: 'text',
    intervalMs: 'float8',
    fence: 'int8',
    running: 'bool',
    lost: 'bool?',
    runner: 'text?',
    requestedAt: 'timestamptz?',
    requestedBy: 'text?',
    nextRunAt: 'timestamptz',
    lastStartedAt: 'timestamptz?',
    lastEndedAt: 'timestamptz?',
    lastDurationMs: 'float8?',
    lastOutcome: 'text?',
    lastResult: 'jsonb?',
    lastError: 'text?',
    failures: 'int4',
    lagSeconds: 'float8',
  },
});
export type TaskRow = RowOf<typeof listTasks>;
