import { statement } from '../../kernel/db/statement.ts';

/** A transaction whose answer was lost is repeated: the row may be there already. */
export const insertArtifact = statement({
  name: 'cluster_artifacts.insert',
  text: `
    insert into cluster_artifacts (id, cluster_id, job_id, attempt, fence, artifact_type, uri, sha256, size_bytes, infra_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (id) do nothing
    returning id`,
  params: {
    id: 'text',
    clusterId: 'text',
    jobId: 'text',
    attempt: 'int4',
    fence: 'int8',
    artifactType: 'text',
    uri: 'text',
    sha256: 'text',
    sizeBytes: 'int8',
    infraId: 'text?',
  },
  row: { id: 'text' },
});

/** Snapshots of one infrastructure, newest first: the fence orders attempts, the time orders within one. */
export const listSnapshots = statement({
  name: 'cluster_artifacts.list_snapshots',
  text: `
    select uri, sha256, size_bytes as "sizeBytes", infra_id as "infraId", created_at as "createdAt"
    from cluster_artifacts
    where cluster_id = $1 and artifact_type = 'INSTALL_DIR_SNAPSHOT' and infra_id = $2
    order by fence desc, created_at desc`,
  params: { clusterId: 'text', infraId: 'text' },
  row: { uri: 'text', sha256: 'text', sizeBytes: 'int8', infraId: 'text?', createdAt: 'timestamptz' },
});

/** The newest snapshot of each infrastructure that the cluster ever had. */
export const listNewestSnapshots = statement({
  name: 'cluster_artifacts.list_newest_snapshots',
  text: `
    select distinct on (infra_id) infra_id as "infraId", sha256
    from cluster_artifacts
    where cluster_id = $1 and artifact_type = 'INSTALL_DIR_SNAPSHOT' and infra_id is not null
    order by infra_id, fence desc, created_at desc`,
  params: { clusterId: 'text' },
  row: { infraId: 'text', sha256: 'text' },
});

/** Every infraID that the cluster ever had: what any of them left must be gone. */
export const listInfraIds = statement({
  name: 'cluster_artifacts.list_infra_ids',
  text: `select distinct infra_id as "infraId" from cluster_artifacts where cluster_id = $1 and infra_id is not null`,
  params: { clusterId: 'text' },
  row: { infraId: 'text' },
});

/** Of which artifacts are not needed any more: destroyed so long ago, and proven so. */
const ARTIFACTS_DUE = `
    from clusters c
    where c.status = 'DESTROYED' and c.destroyed_at < clock_now() - $1::float8 * interval '1 day'
      and exists (select from cluster_artifacts a where a.cluster_id = c.id)`;

export const countClustersWithOldArtifacts = statement({
  name: 'cluster_artifacts.count_clusters_due',
  text: `select count(*)::int4 as "count" ${ARTIFACTS_DUE}`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

export const listClustersWithOldArtifacts = statement({
  name: 'cluster_artifacts.list_clusters_due',
  text: `select c.id ${ARTIFACTS_DUE} and not c.id = any($2) order by c.destroyed_at limit $3`,
  params: { days: 'float8', failed: 'text[]', limit: 'int4' },
  row: { id: 'text' },
});

export const deleteArtifacts = statement({
  name: 'cluster_artifacts.delete',
  text: `delete from cluster_artifacts where cluster_id = $1 returning id`,
  params: { clusterId: 'text' },
  row: { id: 'text' },
});

export const putOutputs = statement({
  name: 'cluster_outputs.put',
  text: `
    insert into cluster_outputs (cluster_id, api_url, console_url) values ($1, $2, $3)
    on conflict (cluster_id) do update set api_url = excluded.api_url, console_url = excluded.console_url, at = clock_now()
    returning cluster_id as "clusterId"`,
  params: { clusterId: 'text', apiUrl: 'text', consoleUrl: 'text' },
  row: { clusterId: 'text' },
});

export const getOutputs = statement({
  name: 'cluster_outputs.get',
  text: `select api_url as "apiUrl", console_url as "consoleUrl" from cluster_outputs where cluster_id = $1`,
  params: { clusterId: 'text' },
  row: { apiUrl: 'text', consoleUrl: 'text' },
});
