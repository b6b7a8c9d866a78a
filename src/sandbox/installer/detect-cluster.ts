import { parseInstallConfig } from '../assets/install-config.ts';
import { parseInstallerMetadata } from '../assets/metadata.ts';
import { clusterDomain, type SandboxCluster } from '../assets/sandbox-cluster.ts';
import { loadState } from '../assets/state-file.ts';
import { countAttempt, registerInstaller } from '../cloud/installer-registry.ts';
import type { CommandRun } from './command-run.ts';

/** The tag by which the control plane knows its cluster. */
const CLUSTER_ID_TAG = 'ClusterId';

/** From here on this process acts on the cloud for the cluster. */
export function registerForCluster(run: CommandRun, cluster: SandboxCluster): void {
  const clusterId = cluster.userTags[CLUSTER_ID_TAG];
  run.registration = registerInstaller(run.cloud.dir, {
    command: run.command,
    infraId: cluster.infraID,
    domain: clusterDomain(cluster),
    ...(clusterId === undefined ? {} : { clusterId }),
  });
}

/** The same for a destroy, which knows the ClusterId only from what it finds in the cloud. */
export async function registerForInfra(
  run: CommandRun,
  { domain, ...infrastructure }: { infraId: string; domain: string; regions?: readonly string[] },
): Promise<void> {
  const { infraId } = infrastructure;
  const tagged = (await run.cloud.list(infrastructure)).find((resource) => CLUSTER_ID_TAG in resource.tags);
  const clusterId = tagged?.tags[CLUSTER_ID_TAG];
  run.registration = registerInstaller(run.cloud.dir, {
    command: run.command,
    infraId,
    domain,
    ...(clusterId === undefined ? {} : { clusterId }),
  });
}

/**
 * Finds out from the directory which cluster a command is about, so that faults can be limited to it, and counts the
 * attempt. A directory that says nothing, or nonsense, is left for the command itself to judge.
 */
export function detectCluster(run: CommandRun): void {
  const target = readClusterOf(run);
  if (target === undefined) return;
  run.failureContext = { ...run.failureContext, clusterName: target.clusterName };
  run.attempt = countAttempt(run.cloud.dir, run.command, target.key);
}

function readClusterOf({ dir }: CommandRun): { clusterName: string; key: string } | undefined {
  try {
    const text =
      dir.read('install-config.yaml') ??
      JSON.stringify(loadState(dir)?.['*installconfig.InstallConfig'].config);
    if (text !== undefined) {
      const config = parseInstallConfig(text);
      const domain = clusterDomain({ clusterName: config.metadata.name, baseDomain: config.baseDomain });
      return {
        clusterName: config.metadata.name,
        key: config.platform.aws?.userTags?.[CLUSTER_ID_TAG] ?? domain,
      };
    }
    const metadata = parseInstallerMetadata(dir.read('metadata.json') ?? '');
    return { clusterName: metadata.clusterName, key: metadata.infraID };
  } catch {
    return undefined;
  }
}
