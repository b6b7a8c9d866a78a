import { statement } from '../../kernel/db/statement.ts';

const COLUMNS = `id, service_id as "serviceId", input_hash as "inputHash", builder, status, digest, output, size_bytes as "sizeBytes"`;
const ROW = {
  id: 'text',
  serviceId: 'text',
  inputHash: 'text',
  builder: 'text',
  status: 'text',
  digest: 'text?',
  output: 'jsonb?',
  sizeBytes: 'int8?',
} as const;

/** The build of this input: a new one, or the one that there is. One that a dead worker left RUNNING is done again by the caller. */
export const beginBuild = statement({
  name: 'app_builds.begin',
  text: `
    insert into app_builds (id, service_id, team, source_sha256, input_hash, builder) values ($1, $2, $3, $4, $5, $6)
    on conflict (service_id, input_hash) where status in ('RUNNING', 'SUCCEEDED') do update set input_hash = excluded.input_hash
    returning ${COLUMNS}`,
  params: {
    id: 'text',
    serviceId: 'text',
    team: 'text',
    sourceSha256: 'text',
    inputHash: 'text',
    builder: 'text',
  },
  row: ROW,
});

export const endBuild = statement({
  name: 'app_builds.end',
  text: `
    update app_builds set status = 'SUCCEEDED', digest = $2, output = $3, size_bytes = $4, ended_at = clock_now()
    where id = $1 and status in ('RUNNING', 'SUCCEEDED')
    returning id`,
  params: { id: 'text', digest: 'text', output: 'jsonb', sizeBytes: 'int8' },
  row: { id: 'text' },
});

export const failBuild = statement({
  name: 'app_builds.fail',
  text: `
    update app_builds set status = 'FAILED', ended_at = clock_now()
    where id = $1 and status = 'RUNNING'
    returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/**
 * Builds that no release needs: neither live, nor among the last `keep` releases of their service, nor run by an instance, nor waited
 * for. Two builds can have the same digest: one that is needed keeps it for all.
 */
export const listUnneededBuilds = statement({
  name: 'app_builds.list_unneeded',
  text: `
    with needed as (
      select b.digest
      from app_builds b
      where b.status = 'RUNNING'
         or exists (select from app_deployments d where d.build_id = b.id and d.ended_at is null)
         or exists (
           select from app_releases r join app_services s on s.id = r.service_id
           where r.build_id = b.id and s.status = 'ACTIVE'
             and (r.id = s.live_release_id or r.number > s.next_release - 1 - $1))
         or exists (
           select from app_releases r join app_instances i on i.release_id = r.id
           where r.build_id = b.id and i.state <> 'REMOVED')
    )
    select id, digest, builder from app_builds b
    where status = 'SUCCEEDED' and ended_at < clock_now() - interval '10 minutes'
      and not exists (select from needed n where n.digest = b.digest)
    order by ended_at
    limit $2`,
  params: { keep: 'int4', limit: 'int4' },
  row: { id: 'text', digest: 'text?', builder: 'text' },
});

/** Of all builds whose output is kept. */
export const listBuildDigests = statement({
  name: 'app_builds.list_digests',
  text: `select distinct digest from app_builds where digest is not null and status <> 'REMOVED'`,
  params: {},
  row: { digest: 'text' },
});

export const setBuildRemoved = statement({
  name: 'app_builds.set_removed',
  text: `update app_builds set status = 'REMOVED' where digest = $1 and status = 'SUCCEEDED' returning id`,
  params: { digest: 'text' },
  row: { id: 'text' },
});
