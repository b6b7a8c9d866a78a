import { statement } from '../../kernel/db/statement.ts';

/** Before ccoctl makes anything: all that its undo needs, whatever becomes of the snapshots (G1). */
export const recordCloudCredentials = statement({
  name: 'cluster_credentials.record',
  text: `
    insert into cluster_credentials (cluster_id, infra_id, secret_refs) values ($1, $2, $3)
    on conflict (cluster_id, infra_id) do update set secret_refs = excluded.secret_refs, removed_at = null
    returning infra_id as "infraId"`,
  params: { clusterId: 'text', infraId: 'text', secretRefs: 'jsonb' },
  row: { infraId: 'text' },
});

/** What was made, or begun, and not yet proven to be gone. */
export const listCloudCredentials = statement({
  name: 'cluster_credentials.list',
  text: `
    select infra_id as "infraId", secret_refs as "secretRefs"
    from cluster_credentials
    where cluster_id = $1 and removed_at is null
    order by recorded_at`,
  params: { clusterId: 'text' },
  row: { infraId: 'text', secretRefs: 'jsonb' },
});

/** After a read-back found nothing of the cluster. */
export const setCloudCredentialsRemoved = statement({
  name: 'cluster_credentials.set_removed',
  text: `
    update cluster_credentials set removed_at = clock_now()
    where cluster_id = $1 and removed_at is null
    returning infra_id as "infraId"`,
  params: { clusterId: 'text' },
  row: { infraId: 'text' },
});
