import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  r.id, r.service_id as "serviceId", r.number, r.build_id as "buildId", b.digest, b.status as "buildStatus", b.output, b.builder, r.settings,
  r.variable_names as "variableNames", r.variables_hash as "variablesHash", r.created_by as "createdBy", r.created_at as "createdAt"`;
const FROM = `
    from app_releases r join app_builds b on b.id = r.build_id`;
const ROW = {
  id: 'text',
  serviceId: 'text',
  number: 'int4',
  buildId: 'text',
  digest: 'text?',
  buildStatus: 'text',
  output: 'jsonb?',
  builder: 'text',
  settings: 'jsonb',
  variableNames: 'text[]',
  variablesHash: 'text',
  createdBy: 'text',
  createdAt: 'timestamptz',
} as const;

export const getRelease = statement({
  name: 'app_releases.get',
  text: `select ${COLUMNS}${FROM} where r.id = $1`,
  params: { id: 'text' },
  row: ROW,
});
export type ReleaseRow = RowOf<typeof getRelease>;

export const findReleaseNumbered = statement({
  name: 'app_releases.find_numbered',
  text: `
    select ${COLUMNS},
      exists (select from app_deployments d where d.release_id = r.id and d.switched_at is not null) as "wasLive"${FROM}
    where r.service_id = $1 and r.number = $2`,
  params: { serviceId: 'text', number: 'int4' },
  row: { ...ROW, wasLive: 'bool' },
});

/** The release that was live before the one that is: a rollback goes there by default. */
export const findPreviousRelease = statement({
  name: 'app_releases.find_previous',
  text: `select ${COLUMNS}${FROM}
      join app_deployments d on d.release_id = r.id
    where r.service_id = $1 and d.switched_at is not null and r.id <> $2
    order by d.switched_at desc
    limit 1`,
  params: { serviceId: 'text', liveReleaseId: 'text' },
  row: ROW,
});

/** With what became of each: the state of its last deployment, the reason of its first, and whether it was ever live. */
export const listReleases = statement({
  name: 'app_releases.list',
  text: `select ${COLUMNS}, of_release.state, of_release.reason, of_release."wasLive"${FROM}
      join lateral (
        select (array_agg(d.state order by d.number desc))[1] as state, (array_agg(d.reason order by d.number))[1] as reason,
          bool_or(d.switched_at is not null) as "wasLive"
        from app_deployments d
        where d.service_id = r.service_id and d.release_id = r.id) of_release on true
    where r.service_id = $1 and ($2::int4 is null or r.number < $2)
    order by r.number desc
    limit $3`,
  params: { serviceId: 'text', before: 'int4?', limit: 'int4' },
  row: { ...ROW, state: 'text', reason: 'text', wasLive: 'bool' },
});
export type ListedReleaseRow = RowOf<typeof listReleases>;

export const insertRelease = statement({
  name: 'app_releases.insert',
  text: `
    insert into app_releases (id, service_id, number, build_id, settings, variable_names, variables_hash, created_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    returning id`,
  params: {
    id: 'text',
    serviceId: 'text',
    number: 'int4',
    buildId: 'text',
    settings: 'jsonb',
    variableNames: 'text[]',
    variablesHash: 'text',
    createdBy: 'text',
  },
  row: { id: 'text' },
});
