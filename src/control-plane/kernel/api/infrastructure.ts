import type { Tracing } from '../../../contract/tracing.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { AuditAnchorStore } from '../audit/audit-anchor-store.ts';
import type { Db } from '../db/db.ts';
import type { Dispatcher } from '../jobs/dispatcher.ts';
import type { JobQueue } from '../jobs/queue.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { Redactor } from '../telemetry/redaction.ts';

/** The kernel's services, open and ready: what every role and every module works with. */
export interface Infrastructure {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly dispatcher: Dispatcher;
  /** Access keys and signing keys: always sealed in the database. */
  readonly secrets: SecretStore;
  /** Secrets of managed resources: sealed in the database, or in Secrets Manager. */
  readonly resourceSecrets: SecretStore;
  readonly artifacts: ArtifactStore;
  /** Absent when the installation keeps no audit anchors. */
  readonly auditAnchors: AuditAnchorStore | undefined;
  /** Absent when no collector is configured. */
  readonly tracing: Tracing | undefined;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Where the package's own files are: profiles, prices, openapi.yaml, dist. */
  readonly root: string;
  /** Of ocpctl. */
  readonly version: string;
}
