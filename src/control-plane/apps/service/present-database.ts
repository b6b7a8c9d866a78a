import type { components } from '../../../contract/api.gen.ts';
import { timeOfDay } from '../policy/time-of-day.ts';
import type { DatabaseRow } from '../store/databases.sql.ts';

type Schemas = components['schemas'];

/** A database as the API answers it. */
export function presentDatabase(row: DatabaseRow): Schemas['Database'] {
  return {
    id: row.id,
    name: row.name,
    team: row.team,
    environment: { id: row.environmentId, name: row.environmentName },
    engine: 'postgres',
    version: row.version,
    status: statusOf(row),
    memoryMb: row.memoryMb,
    connectionLimit: row.connectionLimit,
    connections: row.connections,
    credentialCreatedAt: row.credentialCreatedAt?.toISOString() ?? null,
    isRotating: row.isRotating,
    backups: presentBackups(row),
    failure: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    requestedBy: row.requestedBy,
    createdAt: row.createdAt.toISOString(),
    destroyedAt: row.destroyedAt?.toISOString() ?? null,
  };
}

function presentBackups(row: DatabaseRow): Schemas['Database']['backups'] {
  return {
    schedule: row.backupSchedule as Schemas['BackupSchedule'],
    at: timeOfDay(row.backupMinute),
    lastAt: row.lastBackupAt?.toISOString() ?? null,
    provenAt: row.provenAt?.toISOString() ?? null,
    problem: row.backupError ?? row.proofError,
  };
}

/** From what was observed, never from what was ordered (A4). */
function statusOf({ status, isUp }: DatabaseRow): Schemas['DatabaseStatus'] {
  if (status === 'ACTIVE') return isUp ? 'AVAILABLE' : 'DOWN';
  return status as Exclude<Schemas['DatabaseStatus'], 'AVAILABLE' | 'DOWN'>;
}
