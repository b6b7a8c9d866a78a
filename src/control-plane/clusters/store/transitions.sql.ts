import { statement } from '../../kernel/db/statement.ts';

/** Moves a cluster and writes the move's row, in one statement. No row: its status was not `from`. */
export const applyTransition = statement({
  name: 'clusters.move',
  text: `
    with moved as (
      update clusters
      set status = $3,
          ready_at = case when $3 = 'READY' then coalesce(ready_at, clock_now()) else ready_at end,
          destroyed_at = case when $3 = 'DESTROYED' then clock_now() end
      where id = $1 and status = $2
      returning id
    )
    insert into cluster_transitions (cluster_id, from_status, to_status, job_id, fence, reason)
    select id, $2, $3, $4, $5, $6 from moved
    returning cluster_id as "id"`,
  params: { id: 'text', from: 'text', to: 'text', jobId: 'text?', fence: 'int8?', reason: 'text' },
  row: { id: 'text' },
});

export const listTransitions = statement({
  name: 'clusters.list_transitions',
  text: `
    select cluster_id as "clusterId", from_status as "from", to_status as "to", at, job_id as "jobId", fence, reason
    from cluster_transitions
    where cluster_id = any($1)
    order by id`,
  params: { clusterIds: 'text[]' },
  row: {
    clusterId: 'text',
    from: 'text?',
    to: 'text',
    at: 'timestamptz',
    jobId: 'text?',
    fence: 'int8?',
    reason: 'text',
  },
});
