import { join } from 'node:path';
import type { ServerConfig } from '../config.ts';
import type { ArtifactStore } from '../kernel/artifacts/artifact-store.ts';
import { directoryStore } from '../kernel/artifacts/directory-store.ts';
import { s3Store } from '../kernel/artifacts/s3/s3-store.ts';
import { CheckpointStore } from '../kernel/audit/checkpoint-store.ts';
import { SetupError } from '../kernel/errors.ts';

const BUCKET_URL = /^s3:\/\/([a-z0-9.-]{3,63})(?:\/(.*))?$/;

/**
 * Where the audit trail's signed checkpoints are kept. The embedded database belongs to one server, and its folder serves without
 * asking; servers that share a PostgreSQL have to share a place as well, so nothing is kept until one is named.
 * @throws SetupError when the place cannot be used
 */
export function checkpointStore(config: ServerConfig): CheckpointStore | undefined {
  const place = checkpointPlace(config);
  return place === undefined ? undefined : new CheckpointStore(artifactsAt(place, config));
}

/** A folder or `s3://BUCKET/PREFIX`; undefined when the end of the trail is signed nowhere. */
export function checkpointPlace({
  auditCheckpoints,
  databaseUrl,
  dataDir,
}: Pick<ServerConfig, 'auditCheckpoints' | 'databaseUrl' | 'dataDir'>): string | undefined {
  return auditCheckpoints ?? (databaseUrl === undefined ? join(dataDir, 'audit-checkpoints') : undefined);
}

function artifactsAt(place: string, config: ServerConfig): ArtifactStore {
  if (!place.includes('://')) return directoryStore(place);
  const [, bucket, prefix] = BUCKET_URL.exec(place) ?? [];
  if (bucket === undefined) {
    throw new SetupError(`OCPCTL_AUDIT_CHECKPOINTS: '${place}' is no place for checkpoints`, {
      hint: 'name a folder, or a bucket with object lock: s3://BUCKET/PREFIX',
    });
  }
  return s3Store({
    bucket,
    ...(prefix ? { prefix } : {}),
    region: config.awsRegion,
    ...(config.awsEndpoint === undefined ? {} : { endpoint: config.awsEndpoint }),
    retainDays: config.auditRetentionDays,
  });
}
