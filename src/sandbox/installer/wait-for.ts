import { loadAssets } from '../assets/cluster-assets.ts';
import { CommandExit, INSTALLER_EXIT_CODES } from '../failures/command-exit.ts';
import { planResources } from '../infrastructure/provision.ts';
import { logElapsed, requireKubeconfig, waitForBootstrap, waitForInstall } from './cluster-waits.ts';
import type { CommandRun } from './command-run.ts';
import { registerForCluster } from './detect-cluster.ts';

/** `wait-for bootstrap-complete` */
export async function waitForBootstrapCommand(run: CommandRun): Promise<void> {
  requireKubeconfig(run);
  const { cluster } = await loadAssets(run);
  try {
    await waitForBootstrap(run, cluster);
  } catch (thrown) {
    if (thrown instanceof CommandExit && thrown.exitCode === INSTALLER_EXIT_CODES.bootstrap) {
      run.log.info('Use the following commands to gather logs from the cluster');
      run.log.info('openshift-install gather bootstrap --help');
    }
    throw thrown;
  }
  run.log.info('It is now safe to remove the bootstrap resources');
  logElapsed(run);
}

/** `wait-for install-complete`: can finish a create that exited with 6 or 7. */
export async function waitForInstallCommand(run: CommandRun): Promise<void> {
  requireKubeconfig(run);
  const assets = await loadAssets(run);
  registerForCluster(run, assets.cluster);
  await waitForInstall(run, assets, planResources(assets.cluster));
}
