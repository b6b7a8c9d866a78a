import type {
  AppDatabase,
  AppDatabaseBackup,
  AppEnvironment,
  AppService,
} from '../../../src/contract/documents.ts';

const AT = '2026-11-01T10:00:00.000Z';
const environment = { id: `env_${'0'.repeat(26)}`, name: 'default' };

const cost = { hourly: 0.01, toDate: 1, unpricedHours: 0 };

/** A service as the API answers it. */
export function serviceOf(changes: Partial<AppService> = {}): AppService {
  return {
    ...{ id: `svc_${'0'.repeat(26)}`, name: 'api', team: 'default', environment, kind: 'web' },
    ...{
      status: 'LIVE',
      url: 'http://api-x.localhost:8080',
      replicas: 1,
      ready: 1,
      release: 2,
      schedule: null,
      pinned: false,
    },
    ...{
      settings: {},
      deployment: null,
      instances: [],
      cost,
      restart: null,
      requestedBy: 'local:ann',
      createdAt: AT,
    },
    destroyedAt: null,
    ...changes,
  };
}

export function environmentOf(changes: Partial<AppEnvironment> = {}): AppEnvironment {
  return {
    ...{ id: environment.id, name: 'review-42', team: 'default', status: 'ACTIVE', owner: 'ann' },
    ...{
      requestedBy: 'local:ann',
      services: 1,
      databases: 1,
      volumes: 0,
      destroyAt: null,
      cost,
      costAtExpiry: null,
      residue: [],
      createdAt: AT,
    },
    destroyedAt: null,
    ...changes,
  };
}

export function databaseOf(changes: Partial<AppDatabase> = {}): AppDatabase {
  return {
    ...{ id: `dbs_${'0'.repeat(26)}`, name: 'main', team: 'default', environment, engine: 'postgres' },
    ...{ version: '17', status: 'AVAILABLE', memoryMb: 256, connectionLimit: 20, connections: 1 },
    ...{ credentialCreatedAt: AT, isRotating: false },
    backups: { schedule: 'daily', at: '02:00', lastAt: null, provenAt: null, problem: null },
    ...{ failure: null, lastSeenAt: AT, requestedBy: 'local:ann', createdAt: AT, destroyedAt: null },
    ...changes,
  };
}

export function backupOf(changes: Partial<AppDatabaseBackup> = {}): AppDatabaseBackup {
  const { id, name, team } = databaseOf();
  return {
    ...{ id: `bkp_${'0'.repeat(26)}`, team, database: { id, name }, environment, status: 'AVAILABLE' },
    ...{ schedule: null, engine: 'postgres', version: '17', sizeBytes: 2048, sha256: '0'.repeat(64) },
    ...{ tables: 2, rows: 3, failure: null, verifiedAt: null, verifyError: null },
    ...{ requestedBy: 'local:ann', createdAt: AT, endedAt: AT },
    ...changes,
  };
}
