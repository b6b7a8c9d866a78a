import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { AppDatabaseBackup, Job } from '../../contract/documents.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import type { Session } from '../session.ts';
import { awaitAppJob } from './await-app-job.ts';
import { resolveDatabase } from './databases.ts';

const BACKUP_ID = /^bkp_[0-9a-z]{26}$/;

interface BackupFilter {
  readonly databaseId?: string | undefined;
  readonly database?: string | undefined;
  readonly environment?: string | undefined;
  readonly team?: string | undefined;
}

/** Newest first; also those of databases that were destroyed with `--keep-backups`. */
export function fetchBackups(client: ApiClient, filter: BackupFilter): Promise<AppDatabaseBackup[]> {
  return collect(async (page) => {
    const params = { query: { ...omitUndefined(filter), ...page } };
    return (await client.GET('/v1/app/backups', { params })).data;
  });
}

async function fetchBackup(client: ApiClient, id: string, signal?: AbortSignal): Promise<AppDatabaseBackup> {
  return (await client.GET('/v1/app/backups/{id}', { params: { path: { id } }, signal })).data;
}

/** A backup by its id, or the newest one that can be restored of a database. @throws CliError NOT_FOUND */
export async function resolveBackup(
  client: ApiClient,
  reference: string,
  location: { readonly env?: string | undefined; readonly team?: string | undefined },
): Promise<AppDatabaseBackup> {
  if (BACKUP_ID.test(reference)) return fetchBackup(client, reference);
  const { id: databaseId, name } = await resolveDatabase(client, reference, location);
  const backups = await fetchBackups(client, { databaseId });
  const newest = backups.find(({ status }) => status === 'AVAILABLE');
  if (newest !== undefined) return newest;
  throw new CliError('NOT_FOUND', `database ${name} has no backup`, {
    exitCode: EXIT.notFound,
    hint: `make one: ocpctl app db backup ${name}`,
  });
}

/** Follows the job of a backup to its end. @throws OperationFailedError */
export function awaitBackupJob(
  session: Session,
  { backup, job }: { readonly backup: AppDatabaseBackup; readonly job: Job },
  timeoutMs: number,
): Promise<AppDatabaseBackup> {
  return awaitAppJob(session, job, {
    name: backup.database.name,
    timeoutMs,
    hint: `'ocpctl app db backups ${backup.database.name}' shows it`,
    fetch: (signal) => fetchBackup(session.client, backup.id, signal),
  });
}
