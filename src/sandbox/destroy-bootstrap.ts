import { waitingUpTo } from './clock-words.ts';
import { loadAssets } from './cluster-assets.ts';
import type { CommandRun } from './installer-run.ts';
import type { ResourcePlan } from './resources/plan.ts';
import { planResources } from './resources/plan-cluster.ts';
import { registerForCluster } from './target.ts';

const BOOTSTRAP_DESTROY_MS = 500;

/** Removes the bootstrap machine and its bucket, then ends the local control plane. @throws InstallerExit 1 */
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
