import { string } from '@oclif/core/flags';
import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { components } from '../../contract/api.gen.ts';
import type { AppDatabase, Job } from '../../contract/documents.ts';
import { UsageError } from '../errors/cli-error.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { requiredArgument } from '../flags/shared-flags.ts';
import type { Session } from '../session.ts';
import { locationFlags } from './app-flags.ts';
import { awaitAppJob } from './await-app-job.ts';
import { locationChoice, onlyMatch } from './only-match.ts';

export const databaseArgument = () => requiredArgument('Name or id of the database');

export const DATABASE_LOCATION_FLAGS = locationFlags('database');

interface DatabaseLocation {
  readonly env?: string | undefined;
  readonly team?: string | undefined;
}

/** Shows a database, also if other environments have one of its name. */
export function databaseCommand({ name, environment }: AppDatabase): string {
  return `ocpctl app db get ${name} --env ${environment.name}`;
}

export function fetchDatabases(
  client: ApiClient,
  filter: { name?: string | undefined; environment?: string | undefined; team?: string | undefined },
): Promise<AppDatabase[]> {
  return collect(async (page) => {
    const params = { query: { ...omitUndefined(filter), ...page } };
    return (await client.GET('/v1/app/databases', { params })).data;
  });
}

/**
 * Finds a database by id or exact name.
 * @throws CliError NOT_FOUND with the closest name, or AMBIGUOUS_NAME if several environments have it
 */
export async function resolveDatabase(
  client: ApiClient,
  reference: string,
  { env: environment, team }: DatabaseLocation,
): Promise<AppDatabase> {
  if (/^dbs_[0-9a-z]{26}$/.test(reference)) return fetchDatabase(client, reference);
  return onlyMatch({
    what: 'database',
    name: reference,
    fetch: (name) => fetchDatabases(client, { name, environment, team }),
    listCommand: 'ocpctl app db list',
    holders: 'databases',
    choiceOf: (match, all) => locationChoice(match, all),
  });
}

export async function fetchDatabase(
  client: ApiClient,
  id: string,
  signal?: AbortSignal,
): Promise<AppDatabase> {
  return (await client.GET('/v1/app/databases/{id}', { params: { path: { id } }, signal })).data;
}

/** Follows the job of a database to its end. @throws OperationFailedError */
export async function awaitDatabaseJob(
  session: Session,
  { database, job }: { readonly database: AppDatabase; readonly job: Job },
  timeoutMs: number,
): Promise<AppDatabase> {
  const { id, name } = database;
  return awaitAppJob(session, job, {
    name,
    timeoutMs,
    hint: `'${databaseCommand(database)}' shows it`,
    fetch: (signal) => fetchDatabase(session.client, id, signal),
  });
}

/** When backups are made. */
export const BACKUP_FLAGS = {
  backup: string({
    description: 'How often a backup is made; weekly: on Mondays',
    options: ['daily', 'weekly', 'off'],
  }),
  'backup-at': string({ description: 'Time of the day of the backup, in UTC', helpValue: 'HH:MM' }),
};

type BackupSchedule = components['schemas']['BackupScheduleRequest'];

/** @throws UsageError for a time that is none */
export function backupSchedule(flags: {
  readonly backup?: string | undefined;
  readonly 'backup-at'?: string | undefined;
}): BackupSchedule | undefined {
  const { backup, 'backup-at': at } = flags;
  if (backup === undefined && at === undefined) return undefined;
  if (at !== undefined && !/^([01]\d|2[0-3]):[0-5]\d$/.test(at))
    throw new UsageError(`invalid time "${at}" for --backup-at: use for example 02:00 or 23:30`);
  return omitUndefined({ schedule: backup as BackupSchedule['schedule'], at });
}
