import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  j.id, c.id as "clusterId", c.name as "clusterName", c.team, j.job_type as "type", j.status, j.phase, j.attempt, j.max_attempts as "maxAttempts",
  j.requested_by as "requestedBy", j.cancel_requested_at is not null as "cancelRequested", j.error_code as "errorCode",
  j.error_message as "errorMessage", j.worker_id as "workerId", j.created_at as "createdAt", j.run_at as "runAt",
  j.started_at as "startedAt", j.ended_at as "endedAt"`;

const JOB_ROW = {
  id: 'text',
  clusterId: 'text',
  clusterName: 'text',
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
} as const;

/** One job on a cluster of the given teams (null: of any). */
export const getClusterJob = statement({
  name: 'cluster_jobs.get',
  text: `
    select ${COLUMNS}
    from jobs j join clusters c on c.id = j.resource_id
    where j.id = $1 and ($2::text[] is null or c.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: JOB_ROW,
});
export type ClusterJobRow = RowOf<typeof getClusterJob>;

export const listClusterJobs = statement({
  name: 'cluster_jobs.list',
  text: `
    select ${COLUMNS}
    from jobs j join clusters c on c.id = j.resource_id
    where ($1::text[] is null or c.team = any($1))
      and ($2::text is null or j.id < $2)
      and ($3::text is null or j.resource_id = $3)
      and ($4::text is null or j.job_type = $4)
      and ($5::text is null or j.status = $5)
    order by j.id desc
    limit $6`,
  params: {
    teams: 'text[]?',
    before: 'text?',
    clusterId: 'text?',
    type: 'text?',
    status: 'text?',
    limit: 'int4',
  },
  row: JOB_ROW,
});
