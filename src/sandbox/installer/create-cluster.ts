import {
  type ClusterAssets,
  consumeManifests,
  IGNITION_FILES,
  INSTALL_CONFIG,
  loadAssets,
  renderClusterFiles,
} from '../assets/cluster-assets.ts';
import { MANIFEST_FOLDERS } from '../assets/manifests.ts';
import { saveState } from '../assets/state-file.ts';
import { CloudRejectedError } from '../cloud/simulated-cloud.ts';
import { CommandExit, fatal, INSTALLER_EXIT_CODES } from '../failures/command-exit.ts';
import { infrastructureExit } from '../failures/failure-exit.ts';
import { ENVTEST_KUBECONFIG } from '../infrastructure/local-control-plane.ts';
import { planResources, provisionCluster } from '../infrastructure/provision.ts';
import { waitForBootstrap, waitForInstall } from './cluster-waits.ts';
import type { CommandRun } from './command-run.ts';
import { consumeIgnition } from './create-assets.ts';
import { destroyBootstrapResources } from './destroy-bootstrap.ts';
import { registerForCluster } from './detect-cluster.ts';
import { writeLogBundle } from './gather-bootstrap.ts';

const PREFLIGHT_MS = 300;

/** `create cluster`: assets, checks, infrastructure, bootstrap, and the wait for the cluster. */
export async function createClusterCommand(run: CommandRun): Promise<void> {
  if (run.dir.has(ENVTEST_KUBECONFIG)) {
    throw fatal(
      'failed to fetch Cluster: local infrastructure provisioning artifacts already exist. There may already be a running cluster',
    );
  }
  const assets = await writeAssets(run);
  await run.injectFaults('metadata');
  await run.injectFaults('preflight');
  await run.timeScale.sleepScaled(PREFLIGHT_MS);
  const { cluster } = assets;
  await run.cloud.preflight(cluster);
  registerForCluster(run, cluster);
  const plan = planResources(cluster);
  try {
    await provisionCluster(run, cluster, plan);
    await waitForBootstrap(run, cluster);
  } catch (thrown) {
    if (thrown instanceof CommandExit && thrown.exitCode === INSTALLER_EXIT_CODES.bootstrap)
      await writeLogBundle(run);
    if (thrown instanceof CloudRejectedError) {
      throw infrastructureExit(`infrastructure is not ready: ${thrown.message}`);
    }
    throw thrown;
  }
  await destroyBootstrapResources(run, plan);
  await waitForInstall(run, assets, plan);
}

/** metadata.json must be the first file, and complete before the first request to the cloud. */
async function writeAssets(run: CommandRun): Promise<ClusterAssets> {
  const assets = consumeManifests(run, await loadAssets(run));
  consumeIgnition(run);
  await saveState(run.dir, assets.state);
  run.dir.remove([INSTALL_CONFIG, ...MANIFEST_FOLDERS, ...IGNITION_FILES]);
  await run.dir.write(renderClusterFiles(assets));
  return assets;
}
