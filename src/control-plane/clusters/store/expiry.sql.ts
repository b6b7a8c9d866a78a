import { statement } from '../../kernel/db/statement.ts';

/** Expired clusters whose destroy was not requested yet, whatever their status. */
export const listExpired = statement({
  name: 'clusters.list_expired',
  text: `
    select id, status
    from clusters
    where destroy_at <= clock_now() and status not in ('DESTROYED', 'DESTROYING', 'DESTROY_FAILED')
    order by destroy_at
    limit $1`,
  params: { limit: 'int4' },
  row: { id: 'text', status: 'text' },
});

/** Failed destroys past their deadline whose last try ended at least `minutes` ago: the deadline does not give up, only an admin can. */
export const listUndestroyed = statement({
  name: 'clusters.list_undestroyed',
  text: `
    select c.id
    from clusters c join jobs j on j.id = c.last_job_id
    where c.status = 'DESTROY_FAILED' and c.abandoned_at is null and c.destroy_at <= clock_now()
      and j.ended_at <= clock_now() - $1::float8 * interval '1 minute'
    order by c.destroy_at
    limit $2`,
  params: { minutes: 'float8', limit: 'int4' },
  row: { id: 'text' },
});
