import { statement } from '../../kernel/db/statement.ts';

/** A source that was uploaded and is deployed now. */
export const useSource = statement({
  name: 'app_sources.use',
  text: `
    insert into app_sources (team, sha256, size_bytes, parts) values ($1, $2, $3, $4)
    on conflict (team, sha256) do update set used_at = clock_now(), size_bytes = excluded.size_bytes, parts = excluded.parts
    returning sha256`,
  params: { team: 'text', sha256: 'text', sizeBytes: 'int8', parts: 'int4' },
  row: { sha256: 'text' },
});

/** A source of which parts arrive: it is removed like others when it is never deployed. Its size is known with its deploy. */
export const beginSource = statement({
  name: 'app_sources.begin',
  text: `
    insert into app_sources as s (team, sha256, size_bytes, parts) values ($1, $2, 0, 0)
    on conflict (team, sha256) do update set used_at = clock_now() where s.used_at < clock_now() - interval '10 minutes'`,
  params: { team: 'text', sha256: 'text' },
  row: {},
});

export const getSource = statement({
  name: 'app_sources.get',
  text: `select parts from app_sources where team = $1 and sha256 = $2`,
  params: { team: 'text', sha256: 'text' },
  row: { parts: 'int4' },
});

/** Nothing is built from them any more. */
const OLD = `
    from app_sources s
    where used_at < clock_now() - $1::float8 * interval '1 day'
      and not exists (
        select from app_deployments d
        where d.team = s.team and d.source_sha256 = s.sha256 and d.state in ('QUEUED', 'BUILDING'))`;

export const countOldSources = statement({
  name: 'app_sources.count_old',
  text: `select count(*)::int4 as "count" ${OLD}`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

/** The id is `TEAM/SHA256`. */
export const listOldSources = statement({
  name: 'app_sources.list_old',
  text: `select team || '/' || sha256 as "id" ${OLD} and not team || '/' || sha256 = any($2) order by used_at limit $3`,
  params: { days: 'float8', failed: 'text[]', limit: 'int4' },
  row: { id: 'text' },
});

/** Deletes one that is old still; a deploy that comes now waits for the end of the transaction. */
export const deleteOldSource = statement({
  name: 'app_sources.delete_old',
  text: `delete ${OLD} and team = $2 and sha256 = $3 returning sha256`,
  params: { days: 'float8', team: 'text', sha256: 'text' },
  row: { sha256: 'text' },
});
