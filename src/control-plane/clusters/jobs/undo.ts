import { mkdir } from 'node:fs/promises';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import type { CloudResource } from '../clouds/cloud.ts';
import { classifyFailure } from '../installer/failure-class.ts';
import { type InstallDirs, installDirs, removeInstallDir } from '../installer/install-dir.ts';
import { listInfraIds } from '../store/artifacts.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { downloadReporter } from './installer-download.ts';
import { type InstallerRun, runInstaller } from './installer-run.ts';
import { wrongAccount } from './preflight.ts';
import { restoreInstallDir } from './snapshots.ts';
import type { Workshop } from './workshop.ts';

/** A directory of its own for an undo, beside the attempt's install directory; the restore makes `install` itself. */
export async function undoDirs(workshop: Workshop, context: JobContext): Promise<InstallDirs> {
  const dirs = installDirs(workshop.workDir, `${context.job.id}-undo`, context.job.fence);
  await removeInstallDir(dirs);
  await mkdir(dirs.tmp, { recursive: true, mode: 0o700 });
  await mkdir(dirs.home, { recursive: true, mode: 0o700 });
  return dirs;
}

/** The account must be the one that the cluster was made in. @throws JobFailure WRONG_ACCOUNT */
export async function checkAccount(workshop: Workshop, cluster: ClusterRow): Promise<void> {
  const account = await workshop.clouds.holding(cluster.cloud).account();
  if (cluster.cloudAccount !== null && account !== cluster.cloudAccount)
    throw wrongAccount(account, cluster.cloudAccount);
}

export function restore(
  workshop: Workshop,
  context: JobContext,
  cluster: ClusterRow,
  infraId: string,
  dirs: InstallDirs,
): Promise<'snapshot' | 'rebuilt'> {
  const makeEmpty = async () => {
    await mkdir(dirs.install, { mode: 0o700 });
  };
  return restoreInstallDir(workshop, context, cluster, infraId, makeEmpty, dirs.install);
}

/** Runs `destroy cluster`. Its exit proves nothing in either direction; only the read-back does. */
export async function uninstall(
  workshop: Workshop,
  context: JobContext,
  cluster: ClusterRow,
  dirs: InstallDirs,
): Promise<InstallerRun> {
  const binary = await workshop.installers.forDestroy(cluster.version, {
    signal: context.signal,
    onProgress: downloadReporter(context, cluster.version),
  });
  return runInstaller(workshop, context, {
    binary,
    cloud: workshop.clouds.holding(cluster.cloud),
    dirs,
    command: 'destroy',
    stage: 'cluster',
    timeoutMs: workshop.destroyTimeoutMs,
  });
}

/** What the cloud still holds of a cluster, of all infrastructures that it ever had. */
export async function readBack(
  workshop: Workshop,
  { id: clusterId, cloud, name: clusterName, baseDomain, region, infraId }: ClusterRow,
  signal: AbortSignal,
): Promise<CloudResource[]> {
  const recorded = await workshop.db.query(listInfraIds, { clusterId });
  const infraIds = new Set(recorded.map((row) => row.infraId));
  if (infraId !== null) infraIds.add(infraId);
  const query = { clusterId, clusterName, baseDomain, infraIds: [...infraIds], regions: [region] };
  return workshop.clouds.holding(cloud).find(query, signal);
}

/** Fails with the residue when anything is left; the failure of the uninstall, if there was one, is its cause. */
export function refuseResidue(
  context: JobContext,
  residue: readonly CloudResource[],
  run: InstallerRun | undefined,
): void {
  if (residue.length === 0) return;
  const listed = residue
    .slice(0, 200)
    .map(({ id, arn, type, region, name }) => ({ id, arn, type, region, name }));
  const shown = residue.slice(0, 5).map(({ type, id }) => `${type} ${id}`);
  const more = residue.length > shown.length ? ` and ${residue.length - shown.length} more` : '';
  const why = run?.timedOut
    ? '; the uninstall did not end in time'
    : run && run.outcome.next !== 'succeed'
      ? `; the uninstall failed: ${classifyFailure(run.records).cause}`
      : '';
  const message = `${residue.length} cloud resource${residue.length === 1 ? '' : 's'} left: ${shown.join(', ')}${more}${why}`;
  context.event({ kind: 'log', level: 'error', message, data: { residue: listed, total: residue.length } });
  throw new JobFailure('RESIDUE', message, { retryable: true });
}
