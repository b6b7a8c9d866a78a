import type { Module, ModuleDefinition } from '../kernel/api/module.ts';
import { clusterOperations } from './api.ts';
import { CLUSTER_GAUGES } from './cluster-gauges.ts';
import { DESTROY_JOB, JANITOR_DESTROY_JOB } from './job-types.ts';
import type { ClusterJobContext } from './jobs/cluster-job-context.ts';
import { CreateHandler } from './jobs/create-handler.ts';
import { DestroyHandler } from './jobs/destroy-handler.ts';
import type { ClusterServices } from './service/cluster-services.ts';
import { readQuotas } from './service/quotas.ts';
import { readCluster } from './service/read.ts';
import { CLUSTER_MODULE_SETTINGS, type ClusterConfig } from './settings/cluster-settings.ts';
import { logHostLimits, openClusterJobContext, openClusterServices } from './startup/cluster-services.ts';
import { logCloudIdentities, startSandboxClusters } from './startup/connect-clouds.ts';
import { artifactRetention } from './tasks/artifact-retention.ts';
import { budgetsTask } from './tasks/budgets.ts';
import { clusterExpiryTask } from './tasks/expiry.ts';
import { clusterPricesTask } from './tasks/prices.ts';
import { workDirectoriesTask } from './tasks/work-directories.ts';

/** OpenShift clusters: the first module. */
export const clusterModule = {
  kind: 'cluster',
  settings: CLUSTER_MODULE_SETTINGS,
  async open(config, infrastructure): Promise<Module> {
    const services = openClusterServices(config, infrastructure);
    const context = openClusterJobContext(config, infrastructure, services);
    if (config.roles.includes('worker')) {
      void logCloudIdentities(config, services.clouds, infrastructure.log);
      await logHostLimits(config, services.profiles, infrastructure.log);
    }
    const { expiryIntervalMs: intervalMs, destroyRetryMinutes: retryMinutes } = config;
    const { db, artifacts } = infrastructure;
    const retention = [artifactRetention(db, artifacts, config)];
    const tasks = [
      clusterExpiryTask(services.db, services.queue, { intervalMs, retryMinutes }),
      clusterPricesTask(services),
      budgetsTask(services),
      workDirectoriesTask(services.db, context.workDir, context.clock),
    ];
    const sandboxClusters = startSandboxClusters(config, infrastructure);
    const module = clusterModuleOf(services, context, { tasks, retention });
    return { ...module, close: async () => sandboxClusters?.stop() };
  },
} satisfies ModuleDefinition<ClusterConfig>;

/** @param context what the jobs work with; only `queue` is used where none runs */
export function clusterModuleOf(
  services: ClusterServices,
  context: ClusterJobContext,
  { tasks, retention }: Pick<Module, 'tasks' | 'retention'>,
): Module {
  return {
    kind: 'cluster',
    operations: clusterOperations(services),
    jobs: [
      new CreateHandler(context),
      new DestroyHandler(context, DESTROY_JOB),
      new DestroyHandler(context, JANITOR_DESTROY_JOB),
    ],
    tasks,
    gauges: [CLUSTER_GAUGES],
    retention,
    describe: (db, id) => readCluster(db, id, null),
    quotas: (caller, team) => readQuotas(services, caller, team),
  };
}
