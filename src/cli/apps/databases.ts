import { string } from '@oclif/core/flags';
import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import { closestMatch } from '../../contract/closest-match.ts';
import type { AppDatabase, Job } from '../../contract/documents.ts';
import { CliError, OperationFailedError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { requiredArgument } from '../flags/shared-flags.ts';
import { followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';

export const databaseArgument = () => requiredArgument('Name or id of the database');

/** Where a database is looked for by its name. */
export const DATABASE_LOCATION_FLAGS = {
  env: string({
    char: 'e',
    description: 'Environment of the database (default: the only one that has it)',
    helpValue: 'NAME',
  }),
  team: string({ description: 'Team of the database (default: any of yours)', helpValue: 'TEAM' }),
};

interface DatabaseLocation {
  readonly env?: string | undefined;
  readonly team?: string | undefined;
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
  const found = await fetchDatabases(client, { name: reference, environment, team });
  const [first, ...others] = found;
  if (first === undefined) {
    const names = (await fetchDatabases(client, { environment, team })).map(({ name }) => name);
    const closest = closestMatch(reference, names);
    throw new CliError('NOT_FOUND', `database "${reference}" not found`, {
      exitCode: EXIT.notFound,
      hint:
        closest === undefined
          ? "'ocpctl app db list' shows the databases of your teams"
          : `did you mean "${closest}"?`,
    });
  }
  if (others.length === 0) return first;
  const locations = found.map(({ environment: of, team: owner }) => `${of.name} (team ${owner})`).join(', ');
  throw new CliError(
    'AMBIGUOUS_NAME',
    `the name "${reference}" is ambiguous: ${found.length} databases have it`,
    { exitCode: EXIT.conflict, hint: `choose with --env or --team: ${locations}` },
  );
}

async function fetchDatabase(client: ApiClient, id: string, signal?: AbortSignal): Promise<AppDatabase> {
  return (await client.GET('/v1/app/databases/{id}', { params: { path: { id } }, signal })).data;
}

/** Follows the job of a database to its end. @throws OperationFailedError */
export async function awaitDatabaseJob(
  session: Session,
  { database, job }: { readonly database: AppDatabase; readonly job: Job },
  timeoutMs: number,
): Promise<AppDatabase> {
  const { contact, client } = session;
  const { id, name } = database;
  const waiting = {
    ...{ timeoutMs, contact, what: `${job.id} continues` },
    resumeCommand: `ocpctl app db get ${id}`,
  };
  return interruptibleWait(waiting, async (signal) => {
    const ended = await followJob(session, job, { name, mode: 'real' }, signal);
    if (ended.status === 'SUCCEEDED') return fetchDatabase(client, id, signal);
    const cause = ended.error ?? { code: 'CANCELLED', message: 'it was cancelled' };
    throw new OperationFailedError(cause.code, `${name}: ${cause.message}`, {
      hint: `'ocpctl app db get ${id}' shows it`,
    });
  });
}
