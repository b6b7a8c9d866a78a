import { stringify } from 'yaml';
import {
  consumeManifests,
  IGNITION_FILES,
  INSTALL_CONFIG,
  loadAssets,
  loadInputs,
  renderAuth,
  renderIgnition,
} from '../assets/cluster-assets.ts';
import { MANIFEST_FOLDERS, renderManifests } from '../assets/manifests.ts';
import { renderInstallerMetadata } from '../assets/metadata.ts';
import { saveState } from '../assets/state-file.ts';
import type { CommandRun } from './command-run.ts';

/** `create install-config`: validates the document, saves it to the state and writes it again. */
export async function createInstallConfigCommand(run: CommandRun): Promise<void> {
  const state = await loadInputs(run);
  await saveState(run.dir, state);
  await run.dir.write({
    [INSTALL_CONFIG]: stringify(state['*installconfig.InstallConfig'].config, { lineWidth: 0 }),
  });
  run.log.info(`Install-Config created in: ${run.dir.path}`);
}

/** `create manifests`: writes the state, consumes install-config.yaml, then writes the manifests. */
export async function createManifestsCommand(run: CommandRun): Promise<void> {
  const { cluster, state } = await loadAssets(run);
  await run.injectFaults('manifests');
  await run.timeScale.sleepScaled(MANIFESTS_MS);
  const files = renderManifests(cluster, state);
  await saveState(run.dir, { ...state, '*manifests.Manifests': files });
  run.dir.remove([INSTALL_CONFIG]);
  await run.dir.write(files);
  run.log.info('Manifests created in: cluster-api, manifests and openshift');
}

/** `create ignition-configs`: consumes the manifests, then writes credentials, ignition files and metadata.json. */
export async function createIgnitionConfigsCommand(run: CommandRun): Promise<void> {
  const assets = consumeManifests(run, await loadAssets(run));
  await run.injectFaults('ignition');
  await run.timeScale.sleepScaled(IGNITION_MS);
  const ignition = renderIgnition(assets);
  await saveState(run.dir, { ...assets.state, '*bootstrap.Bootstrap': ignition });
  run.dir.remove([INSTALL_CONFIG, ...MANIFEST_FOLDERS]);
  await run.dir.write({
    ...renderAuth(assets),
    ...ignition,
    'metadata.json': renderInstallerMetadata(assets.cluster),
  });
  run.log.info(`Ignition-Configs created in: ${run.dir.path} and ${run.dir.pathOf('auth')}`);
}

/** Logs the ignition files of an earlier command that `create cluster` consumes. */
export function consumeIgnition(run: CommandRun): void {
  const titles = { 'bootstrap.ign': 'Bootstrap', 'master.ign': 'Master', 'worker.ign': 'Worker' } as const;
  for (const name of IGNITION_FILES) {
    if (run.dir.has(name)) run.log.info(`Consuming ${titles[name]} Ignition Config from target directory`);
  }
}

const MANIFESTS_MS = 300;
const IGNITION_MS = 300;
