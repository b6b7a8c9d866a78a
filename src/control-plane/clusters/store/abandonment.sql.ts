import { statement } from '../../kernel/db/statement.ts';

/** Gives a failed destroy up. No row: the cluster is not DESTROY_FAILED, or was abandoned before. */
export const setAbandoned = statement({
  name: 'clusters.abandon',
  text: `
    update clusters set abandoned_at = clock_now(), abandoned_by = $2, abandon_reason = $3
    where id = $1 and status = 'DESTROY_FAILED' and abandoned_at is null
    returning id`,
  params: { id: 'text', by: 'text', reason: 'text' },
  row: { id: 'text' },
});

/** What the newest read-back of a cluster's destroys that found something found. */
export const latestResidue = statement({
  name: 'clusters.latest_residue',
  text: `
    select e.job_id as "jobId", e.at as "foundAt", e.data->'residue' as "residue",
           coalesce((e.data->>'total')::int4, jsonb_array_length(e.data->'residue')) as "total"
    from jobs j join job_events e on e.job_id = j.id
    where j.resource_id = $1 and j.job_type in ('cluster.destroy', 'cluster.janitor-destroy') and jsonb_typeof(e.data->'residue') = 'array'
    order by j.seq desc, e.seq desc
    limit 1`,
  params: { clusterId: 'text' },
  row: { jobId: 'text', foundAt: 'timestamptz', residue: 'jsonb', total: 'int4' },
});
