-- Who runs a periodic task now, who asked for a run, and how the last one ended.
alter table tasks
  add column interval_ms      float8 not null default 60000 check (interval_ms > 0),
  add column fence            int8 not null default 0,
  -- Set while a run is in progress. In the past: its runner stopped answering, and another one repeats the run.
  add column lease_until      timestamptz,
  add column runner           text,
  add column requested_at     timestamptz,
  add column requested_by     text,
  add column last_ended_at    timestamptz,
  add column last_duration_ms float8,
  add column last_outcome     text check (last_outcome in ('SUCCEEDED', 'FAILED', 'INTERRUPTED')),
  add column last_result      jsonb,
  add column failures         int4 not null default 0,
  add constraint tasks_request_whole check ((requested_at is null) = (requested_by is null));
-- Not a counter of the row: the fence of a run is never given again, also when the row of the task is made anew.
create sequence task_fence;

-- A role that may update this table cannot put a task to sleep: nothing is due later than a day from now, and no lease is longer than an hour.
create or replace function bound_next_run() returns trigger language plpgsql as $$
begin
  new.next_run_at := least(new.next_run_at, clock_now() + interval '1 day');
  if new.lease_until is not null then
    new.lease_until := least(new.lease_until, clock_now() + interval '1 hour');
  end if;
  return new;
end
$$;
