import { statement } from '../../kernel/db/statement.ts';

/** Clusters that may cost something and were priced by a table before `date`. */
export const listPricedBefore = statement({
  name: 'clusters.list_priced_before',
  text: `
    select id, profile, region, worker_replicas as "workers", set_values as "setValues"
    from clusters
    where status <> 'DESTROYED' and proven_empty_at is null and (price_date is null or price_date < $1::text::date)
    order by id`,
  params: { date: 'text' },
  row: { id: 'text', profile: 'text', region: 'text', workers: 'int4', setValues: 'jsonb' },
});

/** No row: the number of workers changed meanwhile, or another server did it. */
export const setPrice = statement({
  name: 'clusters.set_price',
  text: `
    update clusters set hourly_cost = $3, worker_hourly_cost = $4, price_date = $5::text::date
    where id = $1 and worker_replicas = $2 and status <> 'DESTROYED' and (price_date is null or price_date < $5::text::date)
    returning id`,
  params: {
    id: 'text',
    workers: 'int4',
    hourlyCost: 'float8',
    workerHourlyCost: 'float8',
    priceDate: 'text',
  },
  row: { id: 'text' },
});
