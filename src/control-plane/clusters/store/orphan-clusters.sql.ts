import { type RowOf, statement } from '../../kernel/db/statement.ts';

/** Nothing of these is left: a proven destroy, a create that was proven to have left nothing, or an end before the create began. */
const ENDED = `(c.status = 'DESTROYED' or (c.status = 'FAILED' and c.proven_empty_at is not null))`;
/** Every infraID of the cluster, the newest last. */
const INFRA_IDS = `
    array(
      select known.infra_id
      from (
        select a.infra_id, max(a.fence) as fence from cluster_artifacts a
        where a.cluster_id = c.id and a.infra_id is not null group by a.infra_id
        union all
        select c.infra_id, 9223372036854775807 where c.infra_id is not null
      ) known
      group by known.infra_id
      order by max(known.fence)
    ) as "infraIds"`;

/** Ended clusters of an account that ever had an infraID. */
export const listEndedClusters = statement({
  name: 'clusters.list_ended',
  text: `
    select c.id as "clusterId", c.name, c.platform, c.region, c.base_domain as "baseDomain", c.owner, c.team, c.profile, c.version,
      c.hosted_zone_role as "hostedZoneRole",
      ${INFRA_IDS}
    from clusters c
    where c.cloud = $1 and c.cloud_account = $2 and ${ENDED}
    order by c.id`,
  params: { cloud: 'text', account: 'text' },
  row: {
    clusterId: 'text',
    name: 'text',
    platform: 'text',
    region: 'text',
    baseDomain: 'text',
    owner: 'text',
    team: 'text',
    profile: 'text',
    version: 'text',
    hostedZoneRole: 'text?',
    infraIds: 'text[]',
  },
});
export type EndedClusterRow = RowOf<typeof listEndedClusters>;

/** All other clusters, of any cloud and account: their resources are never orphans. */
export const listLivingClusters = statement({
  name: 'clusters.list_living',
  text: `
    select c.id as "clusterId", c.name, c.base_domain as "baseDomain", c.status, ${INFRA_IDS}
    from clusters c
    where not ${ENDED}`,
  params: {},
  row: { clusterId: 'text', name: 'text', baseDomain: 'text', status: 'text', infraIds: 'text[]' },
});
export type LivingClusterRow = RowOf<typeof listLivingClusters>;
