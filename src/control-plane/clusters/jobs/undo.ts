import { mkdir } from 'node:fs/promises';
import type { AskedQuestion, UninstallOutcome } from '../../../contract/destroy-proof.ts';
import { messageOf } from '../../kernel/errors.ts';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { type CloudQuery, type CloudResource, firstFew } from '../clouds/cloud.ts';
import { QuestionLog } from '../clouds/question-log.ts';
import { classifyFailure } from '../installer/classify-failure.ts';
import {
  type InstallDirs,
  installDirs,
  makeJobDir,
  removeInstallDir,
  removeOtherAttempts,
} from '../installer/install-dir.ts';
import { installerNeed } from '../installer/installer-need.ts';
import type { ResolveInstallerOptions } from '../installer/installers.ts';
import { readAcceptedProfile } from '../service/accepted-profile.ts';
import { listInfraIds } from '../store/artifacts.sql.ts';
import { type ClusterRow, getCluster } from '../store/clusters.sql.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { type InstallerRun, runInstallerCommand } from './installer-run.ts';
import { wrongAccount } from './preflight.ts';
import { extractInstaller } from './release-installer.ts';
import { restoreInstallDir } from './snapshots.ts';

/** Creates the directories of a destroy, beside those of the attempt; the restore creates `install`. */
export async function createUndoDirs(context: ClusterJobContext, attempt: JobContext): Promise<InstallDirs> {
  const { id, fence } = attempt.job;
  const dirs = installDirs(context.workDir, `${id}-undo`, fence);
  await removeOtherAttempts(context.workDir, id, fence);
  await removeInstallDir(dirs);
  await makeJobDir(context.workDir, `${id}-undo`);
  for (const dir of [dirs.base, dirs.tmp, dirs.home]) await mkdir(dir, { mode: 0o700 });
  return dirs;
}

/** Removes the directories of an attempt. A failure to remove them does not fail the job: a task of the host tries again. */
export async function discardDirs(attempt: JobContext, dirs: InstallDirs): Promise<void> {
  try {
    await removeInstallDir(dirs);
  } catch (error) {
    const message = `cannot remove the work directory; trying again later: ${messageOf(error)}`;
    attempt.event({ kind: 'log', level: 'warn', message });
  }
}

/**
 * @returns the account of the credentials
 * @throws JobFailure WRONG_ACCOUNT unless it is the cluster's
 */
export async function assertAccount(
  { clouds }: Pick<ClusterJobContext, 'clouds'>,
  { cloud, cloudAccount }: Pick<ClusterRow, 'cloud' | 'cloudAccount'>,
): Promise<string> {
  const account = await clouds.byKind(cloud).account();
  if (cloudAccount !== null && account !== cloudAccount) throw wrongAccount(account, cloudAccount);
  return account;
}

export function restore(
  context: ClusterJobContext,
  attempt: JobContext,
  cluster: ClusterRow,
  infraId: string,
  dirs: InstallDirs,
): Promise<'snapshot' | 'rebuilt'> {
  const makeEmpty = async () => {
    await mkdir(dirs.install, { mode: 0o700 });
  };
  return restoreInstallDir(context, attempt, cluster, infraId, makeEmpty, dirs.install);
}

/** Runs `destroy cluster`. Neither success nor failure proves anything; only the read-back does. */
export async function uninstall(
  context: ClusterJobContext,
  attempt: JobContext,
  cluster: Pick<ClusterRow, 'version' | 'cloud'> & Partial<Pick<ClusterRow, 'id' | 'profile'>>,
  dirs: InstallDirs,
): Promise<InstallerRun> {
  const binary = await context.installers.forDestroy(cluster.version, {
    extract: await extractOf(context, attempt, cluster, dirs),
    signal: attempt.signal,
    onProgress: (message) => attempt.event({ kind: 'log', level: 'info', message }),
  });
  return runInstallerCommand(context, attempt, {
    binary,
    cloud: context.clouds.byKind(cluster.cloud),
    dirs,
    command: 'destroy',
    stage: 'cluster',
    timeoutMs: context.destroyTimeoutMs,
  });
}

/** No mirror has the installer of a nightly build. */
async function extractOf(
  context: ClusterJobContext,
  attempt: JobContext,
  { id, profile: name, version }: Parameters<typeof uninstall>[2],
  dirs: InstallDirs,
): Promise<ResolveInstallerOptions['extract']> {
  if (id === undefined || name === undefined) return undefined;
  const profile = await readAcceptedProfile(context, attempt.db, { id, profile: name });
  if (profile?.releaseImage === undefined) return undefined;
  const { releaseImage } = profile;
  const need = { ...installerNeed(profile, version, context.installerVariables), releaseImage };
  return () => extractInstaller(context, attempt, dirs, need);
}

/** What a cloud was asked about a cluster, and what it still has of it. */
export interface ReadBack {
  readonly found: readonly CloudResource[];
  /** Of the credentials that asked. */
  readonly account: string;
  readonly infraIds: string[];
  readonly regions: readonly string[];
  readonly domain: string;
  readonly asked: readonly AskedQuestion[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/**
 * Asks the cloud for what is left of a cluster, under all infraIDs that it ever had. The row is read here: the attempt that asks may
 * have recorded the accounts of the cluster after it began.
 * @throws JobFailure WRONG_ACCOUNT if the credentials are not of the account of the cluster
 */
export async function readBack(
  { clouds, clock }: Pick<ClusterJobContext, 'clouds' | 'clock'>,
  attempt: Pick<JobContext, 'db' | 'signal'>,
  { id }: Pick<ClusterRow, 'id'>,
): Promise<ReadBack> {
  const [cluster] = await attempt.db.query(getCluster, { id, teams: null });
  if (cluster === undefined) throw new Error(`cluster ${id} has no row`);
  const { id: clusterId, name: clusterName, baseDomain, region, infraId, hostedZoneRole } = cluster;
  const recorded = await attempt.db.query(listInfraIds, { clusterId });
  const infraIds = [
    ...new Set([...recorded.map((row) => row.infraId), ...(infraId === null ? [] : [infraId])]),
  ];
  const zone = hostedZoneRole === null ? {} : { hostedZoneRole };
  const query = { clusterId, clusterName, baseDomain, infraIds, regions: [region], ...zone };
  return askCloud({ clouds, clock }, attempt, cluster, query);
}

/**
 * Asks a cloud and records what was asked.
 * @param owner the account of its resources is null if it is not known
 * @throws JobFailure WRONG_ACCOUNT if the credentials are not of that account
 */
export async function askCloud(
  { clouds, clock }: Pick<ClusterJobContext, 'clouds' | 'clock'>,
  attempt: Pick<JobContext, 'signal'>,
  owner: Pick<ClusterRow, 'cloud' | 'cloudAccount'>,
  query: CloudQuery & { readonly infraIds: string[] },
): Promise<ReadBack> {
  const log = new QuestionLog(clock);
  const startedAt = clock.now();
  const account = await assertAccount({ clouds }, owner);
  const found = await clouds
    .byKind(owner.cloud)
    .find(query, attempt.signal, (question) => log.record(question));
  const { infraIds, regions, clusterName, baseDomain } = query;
  const domain = clusterName === undefined || baseDomain === undefined ? '' : `${clusterName}.${baseDomain}`;
  return {
    ...{ found, account, infraIds, regions, domain },
    ...{ asked: log.asked(), startedAt, finishedAt: clock.now() },
  };
}

export function uninstallOutcome(run: InstallerRun | undefined): UninstallOutcome {
  if (run === undefined) return 'not needed';
  if (run.timedOut) return 'timed out';
  return run.outcome.next === 'succeed' ? 'succeeded' : 'failed';
}

/** @returns why an uninstall did not succeed */
function uninstallProblem(run: InstallerRun | undefined): string | undefined {
  const outcome = uninstallOutcome(run);
  if (outcome === 'timed out') return 'the uninstall timed out';
  return run && outcome === 'failed'
    ? `the uninstall failed: ${classifyFailure(run.records).cause}`
    : undefined;
}

/** @throws JobFailure RESIDUE with the resources that are left, and why the uninstall failed if it did. */
export function assertNoResidue(
  attempt: JobContext,
  residue: readonly CloudResource[],
  run: InstallerRun | undefined,
): void {
  const why = uninstallProblem(run);
  if (residue.length === 0) {
    // The read-back decides. It may have missed what the uninstaller failed on, so a person should look.
    const message = `nothing is left, although ${why}`;
    if (why !== undefined) attempt.event({ kind: 'log', level: 'warn', message });
    return;
  }
  const listed = residue.slice(0, 200).map(({ id, arn, type, region, name, note }) => ({
    id,
    arn,
    type,
    region,
    name,
    ...(note !== undefined && { note }),
  }));
  const shown = firstFew(residue.map(({ type, id }) => `${type} ${id}`));
  const message = `${residue.length} cloud resource${residue.length === 1 ? '' : 's'} left: ${shown}${why === undefined ? '' : `; ${why}`}`;
  attempt.event({ kind: 'log', level: 'error', message, data: { residue: listed, total: residue.length } });
  throw new JobFailure('RESIDUE', message, { retryable: true });
}
