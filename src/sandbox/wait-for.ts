import { loadAssets } from './cluster-assets.ts';
import { requireKubeconfig, sayElapsed, waitForBootstrap, waitForInstall } from './cluster-waits.ts';
import { EXIT, InstallerExit } from './exits.ts';
import type { InstallerRun } from './installer-run.ts';
import { planResources } from './resources/plan-cluster.ts';
import { registerOn } from './target.ts';

/** `wait-for bootstrap-complete` */
export async function waitForBootstrapComplete(run: InstallerRun): Promise<void> {
  requireKubeconfig(run);
  const { cluster } = await loadAssets(run);
  try {
    await waitForBootstrap(run, cluster);
  } catch (thrown) {
    if (thrown instanceof InstallerExit && thrown.exitCode === EXIT.bootstrap) {
      run.log.info('Use the following commands to gather logs from the cluster');
      run.log.info('openshift-install gather bootstrap --help');
    }
    throw thrown;
  }
  run.log.info('It is now safe to remove the bootstrap resources');
  sayElapsed(run);
}

/** `wait-for install-complete`: it can finish what a create with exit code 6 or 7 began. */
export async function waitForInstallComplete(run: InstallerRun): Promise<void> {
  requireKubeconfig(run);
  const assets = await loadAssets(run);
  registerOn(run, assets.cluster);
  await waitForInstall(run, assets, planResources(assets.cluster));
}
