import { statement } from '../../kernel/db/statement.ts';

const PRICES = { cpuMicros: 'int8', gibMicros: 'int8', priceDate: 'text' } as const;

/** For the first instance of an installation: what there is stays. */
export const initialiseAppPrices = statement({
  name: 'app_prices.initialise',
  text: `
    insert into app_prices (cpu_micros, gib_micros, price_date) values ($1, $2, $3::text::date)
    on conflict do nothing
    returning id`,
  params: PRICES,
  row: { id: 'int4' },
});

export const setAppPrices = statement({
  name: 'app_prices.set',
  text: `
    insert into app_prices (cpu_micros, gib_micros, price_date) values ($1, $2, $3::text::date)
    on conflict (id) do update
    set cpu_micros = excluded.cpu_micros, gib_micros = excluded.gib_micros, price_date = excluded.price_date, updated_at = clock_now()
    where (app_prices.cpu_micros, app_prices.gib_micros, app_prices.price_date)
      is distinct from (excluded.cpu_micros, excluded.gib_micros, excluded.price_date)
    returning id`,
  params: PRICES,
  row: { id: 'int4' },
});

/** What runs at another rate than that of the prices gets it from now on; what it cost before stays (G17). */
export const repriceAppUsage = statement({
  name: 'app_prices.reprice',
  text: `
    with ended as (
      update usage_intervals u set ends_at = greatest(u.begins_at, clock_now())
      from app_prices p
      where u.kind = 'application' and u.ends_at is null
        and (u.hourly_micros, u.price_date) is distinct from (app_rate(u.cpus, u.memory_mb), p.price_date)
      returning u.*
    )
    insert into usage_intervals (kind, team, owner, parent_id, parent_name, resource_id, resource_name, resource_type, subject_id, cpus, memory_mb,
      hourly_micros, price_date, begins_at, expected_end_at)
    select e.kind, e.team, e.owner, e.parent_id, e.parent_name, e.resource_id, e.resource_name, e.resource_type, e.subject_id, e.cpus, e.memory_mb,
      app_rate(e.cpus, e.memory_mb), (select price_date from app_prices), e.ends_at, e.expected_end_at
    from ended e
    returning id`,
  params: {},
  row: { id: 'int8' },
});
