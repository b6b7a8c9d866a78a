import type { Module, ModuleDefinition } from '../kernel/api/module.ts';
import { newId } from '../kernel/ids.ts';
import { ensureInstallationId } from '../kernel/installation-id.ts';
import { clusterOperations } from './api.ts';
import { CLUSTER_GAUGES } from './cluster-gauges.ts';
import { DESTROY_JOB, JANITOR_DESTROY_JOB } from './job-types.ts';
import type { ClusterJobContext } from './jobs/cluster-job-context.ts';
import { CreateHandler } from './jobs/create-handler.ts';
import { DestroyHandler } from './jobs/destroy-handler.ts';
import { OrphanSweepHandler } from './jobs/orphan-sweep-handler.ts';
import { ScaleHandler } from './jobs/scale-handler.ts';
import { orphanOperations } from './orphan-operations.ts';
import { orphanGauges } from './orphans/orphan-gauges.ts';
import type { ClusterServices } from './service/cluster-services.ts';
import { presentOrphan, readOrphan } from './service/orphans.ts';
import { readQuotas } from './service/quotas.ts';
import { readCluster } from './service/read.ts';
import { CLUSTER_MODULE_SETTINGS, type ClusterConfig } from './settings/cluster-settings.ts';
import { logHostLimits, openClusterJobContext, openClusterServices } from './startup/cluster-services.ts';
import { logCloudIdentities, startSandboxClusters } from './startup/connect-clouds.ts';
import { artifactRetention } from './tasks/artifact-retention.ts';
import { budgetsTask } from './tasks/budgets.ts';
import { clusterExpiryTask, expiryWarningTask } from './tasks/expiry.ts';
import { offHoursTask } from './tasks/off-hours.ts';
import { orphanRetention } from './tasks/orphan-retention.ts';
import { orphanScanTask } from './tasks/orphan-scan.ts';
import { clusterPricesTask } from './tasks/prices.ts';
import { profileRetention } from './tasks/profile-retention.ts';
import { workDirectoriesTask } from './tasks/work-directories.ts';

/** OpenShift clusters: the first module. */
export const clusterModule = {
  kind: 'cluster',
  settings: CLUSTER_MODULE_SETTINGS,
  async open(config, infrastructure): Promise<Module> {
    const installationId = await ensureInstallationId(infrastructure.db, newId);
    const services = openClusterServices(config, infrastructure, installationId);
    const context = openClusterJobContext(config, infrastructure, services);
    if (config.roles.includes('worker')) {
      void logCloudIdentities(config, services.clouds, infrastructure.log);
      await logHostLimits(config, services.profiles, infrastructure.log);
    }
    const { expiryIntervalMs } = config;
    const { db, artifacts } = infrastructure;
    const retention = [artifactRetention(db, artifacts, config), orphanRetention(db), profileRetention(db)];
    const tasks = [
      clusterExpiryTask(services, expiryIntervalMs),
      expiryWarningTask(services.db, services.profiles, expiryIntervalMs),
      clusterPricesTask(services),
      budgetsTask(services),
      offHoursTask({ ...services, scaleHandler: new ScaleHandler(context) }),
      workDirectoriesTask(services.db, context.workDir, context.clock),
      ...services.clouds.connected.map((cloud) =>
        orphanScanTask(services, cloud, config.orphanScanIntervalMs),
      ),
    ];
    const sandboxClusters = startSandboxClusters(config, infrastructure);
    const module = clusterModuleOf(services, context, { tasks, retention });
    return { ...module, close: async () => sandboxClusters?.stop() };
  },
} satisfies ModuleDefinition<ClusterConfig>;

/** @param context what the jobs work with; only `queue` and `secrets` are used where none runs */
export function clusterModuleOf(
  services: ClusterServices,
  context: ClusterJobContext,
  { tasks, retention }: Pick<Module, 'tasks' | 'retention'>,
): Module {
  return {
    kind: 'cluster',
    operations: { ...clusterOperations(services), ...orphanOperations(services) },
    jobs: [
      new CreateHandler(context),
      new DestroyHandler(context, DESTROY_JOB),
      new DestroyHandler(context, JANITOR_DESTROY_JOB),
      new ScaleHandler(context),
      new OrphanSweepHandler(context, services),
    ],
    tasks,
    gauges: [CLUSTER_GAUGES, orphanGauges(services.orphans)],
    retention,
    resources: {
      cluster: (db, id) => readCluster(db, id, null),
      orphan: async (db, id) => presentOrphan(await readOrphan(db, services.orphans, id)),
    },
    quotas: (caller, team) => readQuotas(services, caller, team),
  };
}
