import { mkdir } from 'node:fs/promises';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import type { CloudResource } from '../clouds/cloud.ts';
import { classifyFailure } from '../installer/failure-class.ts';
import { type InstallDirs, installDirs, removeInstallDir } from '../installer/install-dir.ts';
import { listInfraIds } from '../store/artifacts.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { type InstallerRun, runInstaller } from './installer-run.ts';
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

/** The account must be the one that the cluster was made in: with another one's credentials a destroy finds nothing and says success. */
export async function checkAccount(workshop: Workshop, cluster: ClusterRow): Promise<void> {
  if (cluster.cloudAccount === null) return;
  const account = await workshop.cloud.account();
  if (account === cluster.cloudAccount) return;
  throw new JobFailure(
    'WRONG_ACCOUNT',
    `the worker's credentials belong to account ${account}, the cluster was made in ${cluster.cloudAccount}; nothing was touched`,
    { retryable: false },
  );
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
  const binary = await workshop.installerFor(cluster.version, context.signal);
  return runInstaller(workshop, context, {
    binary,
    dirs,
    command: 'destroy',
    stage: 'cluster',
    timeoutMs: workshop.destroyTimeoutMs,
  });
}

/** What the cloud still holds of a cluster, of all infrastructures that it ever had, in every region that its profile may use. */
export async function readBack(
  workshop: Workshop,
  cluster: ClusterRow,
  signal: AbortSignal,
): Promise<CloudResource[]> {
  const recorded = await workshop.db.query(listInfraIds, { clusterId: cluster.id });
  const infraIds = new Set(recorded.map(({ infraId }) => infraId));
  if (cluster.infraId !== null) infraIds.add(cluster.infraId);
  const offered = workshop.profiles.get(cluster.profile)?.regions.allowlist ?? [];
  return workshop.cloud.find(
    { clusterId: cluster.id, infraIds: [...infraIds], regions: [...new Set([cluster.region, ...offered])] },
    signal,
  );
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
  context.event({ kind: 'log', level: 'error', message, data: { residue: listed } });
  throw new JobFailure('RESIDUE', message, { retryable: true });
}
