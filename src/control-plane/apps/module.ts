import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Module, ModuleDefinition } from '../kernel/api/module.ts';
import { systemClock } from '../kernel/clock.ts';
import { readDatabaseTime } from '../kernel/db/clock.sql.ts';
import { newId } from '../kernel/ids.ts';
import { ensureInstallationId } from '../kernel/installation-id.ts';
import { appOperations } from './api.ts';
import { APP_GAUGES } from './app-gauges.ts';
import { databaseOfDrill } from './databases/postgres-host.ts';
import {
  DESTROY_ENVIRONMENT_JOB,
  JANITOR_DESTROY_ENVIRONMENT_JOB,
  PROVISION_DATABASE_JOB,
  RECOVER_DATABASE_JOB,
} from './job-types.ts';
import type { AppJobContext } from './jobs/app-job-context.ts';
import { BackupDatabaseHandler } from './jobs/backup-database-handler.ts';
import { BuildHandler } from './jobs/build-handler.ts';
import { DeployHandler } from './jobs/deploy-handler.ts';
import { DestroyDatabaseHandler } from './jobs/destroy-database-handler.ts';
import { DestroyEnvironmentHandler } from './jobs/destroy-environment-handler.ts';
import { DestroyVolumeHandler } from './jobs/destroy-volume-handler.ts';
import { ProvisionDatabaseHandler } from './jobs/provision-database-handler.ts';
import { ReleaseSecrets } from './jobs/release-secrets.ts';
import { RestoreDatabaseHandler } from './jobs/restore-database-handler.ts';
import { RotateDatabaseHandler } from './jobs/rotate-database-handler.ts';
import { RunHandler } from './jobs/run-handler.ts';
import { serviceHandlers } from './jobs/service-handlers.ts';
import { VerifyDatabaseHandler } from './jobs/verify-database-handler.ts';
import { readDatabase } from './service/databases.ts';
import { readAppQuotas } from './service/quotas.ts';
import { readDeployment, readEnvironment, readService } from './service/read.ts';
import { readVolume } from './service/volumes.ts';
import { APP_MODULE_SETTINGS, type AppConfig } from './settings/app-settings.ts';
import { AppHost } from './startup/app-host.ts';
import { appDirectory, openDrivers } from './startup/open-drivers.ts';
import { edgeService } from './startup/open-edge.ts';
import { initialiseAppPrices } from './store/prices.sql.ts';
import { backupRetention } from './tasks/backup-retention.ts';
import { checkLivenessTask } from './tasks/check-liveness.ts';
import { collectLogsTask } from './tasks/collect-logs.ts';
import { environmentExpiryTask } from './tasks/expiry.ts';
import { followRunsTask } from './tasks/follow-runs.ts';
import { priceApplicationsTask } from './tasks/price-applications.ts';
import { pruneBuildsTask } from './tasks/prune-builds.ts';
import { reconcileTask } from './tasks/reconcile.ts';
import { reconcileDatabasesTask } from './tasks/reconcile-databases.ts';
import { reportDriversTask } from './tasks/report-drivers.ts';
import { appRetention } from './tasks/retention.ts';
import { sampleInstancesTask } from './tasks/sample-instances.ts';
import { scheduleBackupsTask } from './tasks/schedule-backups.ts';
import { scheduleDrillsTask } from './tasks/schedule-drills.ts';
import { startDueRunsTask } from './tasks/start-due-runs.ts';
import { loadHostPrices, pricesAt } from './usage/host-prices.ts';

const COLLECT_LOGS_MS = 1_000;
/** Schedules have minutes. */
const DUE_RUNS_MS = 5_000;
const FOLLOW_RUNS_MS = 1_000;
/** P11. */
const LIVENESS_MS = 10_000;
/** P17. */
const SAMPLE_MS = 15_000;
const POLL_MS = 100;

/** Applications: environments, services, and what runs them. */
export const appModule = {
  kind: 'app',
  settings: APP_MODULE_SETTINGS,
  async open(config, infrastructure): Promise<Module> {
    const { db, queue, dispatcher, resourceSecrets: secrets, artifacts, redactor } = infrastructure;
    const installationId = await ensureInstallationId(db, newId);
    const prices = loadHostPrices(join(infrastructure.root, 'prices', 'hosts'));
    await db.query(initialiseAppPrices, pricesAt(prices, config, await readDatabaseTime(db)));
    const host = hostname();
    const directory = appDirectory(config, installationId);
    const context: AppJobContext = {
      ...{ db, queue, dispatcher, secrets, artifacts, redactor, newId, clock: systemClock },
      releaseSecrets: new ReleaseSecrets(secrets),
      limits: {
        servicesPerTeam: config.appServicesPerTeam,
        instancesPerTeam: config.appInstancesPerTeam,
        memoryMbPerTeam: config.appMemoryMbPerTeam,
        volumeGibPerTeam: config.appVolumeGibPerTeam,
      },
      defaults: { memoryMb: config.appMemoryMb, cpus: config.appCpus },
      domain: config.appDomain,
      runtime: config.appRuntime,
      followPollMs: config.followPollMs,
      host: new AppHost(host, db, () => openDrivers(config, infrastructure, installationId)),
      workDir: join(directory, 'work'),
      buildTimeoutMs: config.buildTimeoutMs,
      pollMs: POLL_MS,
    };
    const tasks = [
      environmentExpiryTask(context, config.expiryIntervalMs),
      reconcileTask(context, config.reconcileIntervalMs),
      reconcileDatabasesTask(context, config.reconcileIntervalMs),
      scheduleBackupsTask(context),
      scheduleDrillsTask(context, config),
      collectLogsTask(context, COLLECT_LOGS_MS),
      startDueRunsTask(context, DUE_RUNS_MS),
      followRunsTask(context, FOLLOW_RUNS_MS),
      checkLivenessTask(context, LIVENESS_MS),
      sampleInstancesTask(context, SAMPLE_MS),
      reportDriversTask(context.host),
      priceApplicationsTask(db, prices, config),
      pruneBuildsTask(context, {
        keep: config.appKeepReleases,
        cacheBytes: config.buildCacheMb * 1024 * 1024,
      }),
    ];
    const module = appModuleOf(context, {
      tasks,
      retention: [...appRetention(context, config), backupRetention(context, config)],
    });
    return { ...module, directory, services: [edgeService(config, infrastructure)] };
  },
} satisfies ModuleDefinition<AppConfig & { readonly port: number }>;

/** @param context what the jobs work with; where none runs, its host is not asked */
export function appModuleOf(
  context: AppJobContext,
  { tasks, retention }: Pick<Module, 'tasks' | 'retention'>,
): Module {
  return {
    kind: 'app',
    operations: appOperations(context),
    jobs: [
      new BuildHandler(context),
      new DeployHandler(context),
      ...serviceHandlers(context),
      new RunHandler(context),
      new DestroyEnvironmentHandler(context, DESTROY_ENVIRONMENT_JOB),
      new DestroyEnvironmentHandler(context, JANITOR_DESTROY_ENVIRONMENT_JOB),
      new ProvisionDatabaseHandler(context, PROVISION_DATABASE_JOB),
      new ProvisionDatabaseHandler(context, RECOVER_DATABASE_JOB),
      new RotateDatabaseHandler(context),
      new DestroyDatabaseHandler(context),
      new DestroyVolumeHandler(context),
      new BackupDatabaseHandler(context),
      new RestoreDatabaseHandler(context),
      new VerifyDatabaseHandler(context),
    ],
    tasks,
    gauges: [APP_GAUGES],
    retention,
    resources: {
      environment: (queryable, id) => readEnvironment(queryable, id, null),
      service: (queryable, id) => readService(queryable, id, null),
      database: (queryable, id) => readDatabase(queryable, id, null),
      drill: (queryable, id) => readDatabase(queryable, databaseOfDrill(id), null),
      volume: (queryable, id) => readVolume(queryable, id, null),
      deployment: (queryable, id) => readDeployment(queryable, id, null),
    },
    quotas: (caller, team) => readAppQuotas(context, caller, team),
  };
}
