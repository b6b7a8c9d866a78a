import { goDuration } from './clock-words.ts';
import { DESTROYED_FILES } from './cluster-assets.ts';
import { destroyAws } from './destroy-aws.ts';
import { destroyIbmCloud } from './destroy-ibmcloud.ts';
import { fatal } from './exits.ts';
import type { CommandRun } from './installer-run.ts';
import { type InstallerMetadata, parseInstallerMetadata } from './metadata.ts';
import { INSTALLER_STATE_FILE } from './state-file.ts';

/** `destroy cluster`: reads nothing but metadata.json. Finding nothing is a success. */
export async function destroyClusterCommand(run: CommandRun): Promise<void> {
  const metadata = readMetadata(run);
  if (metadata.aws) await destroyAws(run, metadata, metadata.aws);
  else if (metadata.ibmcloud) await destroyIbmCloud(run, metadata, metadata.ibmcloud);
  else throw fatal('failed while preparing to destroy cluster: no platform configured in metadata');
  // Local files are known from the state only: without it metadata.json stays.
  if (run.dir.has(INSTALLER_STATE_FILE)) run.dir.remove(DESTROYED_FILES);
  run.log.info(`Time elapsed: ${goDuration(Date.now() - run.startedAtMs)}`);
  run.log.info('Uninstallation complete!');
}

function readMetadata(run: CommandRun): InstallerMetadata {
  const text = run.dir.read('metadata.json');
  if (text === undefined) {
    throw fatal(
      `failed while preparing to destroy cluster: open ${run.dir.pathOf('metadata.json')}: no such file or directory`,
    );
  }
  try {
    return parseInstallerMetadata(text);
  } catch (thrown) {
    throw fatal(
      `failed while preparing to destroy cluster: failed to Unmarshal data from ${run.dir.pathOf('metadata.json')} to types.ClusterMetadata: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
  }
}
