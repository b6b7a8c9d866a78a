import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditAnchorStore } from '../kernel/audit/audit-anchor-store.ts';
import type { Db } from '../kernel/db/db.ts';
import { migrate } from '../kernel/db/migrate.ts';
import { openDatabase } from '../kernel/db/open-database.ts';
import { newId } from '../kernel/ids.ts';
import { createDispatcher, type Dispatcher } from '../kernel/jobs/dispatcher.ts';
import { JobQueue } from '../kernel/jobs/queue.ts';
import { openSealedSecrets } from '../kernel/secrets/sealed-secrets.ts';
import { withRedaction } from '../kernel/secrets/with-redaction.ts';
import { createLog, type Log } from '../kernel/telemetry/log.ts';
import { createRedactor, type Redactor } from '../kernel/telemetry/redaction.ts';
import { MIGRATIONS } from '../migrations/migrations.gen.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { emptyDatabase } from '../startup/embedded-database.ts';
import { packageRoot } from '../startup/package-root.ts';
import { auditAnchorStore } from './audit-anchors.ts';

/** What every role of a server stands on: the kernel's services, open and ready. */
export interface Infrastructure {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly dispatcher: Dispatcher;
  readonly secrets: Awaited<ReturnType<typeof openSealedSecrets>>;
  readonly auditAnchors: AuditAnchorStore | undefined;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Where the package's own files are: profiles, prices, openapi.yaml, dist. */
  readonly root: string;
}

/** What has to be closed when the server stops, in the order in which it was opened. */
export type Cleanups = (() => Promise<void>)[];

/**
 * Opens the data directory, the database at its newest schema, the key file and the wake-ups.
 * @param cleanups gets what was opened, also when a later step fails
 * @throws SetupError when the operator has to change something first
 */
export async function openInfrastructure(config: ServerConfig, cleanups: Cleanups): Promise<Infrastructure> {
  const root = packageRoot();
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const redactor = createRedactor();
  const log = createLog({ level: config.logLevel, redactor, format: config.logFormat });
  const db = await openDatabase(
    config.databaseUrl,
    join(config.dataDir, 'db'),
    () => emptyDatabase(root),
    (error) => log.error({ err: error }, 'the embedded database could not be maintained'),
  );
  cleanups.push(() => db.close());
  const applied = await migrate(db, MIGRATIONS);
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  const sealed = await openSealedSecrets({ keyDir: config.keyDir ?? join(config.dataDir, 'keys'), newId });
  const secrets = withRedaction(sealed, redactor.register);
  await secrets.assertKeysPresent(db);
  const dispatcher = await createDispatcher(db, (error) =>
    log.warn({ err: error }, 'a wake-up was not sent'),
  );
  cleanups.push(() => dispatcher.close());
  const queue = new JobQueue(dispatcher, newId, config.maxAttempts);
  return { db, queue, dispatcher, secrets, auditAnchors: auditAnchorStore(config), log, redactor, root };
}
