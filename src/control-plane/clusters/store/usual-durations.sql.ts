import { statement } from '../../kernel/db/statement.ts';

/**
 * The median time of each phase in the last five jobs of the given types that succeeded, on clusters of the same profile, version and cloud
 * that the caller may read. At most 50 such clusters are looked at, and the events of five jobs are read. With fewer clusters of a
 * version it reads all clusters, so the answers are cached.
 */
export const usualDurations = statement({
  name: 'clusters.usual_durations',
  text: `
    with alike as (
      select id from clusters
      where profile = $1 and version = $2 and cloud = $3 and ($4::text[] is null or team = any($4))
      order by id desc
      limit 50
    ), recent as (
      select j.id from jobs j join alike on j.resource_id = alike.id
      where j.job_type = any($5) and j.status = 'SUCCEEDED' and j.events_removed_at is null
      order by j.ended_at desc
      limit 5
    ), taken as (
      select e.job_id, e.phase, max(e.at) filter (where e.data->>'state' = 'done')
             - max(e.at) filter (where e.data->>'state' = 'started') as took
      from recent join job_events e on e.job_id = recent.id and e.kind = 'phase'
      group by e.job_id, e.phase
    )
    select phase, (percentile_cont(0.5) within group (order by extract(epoch from took)::float8))::float8 as seconds,
           count(*)::int4 as jobs
    from taken
    where took is not null and phase is not null
    group by phase
    order by phase`,
  params: { profile: 'text', version: 'text', cloud: 'text', teams: 'text[]?', types: 'text[]' },
  row: { phase: 'text', seconds: 'float8', jobs: 'int4' },
});
