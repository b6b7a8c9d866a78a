import { statement } from '../../kernel/db/statement.ts';

/** Inserts a PENDING cluster that expires `ttlHours` from now by the database's clock, and its first transition. */
export const insertCluster = statement({
  name: 'clusters.insert',
  text: `
    with created as (
      insert into clusters (id, name, platform, version, profile, region, base_domain, owner, team, cost_center, status, requested_by,
        ttl_hours, destroy_at, requested_tags, effective_tags, ssh_public_key, offhours_opt_in, on_failure, worker_replicas,
        hourly_cost, cloud, worker_hourly_cost, price_date, manifests_digest, keepalive_minutes, keepalive_renewed_at, set_values,
        profile_digest, last_job_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'PENDING', $11, $12, clock_now() + $12::float8 * interval '1 hour', $13, $14, $15,
        $16, $17, $18, $19, $20, $21, $22::text::date, $23, $24, case when $24::int4 is not null then clock_now() end, $25, $26, $27)
      returning id, destroy_at
    ), accepted as (
      insert into cluster_transitions (cluster_id, from_status, to_status, job_id, reason)
      select id, null, 'PENDING', $27, $28 from created
    )
    select id, destroy_at as "destroyAt" from created`,
  params: {
    id: 'text',
    name: 'text',
    platform: 'text',
    version: 'text',
    profile: 'text',
    region: 'text',
    baseDomain: 'text',
    owner: 'text',
    team: 'text',
    costCenter: 'text',
    requestedBy: 'text',
    ttlHours: 'float8',
    requestedTags: 'jsonb',
    effectiveTags: 'jsonb',
    sshPublicKey: 'text?',
    offhoursOptIn: 'bool',
    onFailure: 'text',
    workerReplicas: 'int4',
    hourlyCost: 'float8',
    cloud: 'text',
    workerHourlyCost: 'float8',
    priceDate: 'text',
    manifestsDigest: 'text?',
    keepaliveMinutes: 'int4?',
    setValues: 'jsonb',
    profileDigest: 'text',
    jobId: 'text',
    reason: 'text',
  },
  row: { id: 'text', destroyAt: 'timestamptz' },
});
