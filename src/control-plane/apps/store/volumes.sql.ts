import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  v.id, v.environment_id as "environmentId", e.name as "environmentName", v.team, v.name, v.size_gib as "sizeGib", v.status,
  v.service_id as "serviceId", s.name as "serviceName", v.driver, v.error_code as "errorCode", v.error_message as "errorMessage",
  v.requested_by as "requestedBy", v.created_at as "createdAt", v.destroyed_at as "destroyedAt"`;
const FROM = `
    from app_volumes v
      join app_environments e on e.id = v.environment_id
      left join app_services s on s.id = v.service_id`;
const ROW = {
  id: 'text',
  environmentId: 'text',
  environmentName: 'text',
  team: 'text',
  name: 'text',
  sizeGib: 'int4',
  status: 'text',
  serviceId: 'text?',
  serviceName: 'text?',
  driver: 'text?',
  errorCode: 'text?',
  errorMessage: 'text?',
  requestedBy: 'text',
  createdAt: 'timestamptz',
  destroyedAt: 'timestamptz?',
} as const;

/** One volume of the given teams (null: of any). */
export const getVolume = statement({
  name: 'app_volumes.get',
  text: `select ${COLUMNS}${FROM}
    where v.id = $1 and ($2::text[] is null or v.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});
export type VolumeRow = RowOf<typeof getVolume>;

/** The same, locked until the transaction ends. */
export const lockVolume = statement({
  name: 'app_volumes.lock',
  text: `select ${COLUMNS}${FROM}
    where v.id = $1 and ($2::text[] is null or v.team = any($2))
    for no key update of v`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});

/** The volume of this name, locked until the transaction ends. */
export const lockVolumeNamed = statement({
  name: 'app_volumes.lock_named',
  text: `select ${COLUMNS}${FROM}
    where v.environment_id = $1 and v.name = $2 and v.status <> 'DESTROYED'
    for no key update of v`,
  params: { environmentId: 'text', name: 'text' },
  row: ROW,
});

export const findVolumeNamed = statement({
  name: 'app_volumes.find_named',
  text: `select ${COLUMNS}${FROM}
    where v.environment_id = $1 and v.name = $2 and v.status <> 'DESTROYED'`,
  params: { environmentId: 'text', name: 'text' },
  row: ROW,
});

export const findVolumeOfService = statement({
  name: 'app_volumes.find_of_service',
  text: `select ${COLUMNS}${FROM} where v.service_id = $1`,
  params: { serviceId: 'text' },
  row: ROW,
});

export const listVolumes = statement({
  name: 'app_volumes.list',
  text: `select ${COLUMNS}${FROM}
    where v.status <> 'DESTROYED'
      and ($1::text[] is null or v.team = any($1))
      and ($2::text is null or v.id < $2)
      and ($3::text is null or v.name = $3)
      and ($4::text is null or e.name = $4)
      and ($5::text is null or v.team = $5)
    order by v.id desc
    limit $6`,
  params: {
    teams: 'text[]?',
    before: 'text?',
    name: 'text?',
    environment: 'text?',
    team: 'text?',
    limit: 'int4',
  },
  row: ROW,
});

export const listVolumesOfEnvironment = statement({
  name: 'app_volumes.list_of_environment',
  text: `select ${COLUMNS}${FROM}
    where v.environment_id = $1 and v.status <> 'DESTROYED'
    order by v.id`,
  params: { environmentId: 'text' },
  row: ROW,
});

/** No row: the environment has one of this name. */
export const insertVolume = statement({
  name: 'app_volumes.insert',
  text: `
    insert into app_volumes (id, environment_id, team, name, size_gib, requested_by)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (environment_id, name) where status <> 'DESTROYED' do nothing
    returning id`,
  params: {
    id: 'text',
    environmentId: 'text',
    team: 'text',
    name: 'text',
    sizeGib: 'int4',
    requestedBy: 'text',
  },
  row: { id: 'text' },
});

/** No row: another service has it, or it is being destroyed. */
export const attachVolume = statement({
  name: 'app_volumes.attach',
  text: `
    update app_volumes set service_id = $2
    where id = $1 and status = 'ACTIVE' and (service_id is null or service_id = $2) returning id`,
  params: { id: 'text', serviceId: 'text' },
  row: { id: 'text' },
});

/** The service is gone; its data stays. */
export const detachVolume = statement({
  name: 'app_volumes.detach',
  text: `update app_volumes set service_id = null where service_id = $1 returning id`,
  params: { serviceId: 'text' },
  row: { id: 'text' },
});

/** The first one is kept. */
export const setVolumeDriver = statement({
  name: 'app_volumes.set_driver',
  text: `update app_volumes set driver = coalesce(driver, $2) where id = $1 and status = 'ACTIVE' returning driver`,
  params: { id: 'text', driver: 'text' },
  row: { driver: 'text' },
});

export const beginVolumeDestroy = statement({
  name: 'app_volumes.begin_destroy',
  text: `
    update app_volumes set status = 'DESTROYING', service_id = null
    where id = $1 and status in ('ACTIVE', 'DESTROY_FAILED') returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const setVolumeJob = statement({
  name: 'app_volumes.set_job',
  text: `update app_volumes set last_job_id = $2 where id = $1 returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

export const failVolumeDestroy = statement({
  name: 'app_volumes.fail_destroy',
  text: `
    update app_volumes set status = 'DESTROY_FAILED', error_code = $2, error_message = $3
    where id = $1 and status = 'DESTROYING' returning id`,
  params: { id: 'text', code: 'text', message: 'text' },
  row: { id: 'text' },
});

export const endVolumeDestroy = statement({
  name: 'app_volumes.end_destroy',
  text: `
    update app_volumes set status = 'DESTROYED', service_id = null, destroyed_at = clock_now()
    where id = $1 and status <> 'DESTROYED' returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});
