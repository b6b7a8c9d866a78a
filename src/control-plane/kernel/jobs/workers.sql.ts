import { statement } from '../db/statement.ts';

/** A condition: a live worker has a handler for the job type of a column, and no problem with it. */
export const isRunnable = (type: string, notBy = '') => `exists (
      select from workers w
      where w.lease_until > clock_now() and ${type} = any(w.job_types)${notBy && ` and w.id <> ${notBy}`}
        and not w.problems @> jsonb_build_array(jsonb_build_object('types', jsonb_build_array(${type}))))`;

/** What keeps the newest live worker with a handler for the job type of a column from running it; null when none has one. */
export const hostProblemOf = (type: string) => `(
      select p->>'message'
      from workers w, jsonb_array_elements(w.problems) p
      where w.lease_until > clock_now() and p->'types' ? ${type}
      order by w.heartbeat_at desc
      limit 1)`;

/** Of a job `j`, which may be missing: whether it runs, has ended or can be claimed; and else why workers with a handler do not claim it. */
export const WAITING_COLUMNS = `
  coalesce(j.status not in ('PENDING', 'RETRYING'), true) or ${isRunnable('j.job_type')} as "runnable",
  case when j.status in ('PENDING', 'RETRYING') then ${hostProblemOf('j.job_type')} end as "hostProblem"`;

export const registerWorker = statement({
  name: 'jobs.register_worker',
  text: `
    insert into workers (id, host, pid, roles, lease_until, job_types, problems, dispatch)
    values ($1, $2, $3, $4, clock_now() + $5::float8 * interval '1 millisecond', $6, $7, $8)
    returning id`,
  params: {
    id: 'text',
    host: 'text',
    pid: 'int4',
    roles: 'text[]',
    leaseMs: 'float8',
    jobTypes: 'text[]',
    problems: 'jsonb',
    dispatch: 'text',
  },
  row: { id: 'text' },
});

/**
 * Renews a worker's lease: one row for any number of jobs (0.3 ms; a lease for each of 10,000 jobs took 10 to 36 ms).
 * Returns the jobs that are requested to stop, and the fences of all lanes that the worker holds. No row: the lease has expired, and
 * other workers may hold its lanes.
 */
export const renewLease = statement({
  name: 'jobs.renew_lease',
  text: `
    update workers w
    set heartbeat_at = clock_now(), lease_until = clock_now() + $2::float8 * interval '1 millisecond', draining = $3,
        problems = $4, dispatch_problem = $5
    where w.id = $1 and w.lease_until > clock_now()
    returning coalesce((
      select array_agg(j.id)
      from job_locks l
      join jobs j on j.id = l.job_id and j.cancel_requested_at is not null
      where l.worker_id = $1
    ), '{}') as "cancelRequested",
    coalesce((select array_agg(l.fence) from job_locks l where l.worker_id = $1), '{}') as "heldFences"`,
  params: { id: 'text', leaseMs: 'float8', draining: 'bool', problems: 'jsonb', dispatchProblem: 'text?' },
  row: { cancelRequested: 'text[]', heldFences: 'int8[]' },
});

/** Ends the lease of a worker that shuts down. The row is kept as history. */
export const endLease = statement({
  name: 'jobs.end_lease',
  text: `update workers set lease_until = least(lease_until, clock_now()), draining = true where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Of these job types, those that a live worker other than this one can run. */
export const listTypesOfOthers = statement({
  name: 'workers.types_of_others',
  text: `select t as "type" from unnest($1::text[]) t where ${isRunnable('t', '$2')}`,
  params: { types: 'text[]', workerId: 'text' },
  row: { type: 'text' },
});

/**
 * A page of the live workers and of those that stopped answering within an hour, by host. Rows of leases that ended in order, and of
 * those that the same process has replaced, are history.
 */
export const pageWorkers = statement({
  name: 'workers.page',
  text: `
    select w.id, w.host, w.pid, w.roles, w.draining, w.problems, w.dispatch, w.dispatch_problem as "dispatchProblem", w.lease_until > clock_now() as "live",
           w.started_at as "startedAt", w.heartbeat_at as "heartbeatAt",
           (select count(*)::int4 from job_locks l where l.worker_id = w.id) as "jobs"
    from workers w
    where (w.lease_until > clock_now()
        or w.lease_until > clock_now() - interval '1 hour' and not w.draining
          and not exists (
            select from workers n
            where n.lease_until > w.lease_until and n.host = w.host and n.pid = w.pid and n.started_at > w.started_at))
      and (w.host, w.id) > ($1, $2)
    order by w.host, w.id
    limit $3`,
  params: { afterHost: 'text', afterId: 'text', limit: 'int4' },
  row: {
    id: 'text',
    host: 'text',
    pid: 'int4',
    roles: 'text[]',
    draining: 'bool',
    problems: 'jsonb',
    dispatch: 'text',
    dispatchProblem: 'text?',
    live: 'bool',
    startedAt: 'timestamptz',
    heartbeatAt: 'timestamptz',
    jobs: 'int4',
  },
});

/** Live workers that cannot run some type of job, by the code of the problem. */
export const countWorkerProblems = statement({
  name: 'workers.count_problems',
  text: `
    select p->>'code' as "code", count(distinct w.id)::int4 as count
    from workers w, jsonb_array_elements(w.problems) p
    where w.lease_until > clock_now()
    group by 1`,
  params: {},
  row: { code: 'text', count: 'int4' },
});
