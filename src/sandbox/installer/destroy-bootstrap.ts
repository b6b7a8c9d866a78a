import { loadAssets } from '../assets/cluster-assets.ts';
import { planResources } from '../infrastructure/provision.ts';
import { waitingUpTo } from '../log/go-time.ts';
import type { ResourcePlan } from '../resources/resource-plan.ts';
import type { CommandRun } from './command-run.ts';
import { registerForCluster } from './detect-cluster.ts';

const BOOTSTRAP_DESTROY_MS = 500;

/** Removes the bootstrap machine and its bucket, then stops the local control plane. @throws CommandExit 1 */
export async function destroyBootstrapResources(run: CommandRun, plan: ResourcePlan): Promise<void> {
  const { log } = run;
  log.info('Destroying the bootstrap resources...');
  log.info(
    waitingUpTo(
      5,
      `for bootstrap machine deletion openshift-cluster-api-guests/${run.failureContext.infraId}-bootstrap...`,
    ),
  );
  await run.timeScale.sleepScaled(BOOTSTRAP_DESTROY_MS);
  await run.injectFaults('bootstrap-destroy');
  for (const planned of plan.bootstrap) await run.cloud.removePlanned(planned);
  await run.localControlPlane?.stop();
  log.info('Finished destroying bootstrap resources');
}

/** `destroy bootstrap` */
export async function destroyBootstrapCommand(run: CommandRun): Promise<void> {
  const { cluster } = await loadAssets(run);
  registerForCluster(run, cluster);
  await destroyBootstrapResources(run, planResources(cluster));
}
