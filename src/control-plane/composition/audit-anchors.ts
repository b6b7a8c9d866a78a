import { join } from 'node:path';
import type { ArtifactStore } from '../kernel/artifacts/artifact-store.ts';
import { directoryStore } from '../kernel/artifacts/directory-store.ts';
import { s3Store } from '../kernel/artifacts/s3/s3-store.ts';
import { AuditAnchorStore } from '../kernel/audit/audit-anchor-store.ts';
import type { KernelConfig } from '../kernel/settings/kernel-settings.ts';
import { parseS3Location } from '../kernel/settings/setting-values.ts';

/**
 * Where the signed anchors of the audit log are kept. The embedded database belongs to one server, so its data directory is the
 * default; servers that share a PostgreSQL have to share a location, so nothing is kept until one is configured.
 */
export function auditAnchorStore(config: KernelConfig): AuditAnchorStore | undefined {
  const location = auditAnchorLocation(config);
  return location === undefined ? undefined : new AuditAnchorStore(artifactsAt(location, config));
}

/** A folder or `s3://BUCKET/PREFIX`; undefined when no anchors are kept. */
export function auditAnchorLocation({
  auditAnchors,
  databaseUrl,
  dataDir,
}: Pick<KernelConfig, 'auditAnchors' | 'databaseUrl' | 'dataDir'>): string | undefined {
  return auditAnchors ?? (databaseUrl === undefined ? join(dataDir, 'audit-anchors') : undefined);
}

function artifactsAt(location: string, config: KernelConfig): ArtifactStore {
  const inBucket = parseS3Location(location);
  if (inBucket === undefined) return directoryStore(location);
  return s3Store({
    ...inBucket,
    region: config.awsRegion,
    endpoint: config.awsEndpoint,
    retainDays: config.auditRetentionDays,
  });
}
