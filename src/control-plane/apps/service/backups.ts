import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { actingTeams, forbiddenChange, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Actor, Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { Listing } from '../../kernel/listing.ts';
import { BACKUP_DATABASE_JOB } from '../job-types.ts';
import { minuteOfDay } from '../policy/time-of-day.ts';
import { setBackupSchedule } from '../store/backup-schedule.sql.ts';
import {
  type BackupRow,
  getBackup,
  insertBackup,
  listBackups,
  lockBackup,
  setBackupJob,
} from '../store/backups.sql.ts';
import type { DatabaseRow } from '../store/databases.sql.ts';
import type { AppServices } from './app-services.ts';
import { lockOwnDatabase, readDatabase } from './databases.ts';

type Schemas = components['schemas'];
type BackupAccepted = { backup: Schemas['DatabaseBackup']; job: Schemas['Job'] };
type ListQuery = NonNullable<operations['listDatabaseBackups']['parameters']['query']>;

const BACKUPS = new Listing('app-database-backups', z.string().max(40));
const PAGE = 50;

function presentBackup(row: BackupRow): Schemas['DatabaseBackup'] {
  return {
    id: row.id,
    team: row.team,
    database: { id: row.databaseId, name: row.databaseName },
    environment: { id: row.environmentId, name: row.environmentName },
    status: row.status as Schemas['DatabaseBackup']['status'],
    schedule: row.schedule as Schemas['DatabaseBackup']['schedule'],
    engine: 'postgres',
    version: row.version,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    tables: row.tables,
    // Of a database without tables there is no sum.
    rows: row.tables === null ? null : (row.rows ?? 0),
    failure: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
    verifyError: row.verifyError,
    requestedBy: row.requestedBy,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** @throws AppError NOT_FOUND, the same for unknown ids and those of other teams (A10) */
export async function readBackup(
  db: Queryable,
  id: string,
  teams: string[] | null,
): Promise<Schemas['DatabaseBackup']> {
  const [row] = await db.query(getBackup, { id, teams });
  if (!row) throw notFound('backup', id);
  return presentBackup(row);
}

export async function pageBackups(
  db: Queryable,
  caller: Caller,
  query: ListQuery,
): Promise<{ items: Schemas['DatabaseBackup'][]; nextCursor: string | null }> {
  const limit = query.limit ?? PAGE;
  const rows = await db.query(listBackups, {
    teams: readableTeams(caller),
    before: BACKUPS.decodeCursor(query.cursor, caller.principal) ?? null,
    databaseId: query.databaseId ?? null,
    database: query.database ?? null,
    environment: query.environment ?? null,
    team: query.team ?? null,
    limit: limit + 1,
  });
  const page = BACKUPS.page(rows, limit, caller.principal, ({ id }) => id);
  return { items: page.rows.map(presentBackup), nextCursor: page.nextCursor };
}

/** @throws AppError STATE_CONFLICT */
export async function createBackup(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  databaseId: string,
): Promise<BackupAccepted> {
  // The lane before the row, as workers do.
  await services.queue.lockLane(tx, databaseId);
  const database = await lockOwnDatabase(tx, caller, databaseId);
  if (database.status !== 'ACTIVE')
    throw new AppError('STATE_CONFLICT', `Database ${database.name} is ${database.status}.`);
  assertDumped(database);
  const requested = await requestBackup(services, tx, caller, { database, due: undefined });
  if (requested === undefined) throw new TypeError('a backup without a slot has no rival');
  const { backupId, jobId } = requested;
  return { backup: await readBackup(tx, backupId, null), job: await readJob(tx, jobId, null) };
}

/** @throws AppError POLICY_VIOLATION for an engine that has no dump */
function assertDumped({ name, engine }: Pick<DatabaseRow, 'name' | 'engine'>): void {
  if (engine !== 'postgres')
    throw new AppError('POLICY_VIOLATION', `Database ${name} runs on ${engine}, which has no backups.`);
}

/** The lane of the database is locked. @returns undefined when the slot has its backup */
export async function requestBackup(
  { newId, queue }: Pick<AppServices, 'newId' | 'queue'>,
  tx: Tx,
  actor: Actor,
  {
    database: { id: databaseId, name, team },
    due,
  }: {
    readonly database: Pick<DatabaseRow, 'id' | 'name' | 'team'>;
    readonly due: { readonly schedule: string; readonly slot: Date } | undefined;
  },
): Promise<{ backupId: string; jobId: string } | undefined> {
  const backupId = newId('bkp');
  const { schedule = null, slot = null } = due ?? {};
  const requestedBy = actor.principal;
  const [inserted] = await tx.query(insertBackup, {
    id: backupId,
    databaseId,
    team,
    schedule,
    slot,
    requestedBy,
  });
  if (!inserted) return undefined;
  const jobId = await queue.enqueue(tx, {
    ...{ resourceId: databaseId, resourceName: name, team, type: BACKUP_DATABASE_JOB, requestedBy },
    ...{ traceparent: actor.traceparent, payload: { backupId } },
  });
  await tx.query(setBackupJob, { id: backupId, jobId });
  await audit(tx, team, actor, {
    action: 'database.backup',
    target: databaseId,
    status: 'SUCCESS',
    metadata: { name, backupId, jobId, ...(schedule === null ? {} : { schedule }) },
  });
  return { backupId, jobId };
}

/** When backups are made of a database that is there. */
export async function changeBackupSchedule(
  tx: Tx,
  caller: Caller,
  id: string,
  { schedule, at }: Schemas['BackupScheduleRequest'],
): Promise<{ database: Schemas['Database'] }> {
  const row = await lockOwnDatabase(tx, caller, id);
  if (row.status === 'DESTROYING' || row.status === 'DESTROYED')
    throw new AppError('STATE_CONFLICT', `Database ${row.name} is ${row.status}.`);
  assertDumped(row);
  await tx.query(setBackupSchedule, {
    id,
    schedule: schedule ?? null,
    minute: at === undefined ? null : minuteOfDay(at),
  });
  const database = await readDatabase(tx, id, null);
  await audit(tx, row.team, caller, {
    action: 'database.schedule',
    target: id,
    status: 'SUCCESS',
    metadata: { name: row.name, schedule: database.backups.schedule, at: database.backups.at },
  });
  return { database };
}

/** @throws AppError NOT_FOUND or FORBIDDEN */
export async function lockOwnBackup(tx: Tx, caller: Caller, id: string): Promise<BackupRow> {
  const [row] = await tx.query(lockBackup, { id, teams: actingTeams(caller) });
  if (row) return row;
  const [seen] = await tx.query(getBackup, { id, teams: readableTeams(caller) });
  if (!seen) throw notFound('backup', id);
  const { databaseName: name, team } = seen;
  throw forbiddenChange(caller, { what: 'the backups of database', name, team, role: 'requester' });
}
