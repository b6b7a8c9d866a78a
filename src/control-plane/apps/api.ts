import { readableTeams } from '../kernel/access/team-access.ts';
import { type HandlersOf, query } from '../kernel/api/handler.ts';
import type { Caller } from '../kernel/caller.ts';
import { type BackupOperation, backupOperations } from './backup-operations.ts';
import type { AppServices } from './service/app-services.ts';
import { destroyService, restartService, scaleService } from './service/change.ts';
import {
  createDatabase,
  destroyDatabase,
  openUrl,
  pageDatabases,
  readDatabase,
  rotateDatabase,
} from './service/databases.ts';
import { createDeployment, rollbackService } from './service/deployments.ts';
import {
  createEnvironment,
  destroyEnvironment,
  type EnvironmentExtension,
  extendEnvironment,
} from './service/environments.ts';
import { listAppCharges } from './service/list-app-charges.ts';
import { openLogStream, pageLog } from './service/logs.ts';
import { planDeployment } from './service/plan.ts';
import { AppReader, readDeployment, readEnvironment, readService } from './service/read.ts';
import { readRun, startRun } from './service/runs.ts';
import { readServiceMetrics } from './service/service-metrics.ts';
import { putSourcePart } from './service/sources.ts';
import { listVariables, setEnvironmentVariables, setServiceVariables } from './service/variables.ts';
import { createVolume, destroyVolume, pageVolumes, readVolume } from './service/volumes.ts';

type AppOperation =
  | 'listEnvironments'
  | 'createEnvironment'
  | 'getEnvironment'
  | 'extendEnvironment'
  | 'destroyEnvironment'
  | 'listEnvironmentVariables'
  | 'setEnvironmentVariables'
  | 'putSourcePart'
  | 'createDeployment'
  | 'getDeployment'
  | 'listServices'
  | 'getService'
  | 'listDeployments'
  | 'listReleases'
  | 'rollbackService'
  | 'scaleService'
  | 'restartService'
  | 'listRuns'
  | 'startRun'
  | 'getRun'
  | 'destroyService'
  | 'listServiceVariables'
  | 'setServiceVariables'
  | 'listServiceLogs'
  | 'getServiceMetrics'
  | 'createDatabase'
  | 'listDatabases'
  | 'getDatabase'
  | 'openDatabaseUrl'
  | 'rotateDatabase'
  | 'destroyDatabase'
  | 'createVolume'
  | 'listVolumes'
  | 'getVolume'
  | 'destroyVolume'
  | 'listApplicationCharges'
  | BackupOperation
  | 'listAppDrivers';

/** One entry per operation of openapi.yaml that is about applications. */
export function appOperations(services: AppServices): HandlersOf<AppOperation> {
  const { db, artifacts } = services;
  const reader = new AppReader(db);
  const ofEnvironment = async (caller: Caller, answer: unknown) =>
    void (await readEnvironment(
      db,
      (answer as { environment: { id: string } }).environment.id,
      readableTeams(caller),
    ));
  const ofService = async (caller: Caller, answer: unknown) =>
    void (await readService(db, (answer as { service: { id: string } }).service.id, readableTeams(caller)));
  const ofDatabase = async (caller: Caller, answer: unknown) =>
    void (await readDatabase(
      db,
      (answer as { database: { id: string } }).database.id,
      readableTeams(caller),
    ));
  const ofVolume = async (caller: Caller, answer: unknown) =>
    void (await readVolume(db, (answer as { volume: { id: string } }).volume.id, readableTeams(caller)));
  const command = { kind: 'command', status: 202 } as const;
  return {
    listEnvironments: query(({ caller, query }) => reader.environments(caller, query)),
    createEnvironment: {
      ...command,
      action: 'environment.create',
      status: 201,
      authorizeReplay: ofEnvironment,
      run: (tx, { caller, body }) => createEnvironment(services, tx, caller, body),
    },
    getEnvironment: query(({ caller, path }) => readEnvironment(db, path.id, readableTeams(caller))),
    extendEnvironment: {
      ...command,
      action: 'environment.extend',
      status: 200,
      authorizeReplay: ofEnvironment,
      run: (tx, { caller, path, body }) => extendEnvironment(tx, caller, path.id, extensionOf(body)),
    },
    destroyEnvironment: {
      ...command,
      action: 'environment.destroy',
      authorizeReplay: ofEnvironment,
      run: (tx, { caller, path, body }) => destroyEnvironment(services, tx, caller, path.id, body?.reason),
    },
    listEnvironmentVariables: query(({ caller, path }) =>
      listVariables(services, caller, { kind: 'environment', id: path.id }),
    ),
    setEnvironmentVariables: {
      ...command,
      action: 'variables.change',
      status: 200,
      authorizeReplay: async (caller, answer) =>
        void (await readEnvironment(db, (answer as { id: string }).id, readableTeams(caller))),
      run: (tx, { caller, path, body }) => setEnvironmentVariables(services, tx, caller, path.id, body),
    },
    putSourcePart: {
      kind: 'upload',
      action: 'source.upload',
      run: ({ caller, path, query, body }) =>
        putSourcePart({ artifacts, db }, caller, { ...path, team: query.team }, body),
    },
    createDeployment: {
      ...command,
      action: 'service.deploy',
      authorizeReplay: ofService,
      preview: ({ caller, query, body }) =>
        query.dryRun ? planDeployment(services, caller, body) : undefined,
      run: (tx, { caller, body }) => createDeployment(services, tx, caller, body),
    },
    getDeployment: query(({ caller, path }) => readDeployment(db, path.id, readableTeams(caller))),
    listServices: query(({ caller, query }) => reader.services(caller, query)),
    getService: query(({ caller, path }) => readService(db, path.id, readableTeams(caller))),
    listDeployments: query(({ caller, path, query }) => reader.deployments(caller, path.id, query)),
    getServiceMetrics: query(({ caller, path, query }) => readServiceMetrics(db, caller, path.id, query)),
    listReleases: query(({ caller, path, query }) => reader.releases(caller, path.id, query)),
    rollbackService: {
      ...command,
      action: 'service.rollback',
      authorizeReplay: ofService,
      run: (tx, { caller, path, body }) => rollbackService(services, tx, caller, path.id, body?.release),
    },
    scaleService: {
      ...command,
      action: 'service.scale',
      authorizeReplay: ofService,
      run: (tx, { caller, path, body }) => scaleService(services, tx, caller, path.id, body.replicas),
    },
    restartService: {
      ...command,
      action: 'service.restart',
      authorizeReplay: ofService,
      run: (tx, { caller, path }) => restartService(services, tx, caller, path.id),
    },
    listRuns: query(({ caller, path, query }) => reader.runs(caller, path.id, query)),
    startRun: {
      ...command,
      action: 'service.run',
      authorizeReplay: ofService,
      run: (tx, { caller, path }) => startRun(services, tx, caller, path.id),
    },
    getRun: query(({ caller, path }) => readRun(db, path.id, readableTeams(caller))),
    destroyService: {
      ...command,
      action: 'service.destroy',
      authorizeReplay: ofService,
      run: (tx, { caller, path, body }) => destroyService(services, tx, caller, path.id, body?.reason),
    },
    listServiceVariables: query(({ caller, path }) =>
      listVariables(services, caller, { kind: 'service', id: path.id }),
    ),
    setServiceVariables: {
      ...command,
      action: 'variables.change',
      status: 200,
      authorizeReplay: async (caller, answer) =>
        void (await readService(db, (answer as { id: string }).id, readableTeams(caller))),
      run: (tx, { caller, path, body }) => setServiceVariables(services, tx, caller, path.id, body),
    },
    listServiceLogs: {
      kind: 'query',
      run: ({ caller, path, query }) => pageLog(services, caller, path.id, query),
      stream: ({ caller, path, query }, lastEventId) =>
        openLogStream(services, caller, path.id, query, lastEventId),
    },
    createDatabase: {
      ...command,
      action: 'database.create',
      authorizeReplay: ofDatabase,
      run: (tx, { caller, body }) => createDatabase(services, tx, caller, body),
    },
    listDatabases: query(({ caller, query }) => pageDatabases(db, caller, query)),
    getDatabase: query(({ caller, path }) => readDatabase(db, path.id, readableTeams(caller))),
    openDatabaseUrl: {
      kind: 'secretAccess',
      action: 'database.url.open',
      run: ({ caller, path }) => openUrl(services, caller, path.id),
    },
    rotateDatabase: {
      ...command,
      action: 'database.rotate',
      authorizeReplay: ofDatabase,
      run: (tx, { caller, path, body }) => rotateDatabase(services, tx, caller, path.id, body ?? {}),
    },
    destroyDatabase: {
      ...command,
      action: 'database.destroy',
      authorizeReplay: ofDatabase,
      run: (tx, { caller, path, body }) => destroyDatabase(services, tx, caller, path.id, body),
    },
    createVolume: {
      ...command,
      action: 'volume.create',
      status: 201,
      authorizeReplay: ofVolume,
      run: (tx, { caller, body }) => createVolume(services, tx, caller, body),
    },
    listVolumes: query(({ caller, query }) => pageVolumes(db, caller, query)),
    getVolume: query(({ caller, path }) => readVolume(db, path.id, readableTeams(caller))),
    destroyVolume: {
      ...command,
      action: 'volume.destroy',
      authorizeReplay: ofVolume,
      run: (tx, { caller, path, body }) => destroyVolume(services, tx, caller, path.id, body),
    },
    listApplicationCharges: query(({ caller, query }) => listAppCharges(db, caller, query)),
    ...backupOperations(services, ofDatabase),
    listAppDrivers: query(() => reader.drivers()),
  };
}

function extensionOf(body: {
  readonly byHours?: number;
  readonly until?: string | null;
}): EnvironmentExtension {
  if (body.byHours !== undefined) return { byHours: body.byHours };
  return { until: typeof body.until === 'string' ? new Date(body.until) : null };
}
