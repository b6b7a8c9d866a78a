import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tracing, tracesUrl } from '../../contract/tracing.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Db } from '../kernel/db/db.ts';
import { type Migration, migrate } from '../kernel/db/migrate.ts';
import { fileError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import { createDispatcher } from '../kernel/jobs/dispatcher.ts';
import { JobQueue } from '../kernel/jobs/queue.ts';
import { keyDirectory } from '../kernel/secrets/key-file.ts';
import { openSealedSecrets } from '../kernel/secrets/sealed-secrets.ts';
import { withRedaction } from '../kernel/secrets/with-redaction.ts';
import type { Log } from '../kernel/telemetry/log.ts';
import type { Redactor } from '../kernel/telemetry/redaction.ts';
import { VERSION } from '../kernel/version.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { emptyDatabase, packageRoot } from '../startup/package-files.ts';
import { auditAnchorStore } from './audit-anchors.ts';
import { openWakeQueue } from './dispatch.ts';
import { artifactStore, openResourceSecrets } from './stores.ts';

/** What has to be closed when the server stops, in the order in which it was opened. */
export type Cleanups = (() => Promise<void>)[];

/**
 * Opens the data directory, the database at its newest schema, the key file and the wake-ups.
 * @param cleanups gets what was opened, also when a later step fails
 * @throws SetupError when the operator has to change something first
 */
export async function openInfrastructure(
  config: ServerConfig,
  migrations: readonly Migration[],
  { log, redactor, cleanups }: { log: Log; redactor: Redactor; cleanups: Cleanups },
): Promise<Infrastructure> {
  const root = packageRoot();
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fileError(`cannot create the data directory ${config.dataDir}`, error);
  });
  const tracing = await openTracing(config);
  if (tracing) cleanups.push(() => tracing.close());
  const db = await openDatabase(config, root, log);
  cleanups.push(() => db.close());
  const applied = await migrate(db, migrations);
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  const sealed = await openSealedSecrets({ keyDir: keyDirectory(config), newId });
  const secrets = withRedaction(sealed, redactor.register);
  await secrets.assertKeysPresent(db);
  const dispatcher = await createDispatcher(
    db,
    (error) => log.warn({ err: error }, 'cannot send a wake-up; polling covers for it'),
    openWakeQueue(config, log),
  );
  cleanups.push(() => dispatcher.close());
  const queue = new JobQueue(dispatcher, newId, config.maxAttempts);
  const resourceSecrets = await openResourceSecrets(config, db, secrets, redactor);
  const [artifacts, auditAnchors] = [artifactStore(config), auditAnchorStore(config)];
  return {
    db,
    queue,
    dispatcher,
    secrets,
    resourceSecrets,
    artifacts,
    auditAnchors,
    tracing,
    log,
    redactor,
    root,
    version: VERSION,
  };
}

/** Traces are sent only when a collector is configured; nothing of OpenTelemetry is loaded before. */
async function openTracing({ otlpEndpoint, otlpTracesEndpoint }: ServerConfig): Promise<Tracing | undefined> {
  const url = tracesUrl(otlpEndpoint, otlpTracesEndpoint);
  if (url === undefined) return undefined;
  const { openOtlpTracing } = await import('../../tracing/otlp-tracing.ts');
  return openOtlpTracing({ url, service: 'ocpctl-server', version: VERSION });
}

/** Opens PostgreSQL if a URL is set, else the embedded database. An engine is loaded only when it is used. */
async function openDatabase({ databaseUrl, dataDir }: ServerConfig, root: string, log: Log): Promise<Db> {
  if (databaseUrl !== undefined) {
    const { openPostgres } = await import('../kernel/db/postgres.ts');
    return openPostgres({ url: databaseUrl, applicationName: 'ocpctl' });
  }
  const { openPglite } = await import('../kernel/db/pglite.ts');
  const loadDump = await emptyDatabase(root);
  return openPglite({
    dataDir: join(dataDir, 'db'),
    onStarting: ({ data, wasShutDown }) =>
      log.info(
        { directory: data },
        wasShutDown
          ? 'starting the embedded database'
          : 'starting the embedded database; it was not shut down properly, recovery in progress',
      ),
    onMaintenanceError: (error) => log.error({ err: error }, 'cannot maintain the embedded database'),
    ...(loadDump ? { loadDump } : {}),
  });
}
