import { statement } from '../../kernel/db/statement.ts';

/** The host of the applications: this one, unless another one has instances or builds of them. */
export const claimHost = statement({
  name: 'app_host.claim',
  text: `
    insert into app_host as h (id, host) values (1, $1)
    on conflict (id) do update
      set host = case
        when h.host <> excluded.host
          and not exists (select from app_instances i where i.host = h.host and i.state <> 'REMOVED')
          and not exists (select from workers w where w.host = h.host and w.lease_until > clock_now())
        then excluded.host else h.host end
    returning host`,
  params: { host: 'text' },
  row: { host: 'text' },
});

export const setDrivers = statement({
  name: 'app_host.set_drivers',
  text: `update app_host set drivers = $2 where id = 1 and host = $1 returning host`,
  params: { host: 'text', drivers: 'jsonb' },
  row: { host: 'text' },
});

export const readHost = statement({
  name: 'app_host.read',
  text: `select host, drivers from app_host where id = 1`,
  params: {},
  row: { host: 'text', drivers: 'jsonb' },
});
