import { statement } from '../db/statement.ts';

/**
 * Records that an API serves for the next $1 milliseconds. After a pause, of all APIs of the installation, it serves since now. `since`
 * counts for callers who have to be in time: a call that no API could answer is not late.
 */
export const recordServing = statement({
  name: 'api.record_serving',
  text: `
    insert into api_serving (since, until) values (clock_now(), clock_now() + $1::float8 * interval '1 millisecond')
    on conflict (only_row) do update set
      since = case when api_serving.until < clock_now() then clock_now() else api_serving.since end,
      until = greatest(api_serving.until, excluded.until)
    returning since`,
  params: { leaseMs: 'float8' },
  row: { since: 'timestamptz' },
});
