import { type RowOf, statement } from '../db/statement.ts';
import { WAITING_COLUMNS } from './workers.sql.ts';

/** A waiting job is `runnable` when a live worker can run its type; otherwise `hostProblem` says why those with a handler cannot. */
const COLUMNS = `
  j.id, j.resource_id as "resourceId", j.resource_kind as "resourceKind", j.resource_name as "resourceName", j.team, j.job_type as "type",
  j.status, j.phase, j.attempt, j.max_attempts as "maxAttempts",
  j.requested_by as "requestedBy", j.cancel_requested_at is not null as "cancelRequested", j.error_code as "errorCode",
  j.error_message as "errorMessage", j.worker_id as "workerId", j.created_at as "createdAt", j.run_at as "runAt",
  j.started_at as "startedAt", j.ended_at as "endedAt",${WAITING_COLUMNS}`;

const JOB_ROW = {
  id: 'text',
  resourceId: 'text',
  resourceKind: 'text',
  resourceName: 'text',
  team: 'text',
  type: 'text',
  status: 'text',
  phase: 'text?',
  attempt: 'int4',
  maxAttempts: 'int4',
  requestedBy: 'text',
  cancelRequested: 'bool',
  errorCode: 'text?',
  errorMessage: 'text?',
  workerId: 'text?',
  createdAt: 'timestamptz',
  runAt: 'timestamptz',
  startedAt: 'timestamptz?',
  endedAt: 'timestamptz?',
  runnable: 'bool',
  hostProblem: 'text?',
} as const;

/** One job of the given teams (null: of any). */
export const getJob = statement({
  name: 'jobs.get',
  text: `
    select ${COLUMNS}
    from jobs j
    where j.id = $1 and ($2::text[] is null or j.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: JOB_ROW,
});
export type JobRow = RowOf<typeof getJob>;

export const listJobs = statement({
  name: 'jobs.list',
  text: `
    select ${COLUMNS}
    from jobs j
    where ($1::text[] is null or j.team = any($1))
      and ($2::text is null or j.id < $2)
      and ($3::text is null or j.resource_id = $3)
      and ($4::text[] is null or j.job_type = any($4))
      and ($5::text[] is null or j.status = any($5))
    order by j.id desc
    limit $6`,
  params: {
    teams: 'text[]?',
    before: 'text?',
    resourceId: 'text?',
    types: 'text[]?',
    statuses: 'text[]?',
    limit: 'int4',
  },
  row: JOB_ROW,
});

/** The team of a job, or of a resource by its first job. */
export const findTeamOfTarget = statement({
  name: 'jobs.team_of_target',
  text: `
    (select team from jobs where id = $1)
    union all
    (select team from jobs where resource_id = $1 order by seq limit 1)
    limit 1`,
  params: { id: 'text' },
  row: { team: 'text' },
});

/** Whether a job of a team was ever requested. */
export const hasHadJob = statement({
  name: 'jobs.team_has_had_one',
  text: `select exists (select from jobs where team = $1) as "hasHad"`,
  params: { team: 'text' },
  row: { hasHad: 'bool' },
});
