import { statement } from '../../kernel/db/statement.ts';

export const setLastJob = statement({
  name: 'clusters.set_last_job',
  text: `update clusters set last_job_id = $2 where id = $1 returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

/** In the transaction that ends the job as failed. A failed create is not replaced: it says why there is no cluster. */
export const setLastFailedJob = statement({
  name: 'clusters.set_last_failed_job',
  text: `
    update clusters c set last_failed_job_id = $2
    where c.id = $1 and not exists (select from jobs f where f.id = c.last_failed_job_id and f.job_type = 'cluster.create')
    returning c.id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

/** When a scale or a destroy succeeds, an earlier failure of one does not matter any more. */
export const clearLastFailedJob = statement({
  name: 'clusters.clear_last_failed_job',
  text: `
    update clusters c set last_failed_job_id = null
    from jobs f
    where c.id = $1 and f.id = c.last_failed_job_id and f.job_type <> 'cluster.create'
    returning c.id`,
  params: { id: 'text' },
  row: { id: 'text' },
});
