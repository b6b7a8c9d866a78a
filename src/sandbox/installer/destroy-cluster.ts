import { DESTROYED_FILES } from '../assets/cluster-assets.ts';
import { type InstallerMetadata, parseInstallerMetadata } from '../assets/metadata.ts';
import { INSTALLER_STATE_FILE } from '../assets/state-file.ts';
import { fatal } from '../failures/command-exit.ts';
import { destroyAws } from '../infrastructure/destroy-aws.ts';
import { destroyIbmCloud } from '../infrastructure/destroy-ibmcloud.ts';
import { goDuration } from '../log/go-time.ts';
import type { CommandRun } from './command-run.ts';

/** `destroy cluster`: reads only metadata.json, and succeeds if it finds nothing. */
export async function destroyClusterCommand(run: CommandRun): Promise<void> {
  const metadata = readMetadata(run);
  if (metadata.aws) await destroyAws(run, metadata, metadata.aws);
  else if (metadata.ibmcloud) await destroyIbmCloud(run, metadata, metadata.ibmcloud);
  else throw fatal('failed while preparing to destroy cluster: no platform configured in metadata');
  // The installer knows its local files only from the state file, so metadata.json stays without one.
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
