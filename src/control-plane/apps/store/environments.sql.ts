import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  e.id, e.team, e.name, e.status, e.owner, e.requested_by as "requestedBy", e.destroy_at as "destroyAt", e.residue,
  e.failed_destroys as "failedDestroys", e.last_job_id as "lastJobId", e.created_at as "createdAt", e.destroyed_at as "destroyedAt",
  (select count(*)::int4 from app_services s where s.environment_id = e.id and s.status <> 'DESTROYED') as "services",
  (select count(*)::int4 from app_databases d where d.environment_id = e.id and d.status <> 'DESTROYED') as "databases",
  (select count(*)::int4 from app_volumes v where v.environment_id = e.id and v.status <> 'DESTROYED') as "volumes"`;

const ROW = {
  id: 'text',
  team: 'text',
  name: 'text',
  status: 'text',
  owner: 'text',
  requestedBy: 'text',
  destroyAt: 'timestamptz?',
  residue: 'jsonb',
  failedDestroys: 'int4',
  lastJobId: 'text?',
  createdAt: 'timestamptz',
  destroyedAt: 'timestamptz?',
  services: 'int4',
  databases: 'int4',
  volumes: 'int4',
} as const;

/** One environment of the given teams (null: of any). */
export const getEnvironment = statement({
  name: 'app_environments.get',
  text: `
    select ${COLUMNS} from app_environments e
    where e.id = $1 and ($2::text[] is null or e.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});
export type EnvironmentRow = RowOf<typeof getEnvironment>;

/** The same, locked until the transaction ends. */
export const lockEnvironment = statement({
  name: 'app_environments.lock',
  text: `
    select ${COLUMNS} from app_environments e
    where e.id = $1 and ($2::text[] is null or e.team = any($2))
    for no key update of e`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});

export const getEnvironmentNamed = statement({
  name: 'app_environments.get_named',
  text: `select ${COLUMNS} from app_environments e where e.team = $1 and e.name = $2 and e.status <> 'DESTROYED'`,
  params: { team: 'text', name: 'text' },
  row: ROW,
});

/** The environment of this name that is not destroyed, locked until the transaction ends. */
export const lockEnvironmentNamed = statement({
  name: 'app_environments.lock_named',
  text: `
    select ${COLUMNS} from app_environments e
    where e.team = $1 and e.name = $2 and e.status <> 'DESTROYED'
    for no key update of e`,
  params: { team: 'text', name: 'text' },
  row: ROW,
});

export const listEnvironments = statement({
  name: 'app_environments.list',
  text: `
    select ${COLUMNS} from app_environments e
    where ($1::text[] is null or e.team = any($1))
      and ($2::text is null or e.id < $2)
      and ($3::text is null or e.name = $3)
      and ($4::text is null or e.team = $4)
      and ($5 or e.status <> 'DESTROYED')
    order by e.id desc
    limit $6`,
  params: {
    teams: 'text[]?',
    before: 'text?',
    name: 'text?',
    team: 'text?',
    destroyed: 'bool',
    limit: 'int4',
  },
  row: ROW,
});

/** Expires `ttlHours` from now by the database's clock; null: never. No row: the team has one of this name. */
export const insertEnvironment = statement({
  name: 'app_environments.insert',
  text: `
    insert into app_environments (id, team, name, owner, requested_by, destroy_at)
    values ($1, $2, $3, $4, $5, clock_now() + $6::float8 * interval '1 hour')
    on conflict (team, name) where status <> 'DESTROYED' do nothing
    returning id`,
  params: { id: 'text', team: 'text', name: 'text', owner: 'text', requestedBy: 'text', ttlHours: 'float8?' },
  row: { id: 'text' },
});

export const setEnvironmentExpiry = statement({
  name: 'app_environments.set_expiry',
  text: `update app_environments set destroy_at = $2 where id = $1 and status = 'ACTIVE' returning id`,
  params: { id: 'text', destroyAt: 'timestamptz?' },
  row: { id: 'text' },
});

export const beginEnvironmentDestroy = statement({
  name: 'app_environments.begin_destroy',
  text: `
    update app_environments set status = 'DESTROYING', last_job_id = $2
    where id = $1 and status in ('ACTIVE', 'DESTROY_FAILED')
    returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

export const endEnvironmentDestroy = statement({
  name: 'app_environments.end_destroy',
  text: `
    update app_environments
    set status = 'DESTROYED', destroyed_at = clock_now(), residue = '[]', destroy_retry_at = null
    where id = $1 and status = 'DESTROYING'
    returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** The next attempt is after 5 minutes, doubled with each failure up to a day. */
export const failEnvironmentDestroy = statement({
  name: 'app_environments.fail_destroy',
  text: `
    update app_environments
    set status = 'DESTROY_FAILED', residue = $2, failed_destroys = failed_destroys + 1,
        destroy_retry_at = clock_now() + least(1440, 5 * 2 ^ least(failed_destroys, 10)) * interval '1 minute'
    where id = $1 and status = 'DESTROYING'
    returning id`,
  params: { id: 'text', residue: 'jsonb' },
  row: { id: 'text' },
});

/** Environments whose time is over, and those whose last destroy failed and is due again. */
export const listDueEnvironments = statement({
  name: 'app_environments.list_due',
  text: `
    select id from app_environments
    where (status = 'ACTIVE' and destroy_at <= clock_now())
       or (status = 'DESTROY_FAILED' and destroy_retry_at <= clock_now())
    order by coalesce(destroy_retry_at, destroy_at)
    limit $1`,
  params: { limit: 'int4' },
  row: { id: 'text' },
});
