import { parseInstallerMetadata } from '../assets/metadata.ts';
import { parseInstallConfig } from '../assets/parse-install-config.ts';
import { clusterDomain, type SandboxCluster } from '../assets/sandbox-cluster.ts';
import { loadState } from '../assets/state-file.ts';
import { countAttempt, registerInstaller } from '../cloud/installer-registry.ts';
import type { CommandRun } from './command-run.ts';

/** The tag by which the control plane identifies its cluster. */
const CLUSTER_ID_TAG = 'ClusterId';

/** Records that this process works on the cluster from now on. */
export function registerForCluster(run: CommandRun, cluster: SandboxCluster): void {
  const clusterId = cluster.userTags[CLUSTER_ID_TAG];
  run.registration = registerInstaller(run.cloud.dir, {
    command: run.command,
    infraId: cluster.infraID,
    domain: clusterDomain(cluster),
    ...(clusterId === undefined ? {} : { clusterId }),
  });
}

/** The same for a destroy, which reads the ClusterId from the tags of existing resources. */
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
 * Reads from the directory which cluster the command works on, so that faults can be limited to it, and counts the attempt.
 * An empty or invalid directory is ignored here; the command reports it.
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
