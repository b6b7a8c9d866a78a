import { statement } from '../../kernel/db/statement.ts';

/** Keeps a profile. The time of its last use changes although it is kept already, so that no retention removes it meanwhile. */
export const putProfile = statement({
  name: 'accepted_profiles.put',
  text: `
    insert into accepted_profiles (digest, content) values ($1, $2)
    on conflict (digest) do update set accepted_at = excluded.accepted_at
    returning digest`,
  params: { digest: 'text', content: 'jsonb' },
  row: { digest: 'text' },
});

/** Keeps the manifests of a profile, as `putProfile` does. */
export const putManifests = statement({
  name: 'profile_manifests.put',
  text: `
    insert into profile_manifests (digest, files) values ($1, $2)
    on conflict (digest) do update set accepted_at = excluded.accepted_at
    returning digest`,
  params: { digest: 'text', files: 'jsonb' },
  row: { digest: 'text' },
});

/** What a cluster was accepted with. */
export const getAcceptedProfile = statement({
  name: 'accepted_profiles.of_cluster',
  text: `
    select p.content, coalesce(m.files, '[]') as files
    from clusters c
      left join accepted_profiles p on p.digest = c.profile_digest
      left join profile_manifests m on m.digest = c.manifests_digest
    where c.id = $1`,
  params: { clusterId: 'text' },
  row: { content: 'jsonb?', files: 'jsonb' },
});

const due = (table: string, digest: string) => `
    from ${table}
    where accepted_at < clock_now() - $1::float8 * interval '1 day'
      and not exists (select from clusters c where c.${digest} = ${table}.digest and c.status <> 'DESTROYED')`;
const DUE_PROFILES = due('accepted_profiles', 'profile_digest');
const DUE_MANIFESTS = due('profile_manifests', 'manifests_digest');

export const countUnusedProfiles = statement({
  name: 'accepted_profiles.count_unused',
  text: `
    select ((select count(*) ${DUE_PROFILES}) + (select count(*) ${DUE_MANIFESTS}))::int4 as "count"`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

export const deleteUnusedProfiles = statement({
  name: 'accepted_profiles.delete_unused',
  text: `
    with profiles as (delete ${DUE_PROFILES} returning 1), manifests as (delete ${DUE_MANIFESTS} returning 1)
    select ((select count(*) from profiles) + (select count(*) from manifests))::int4 as "count"`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});
