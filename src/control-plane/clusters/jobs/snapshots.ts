import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openStream, SEAL_KEY_BYTES, sealStream } from '../../kernel/artifacts/sealed-stream.ts';
import { createSnapshot } from '../../kernel/artifacts/snapshot.ts';
import { restoreSnapshot } from '../../kernel/artifacts/snapshot-restore.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { DatabaseUnavailableError, messageOf, systemCodeOf } from '../../kernel/errors.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import { SNAPSHOT_EXCLUDES } from '../installer/install-dir.ts';
import { METADATA_FILE } from '../installer/metadata.ts';
import { formatMetadata, minimalMetadata } from '../installer/minimal-metadata.ts';
import { isDiskFailure } from '../installer/work-folder.ts';
import { readAcceptedProfile } from '../service/accepted-profile.ts';
import { insertArtifact, listSnapshots } from '../store/artifacts.sql.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';

const SNAPSHOT_KEY = 'snapshot-key';

export interface TakenSnapshot {
  /** Writes the artifact's row. */
  record(tx: Tx): Promise<void>;
}

/** Stores the install directory, encrypted with a key of the cluster: it has the pull secret and all private keys. */
export async function takeSnapshot(
  context: ClusterJobContext,
  attempt: JobContext,
  installDir: string,
  infraId: string,
): Promise<TakenSnapshot> {
  const { job } = attempt;
  const id = context.newId('art');
  const key = `${job.resourceId}/${job.id}/attempt-${job.attempt}/fence-${job.fence}/install-dir-${id}.tar.gz.sealed`;
  const sealed = sealStream(await snapshotKey(context, attempt), key);
  const [stored] = await Promise.all([
    context.artifacts.put(key, sealed),
    pipeline(createSnapshot(installDir, { exclude: SNAPSHOT_EXCLUDES }).stream, sealed),
  ]);
  return {
    async record(tx) {
      await tx.query(insertArtifact, {
        id,
        clusterId: job.resourceId,
        jobId: job.id,
        attempt: job.attempt,
        fence: job.fence,
        artifactType: 'INSTALL_DIR_SNAPSHOT',
        uri: stored.uri,
        sha256: stored.sha256,
        sizeBytes: stored.sizeBytes,
        infraId,
      });
    },
  };
}

/**
 * Restores the install directory of an infraID from its newest intact snapshot. When there is none, or it has no metadata.json,
 * writes one from the database. `installDir` must not exist.
 */
export async function restoreInstallDir(
  context: ClusterJobContext,
  attempt: JobContext,
  cluster: ClusterRow,
  infraId: string,
  makeEmpty: () => Promise<void>,
  installDir: string,
): Promise<'snapshot' | 'rebuilt'> {
  const source = await metadataSource(context, attempt, cluster);
  const snapshots = await attempt.db.query(listSnapshots, { clusterId: cluster.id, infraId });
  for (const { uri, sha256 } of snapshots) {
    try {
      const artifactKey = context.artifacts.keyOf(uri);
      const opened = openStream(await snapshotKey(context, attempt), artifactKey);
      const archive = new PassThrough();
      await Promise.all([
        pipeline(await context.artifacts.get(artifactKey, { sha256 }), opened, archive),
        restoreSnapshot(archive, installDir),
      ]);
      await writeMinimalMetadata(source, infraId, installDir);
      return 'snapshot';
    } catch (error) {
      // A fault of this host or of the database: another attempt restores the snapshot.
      if (isDiskFailure(error) || error instanceof DatabaseUnavailableError) throw error;
      attempt.event({
        kind: 'log',
        level: 'warn',
        message: `snapshot cannot be restored: ${messageOf(error)}`,
      });
    }
  }
  await makeEmpty();
  await writeMinimalMetadata(source, infraId, installDir);
  return 'rebuilt';
}

/** What of a cluster has to be known to destroy it without its install directory. */
export interface MetadataSource
  extends Pick<
    ClusterRow,
    'name' | 'region' | 'baseDomain' | 'platform' | 'cloudAccount' | 'hostedZoneRole'
  > {
  /** IBM Cloud: that of the profile. With another one a destroy finds nothing and reports that the group does not exist. */
  readonly resourceGroup?: string | undefined;
}

/** @returns what `metadata.json` says of a cluster, with the profile that it was accepted with */
export async function metadataSource(
  context: Pick<ClusterJobContext, 'profiles'>,
  { db }: Pick<JobContext, 'db'>,
  cluster: ClusterRow,
): Promise<MetadataSource> {
  if (cluster.platform !== 'ibmcloud') return cluster;
  const profile = await readAcceptedProfile(context, db, cluster);
  const resourceGroup =
    profile?.platform === 'ibmcloud' ? profile.platformConfig.ibmcloud.resourceGroup : undefined;
  return { ...cluster, resourceGroup };
}

/** Never overwrites the installer's own file. */
export async function writeMinimalMetadata(
  cluster: MetadataSource,
  infraId: string,
  installDir: string,
): Promise<void> {
  const facts = {
    infraId,
    clusterName: cluster.name,
    region: cluster.region,
    baseDomain: cluster.baseDomain,
  };
  const metadata = minimalMetadata(
    cluster.platform === 'ibmcloud'
      ? { ...facts, platform: 'ibmcloud', ...ibmcloudSiteOf(cluster) }
      : {
          ...facts,
          platform: 'aws',
          ...(cluster.hostedZoneRole === null ? {} : { hostedZoneRole: cluster.hostedZoneRole }),
        },
  );
  try {
    await writeFile(join(installDir, METADATA_FILE), formatMetadata(metadata), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

function ibmcloudSiteOf({ cloudAccount, resourceGroup }: MetadataSource): {
  accountId?: string;
  resourceGroupName?: string;
} {
  return {
    ...(cloudAccount === null ? {} : { accountId: cloudAccount }),
    ...(resourceGroup === undefined ? {} : { resourceGroupName: resourceGroup }),
  };
}

async function snapshotKey(context: ClusterJobContext, attempt: JobContext): Promise<Uint8Array> {
  const owner = { ownerId: attempt.job.resourceId, kind: SNAPSHOT_KEY };
  const existing = await context.secrets.open(attempt.db, owner);
  if (existing) return existing;
  const key = randomBytes(SEAL_KEY_BYTES);
  await attempt.commit((tx) => context.secrets.put(tx, owner, key));
  return key;
}
