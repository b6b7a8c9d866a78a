import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { actingTeams, forbiddenChange, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { Listing } from '../../kernel/listing.ts';
import { loginOf } from '../databases/postgres/postgres-roles.ts';
import { drillOf } from '../databases/postgres-host.ts';
import {
  DESTROY_DATABASE_JOB,
  PROVISION_DATABASE_JOB,
  RESTORE_DATABASE_JOB,
  ROTATE_DATABASE_JOB,
} from '../job-types.ts';
import { minuteOfDay } from '../policy/time-of-day.ts';
import { setRestoredFrom } from '../store/backup-proofs.sql.ts';
import { findOpenRotation, insertDatabaseCredential } from '../store/database-credentials.sql.ts';
import {
  beginDatabaseDestroy,
  type DatabaseRow,
  getDatabase,
  insertDatabase,
  listDatabases,
  lockDatabase,
  setDatabaseJob,
} from '../store/databases.sql.ts';
import type { AppServices } from './app-services.ts';
import { openDatabaseUrl, putDatabasePasswords } from './database-secrets.ts';
import { DEFAULT_ENVIRONMENT } from './default-environment.ts';
import { assertActive, ensureEnvironment, teamOfRequest } from './environments.ts';
import { presentDatabase } from './present-database.ts';
import { assertDatabaseFits } from './quotas.ts';

type Schemas = components['schemas'];
type Accepted = { database: Schemas['Database']; job: Schemas['Job'] };
type ListQuery = NonNullable<operations['listDatabases']['parameters']['query']>;

const DATABASES = new Listing('app-databases', z.string().max(40));
const PAGE = 50;
const DEFAULT_MEMORY_MB = 256;
/** P19: of each login. */
const DEFAULT_CONNECTIONS = 20;
const DEFAULT_GRACE_SECONDS = 60;
const DEFAULT_BACKUP = { schedule: 'daily', at: '02:00' } as const;
const ACTIONS: Readonly<Record<string, string>> = { [PROVISION_DATABASE_JOB]: 'database.create' };

/** @throws AppError NOT_FOUND, the same for unknown ids and those of other teams (A10) */
export async function readDatabase(
  db: Queryable,
  id: string,
  teams: string[] | null,
): Promise<Schemas['Database']> {
  const [row] = await db.query(getDatabase, { id, teams });
  if (!row) throw notFound('database', id);
  return presentDatabase(row);
}

export async function pageDatabases(
  db: Queryable,
  caller: Caller,
  query: ListQuery,
): Promise<{ items: Schemas['Database'][]; nextCursor: string | null }> {
  const limit = query.limit ?? PAGE;
  const rows = await db.query(listDatabases, {
    teams: readableTeams(caller),
    before: DATABASES.decodeCursor(query.cursor, caller.principal) ?? null,
    name: query.name ?? null,
    environment: query.environment ?? null,
    team: query.team ?? null,
    limit: limit + 1,
  });
  const page = DATABASES.page(rows, limit, caller.principal, ({ id }) => id);
  return { items: page.rows.map(presentDatabase), nextCursor: page.nextCursor };
}

export async function createDatabase(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  request: Schemas['DatabaseRequest'],
  { backupId }: { readonly backupId?: string } = {},
): Promise<Accepted> {
  if (services.runtime !== 'process')
    throw new AppError(
      'STATE_CONFLICT',
      'This server runs instances in containers, which do not reach databases of the host: link an existing one with a variable, or use the runtime process.',
    );
  const team = teamOfRequest(request.team, caller);
  const environmentName = request.environment ?? DEFAULT_ENVIRONMENT;
  const { environment } = await ensureEnvironment(services, tx, caller, { team, name: environmentName });
  assertActive(environment);
  const { name, memoryMb = DEFAULT_MEMORY_MB, connectionLimit = DEFAULT_CONNECTIONS } = request;
  await assertDatabaseFits(services, tx, team, memoryMb);
  const id = services.newId('dbs');
  const [inserted] = await tx.query(insertDatabase, {
    ...{ id, environmentId: environment.id, team, name, engine: request.engine ?? 'postgres' },
    ...{ memoryMb, cpus: services.defaults.cpus, connectionLimit, requestedBy: caller.principal },
    backupSchedule: request.backup?.schedule ?? DEFAULT_BACKUP.schedule,
    backupMinute: minuteOfDay(request.backup?.at ?? DEFAULT_BACKUP.at),
  });
  if (!inserted)
    throw new AppError('NAME_TAKEN', `Environment ${environment.name} has a database ${name} already.`);
  await tx.query(insertDatabaseCredential, {
    ...{ databaseId: id, slot: 'a', login: loginOf('a'), state: 'CURRENT' },
  });
  await putDatabasePasswords(services.secrets, tx, id);
  const from = backupId === undefined ? {} : { backupId };
  if (backupId !== undefined) await tx.query(setRestoredFrom, { id, backupId });
  return accept(
    services,
    tx,
    caller,
    { id, name, team },
    {
      type: backupId === undefined ? PROVISION_DATABASE_JOB : RESTORE_DATABASE_JOB,
      payload: from,
      facts: { environment: environment.name, ...from },
    },
  );
}

/** The data is gone after it (A6): the caller has typed the name. */
export async function destroyDatabase(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  { confirm, reason, keepBackups = false }: Schemas['DatabaseDestroyRequest'],
): Promise<Accepted> {
  // The lanes before the row, as workers do.
  for (const lane of [id, drillOf(id)]) await services.queue.lockLane(tx, lane);
  const row = await lockOwnDatabase(tx, caller, id);
  if (confirm !== row.name)
    throw new AppError(
      'POLICY_VIOLATION',
      `Database ${row.name} is not destroyed: its name was not confirmed.`,
      {
        errors: [
          { field: 'confirm', code: 'MISMATCH', message: `must be the name of the database, ${row.name}` },
        ],
      },
    );
  for (const lane of [id, drillOf(id)])
    await services.queue.supersede(tx, lane, `database ${row.name} is destroyed`);
  const [begun] = await tx.query(beginDatabaseDestroy, { id });
  if (!begun) throw new AppError('STATE_CONFLICT', `Database ${row.name} is ${row.status}.`);
  return accept(services, tx, caller, row, {
    type: DESTROY_DATABASE_JOB,
    payload: { keepBackups },
    facts: { keepBackups, ...(reason === undefined ? {} : { reason }) },
  });
}

/** Replaces the login that services use, or goes on with a rotation that did not end (A8). */
export async function rotateDatabase(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  { graceSeconds = DEFAULT_GRACE_SECONDS, reason }: Schemas['DatabaseRotateRequest'],
): Promise<Accepted> {
  await services.queue.lockLane(tx, id);
  const row = await lockOwnDatabase(tx, caller, id);
  if (row.status !== 'ACTIVE') throw new AppError('STATE_CONFLICT', `Database ${row.name} is ${row.status}.`);
  const [open] = await tx.query(findOpenRotation, { id });
  if (open) throw new AppError('STATE_CONFLICT', `Job ${open.id} rotates database ${row.name} already.`);
  return accept(services, tx, caller, row, {
    type: ROTATE_DATABASE_JOB,
    payload: { graceSeconds },
    facts: { graceSeconds, ...(reason === undefined ? {} : { reason }) },
  });
}

/** The event in the audit log is committed before the secret is opened. */
export async function openUrl(
  { db, secrets }: Pick<AppServices, 'db' | 'secrets'>,
  caller: Caller,
  id: string,
): Promise<{ url: string }> {
  const row = await db.tx(async (tx) => {
    const found = await lockOwnDatabase(tx, caller, id);
    if (found.status !== 'ACTIVE')
      throw new AppError('STATE_CONFLICT', `Database ${found.name} is ${found.status}.`);
    const metadata = { name: found.name };
    await audit(tx, found.team, caller, {
      action: 'database.url.open',
      target: id,
      status: 'SUCCESS',
      metadata,
    });
    return found;
  });
  const url = await openDatabaseUrl(secrets, db, row);
  if (url === undefined) throw new AppError('STATE_CONFLICT', `Database ${row.name} has no URL yet.`);
  return { url };
}

/** @throws AppError NOT_FOUND or FORBIDDEN */
export async function lockOwnDatabase(tx: Tx, caller: Caller, id: string): Promise<DatabaseRow> {
  const [row] = await tx.query(lockDatabase, { id, teams: actingTeams(caller) });
  if (row) return row;
  const [seen] = await tx.query(getDatabase, { id, teams: readableTeams(caller) });
  if (!seen) throw notFound('database', id);
  throw forbiddenChange(caller, { what: 'database', name: seen.name, team: seen.team, role: 'requester' });
}

async function accept(
  { queue }: AppServices,
  tx: Tx,
  caller: Caller,
  { id, name, team }: Pick<DatabaseRow, 'id' | 'name' | 'team'>,
  {
    type,
    payload = {},
    facts,
  }: {
    type: string;
    payload?: Readonly<Record<string, unknown>>;
    facts: Readonly<Record<string, unknown>>;
  },
): Promise<Accepted> {
  const jobId = await queue.enqueue(tx, {
    ...{ resourceId: id, resourceName: name, team, type, payload },
    ...{ requestedBy: caller.principal, traceparent: caller.traceparent },
  });
  await tx.query(setDatabaseJob, { id, jobId });
  await audit(tx, team, caller, {
    action: ACTIONS[type] ?? type,
    target: id,
    status: 'SUCCESS',
    metadata: { name, jobId, ...facts },
  });
  return { database: await readDatabase(tx, id, null), job: await readJob(tx, jobId, null) };
}
