import { statement } from '../../kernel/db/statement.ts';

/** Records how many workers a cluster has from now on. The database records what it costs then: see the migration of `cluster_rates`. */
export const setWorkers = statement({
  name: 'clusters.set_workers',
  text: `update clusters set worker_replicas = $2 where id = $1 returning id`,
  params: { id: 'text', workers: 'int4' },
  row: { id: 'text' },
});

/** After a scale that changed no machine set: what the cluster was asked for before it. */
export const restoreRequestedWorkers = statement({
  name: 'clusters.restore_requested_workers',
  text: `
    update clusters c set requested_workers = (j.payload->>'before')::int4
    from jobs j
    where c.id = $1 and j.id = $2 and not exists (select from job_events e where e.job_id = j.id and e.data ? 'machineSet')
    returning c.id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

/** What the cluster was last asked for. */
export const setRequestedWorkers = statement({
  name: 'clusters.set_requested_workers',
  text: `update clusters set requested_workers = $2 where id = $1 returning id`,
  params: { id: 'text', workers: 'int4' },
  row: { id: 'text' },
});
