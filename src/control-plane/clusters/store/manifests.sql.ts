import { statement } from '../../kernel/db/statement.ts';

/** Keeps the manifests of a profile. No row: they are kept already. */
export const putManifests = statement({
  name: 'profile_manifests.put',
  text: `insert into profile_manifests (digest, files) values ($1, $2) on conflict do nothing returning digest`,
  params: { digest: 'text', files: 'jsonb' },
  row: { digest: 'text' },
});

/** The manifests that a cluster was accepted with. */
export const getManifests = statement({
  name: 'profile_manifests.of_cluster',
  text: `
    select m.digest, m.files
    from clusters c join profile_manifests m on m.digest = c.manifests_digest
    where c.id = $1`,
  params: { clusterId: 'text' },
  row: { digest: 'text', files: 'jsonb' },
});
