import { mkdir } from 'node:fs/promises';
import type { DsseEnvelope } from '../../../contract/dsse.ts';
import { SWEEP_PHASES } from '../../../contract/statuses.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  type HostProblem,
  type JobContext,
  JobFailure,
  type JobHandler,
  type JobRequest,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { endOrphanedProcesses } from '../../kernel/process/terminate-tree.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import { ORPHAN_SWEEP_JOB } from '../job-types.ts';
import { removable } from '../orphans/orphan-resource.ts';
import {
  isUnder,
  type OrphanServices,
  readKnown,
  readSighting,
  type Sighting,
  scannedRegions,
} from '../orphans/sighting.ts';
import { sweepRefusal } from '../orphans/sweep-refusal.ts';
import type { OrphanRules } from '../service/cluster-services.ts';
import { statusParameters } from '../service/orphans.ts';
import { type ClusterRow, getCluster } from '../store/clusters.sql.ts';
import { closeSwept } from '../store/orphan-sweeps.sql.ts';
import { getOrphan, type OrphanRow } from '../store/orphans.sql.ts';
import { removeCloudCredentials } from './cloud-credentials-undo.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { toToolFailure } from './create-failure.ts';
import { proveDestroyed } from './destroy-proof.ts';
import type { InstallerRun } from './installer-run.ts';
import { metadataSource, writeMinimalMetadata } from './snapshots.ts';
import { newestVersion, sweepRegions } from './sweep-installs.ts';
import {
  askCloud,
  assertAccount,
  assertNoResidue,
  createUndoDirs,
  discardDirs,
  type ReadBack,
  uninstall,
} from './undo.ts';

type SweepServices = Pick<OrphanServices, 'profiles' | 'installationId'> & { readonly orphans: OrphanRules };

/**
 * Removes what is left under an infraID, after everything that makes it an orphan was read again. It is SWEPT only when the read-back
 * found nothing (G2); what is not proven to be of this installation stays (G5).
 */
export class OrphanSweepHandler implements JobHandler {
  readonly type = ORPHAN_SWEEP_JOB;
  readonly timeoutMs: number;
  readonly #context: ClusterJobContext;
  readonly #services: SweepServices;

  constructor(context: ClusterJobContext, services: SweepServices) {
    this.#context = context;
    this.#services = services;
    this.timeoutMs = context.destroyTimeoutMs * 1.5;
  }

  hostProblem(): Promise<HostProblem | undefined> {
    return this.#context.host.destroyProblem();
  }

  async run(attempt: JobContext): Promise<JobResult> {
    const context = this.#context;
    const orphan = await this.#getSweeping(attempt);
    await endOrphanedProcesses(orphan.id, context.killAfterMs, context.clock);
    let dirs: InstallDirs | undefined;
    try {
      const undoDirs = await createUndoDirs(context, attempt);
      dirs = undoDirs;
      const step = runPhases(attempt, SWEEP_PHASES);
      const sighting = await step('check', 'Checking that it is still an orphan', () =>
        this.#assertOrphan(attempt, []),
      );
      const cluster = await knownCluster(attempt, orphan);
      const run = await step('destroy', 'Removing its resources', () =>
        this.#uninstall(attempt, orphan, sighting, cluster, undoDirs),
      );
      const proof = await step('read-back', 'Checking that nothing is left', async () => {
        const readBack = await this.#readBack(attempt, orphan, cluster);
        assertNoResidue(attempt, readBack.found, run);
        return proveDestroyed(context, attempt, subjectOf(orphan, cluster), readBack, run);
      });
      await step('finish', 'Nothing is left', async () => {});
      return { write: (tx) => swept(tx, orphan.id, proof) };
    } catch (error) {
      if (attempt.signal.aborted) throw error;
      throw (await context.host.failureOf(error, orphan.cloud)) ?? toToolFailure(error);
    } finally {
      if (dirs) await discardDirs(attempt, dirs);
    }
  }

  /** The orphan is ORPHANED again, with the reason in its last sweep. */
  async onFailed(): Promise<void> {}

  async onCancelled(): Promise<void> {}

  async onCancelRequested(_tx: Tx, { job }: JobRequest): Promise<void> {
    throw new AppError('STATE_CONFLICT', `Job ${job.id} sweeps an orphan, which cannot be cancelled.`);
  }

  async onRetryRequested(_tx: Tx, { job }: JobRequest): Promise<string> {
    throw new AppError(
      'STATE_CONFLICT',
      `Job ${job.id} is ${job.status}. Request another sweep: \`ocpctl admin orphans sweep ${job.resourceName}\`.`,
    );
  }

  async #getSweeping({ db, job }: JobContext): Promise<OrphanRow> {
    const [row] = await db.query(getOrphan, {
      ...statusParameters(this.#services.orphans),
      id: job.resourceId,
    });
    if (row?.status === 'SWEEPING' && row.jobId === job.id) return row;
    throw new JobFailure('STATE_CONFLICT', `the orphan is ${row?.status ?? 'unknown'}, not SWEEPING`, {
      retryable: false,
    });
  }

  /** Reads its row, account, tags, resources and living clusters again. @throws JobFailure if anything is not as the scans saw it */
  async #assertOrphan(attempt: JobContext, sweptRegions: readonly string[]): Promise<Sighting> {
    const orphan = await this.#getSweeping(attempt);
    const cloud = this.#context.clouds.byKind(orphan.cloud);
    const account = await assertAccount(this.#context, { cloud: orphan.cloud, cloudAccount: orphan.account });
    const services = { ...this.#services, db: attempt.db };
    const proposal = { infraId: orphan.infraId, tags: [], shared: [] };
    const before = await readKnown(services, orphan.cloud, account);
    const sighting = await readSighting(services, cloud, proposal, before, attempt.signal);
    const known = await readKnown(services, orphan.cloud, account);
    const refusal = sweepRefusal(
      orphan,
      { ...sighting, known, now: await readDatabaseTime(attempt.db) },
      this.#services.orphans,
    );
    if (refusal === undefined) return sighting;
    const removedNothing = attempt.job.attempt === 1 ? 'nothing was removed' : 'this attempt removed nothing';
    const done = sweptRegions.length === 0 ? removedNothing : `swept so far: ${sweptRegions.join(', ')}`;
    throw new JobFailure(refusal.code, `${refusal.message}; ${done}`, { retryable: false });
  }

  /** With a minimal `metadata.json`, once for each region with resources. Each may take an hour: it is checked again before each. */
  async #uninstall(
    attempt: JobContext,
    orphan: OrphanRow,
    { resources }: Sighting,
    cluster: ClusterRow | undefined,
    dirs: InstallDirs,
  ): Promise<InstallerRun | undefined> {
    if (resources.length === 0) return undefined;
    const { profiles } = this.#services;
    const { infraId, cloud, account: cloudAccount, platform } = orphan;
    const version = cluster?.version ?? newestVersion(profiles, platform);
    const regions = sweepRegions(orphan.region, resources);
    const { resourceGroup } =
      cluster === undefined ? {} : await metadataSource(this.#context, attempt, cluster);
    let failed: InstallerRun | undefined;
    let run: InstallerRun | undefined;
    for (const [at, region] of regions.entries()) {
      const install = `${dirs.install}-${region}`;
      await mkdir(install, { mode: 0o700 });
      const source = {
        ...{ platform, region, cloudAccount, resourceGroup },
        hostedZoneRole: cluster?.hostedZoneRole ?? null,
        name: orphan.clusterName ?? '',
        baseDomain: orphan.baseDomain ?? '',
      };
      await writeMinimalMetadata(source, infraId, install);
      const { resources: left } = await this.#assertOrphan(attempt, regions.slice(0, at));
      if (removable(left).length === 0) break;
      attempt.event({ kind: 'log', level: 'info', message: `removing ${infraId} in ${region}` });
      run = await uninstall(this.#context, attempt, { version, cloud }, { ...dirs, install });
      if (run.outcome.next !== 'succeed') failed ??= run;
    }
    if (cluster !== undefined) await removeCloudCredentials(this.#context, attempt, cluster, dirs);
    return failed ?? run;
  }

  async #readBack(
    attempt: JobContext,
    orphan: OrphanRow,
    cluster: ClusterRow | undefined,
  ): Promise<ReadBack> {
    const { cloud, account, infraId, clusterId, clusterName, baseDomain } = orphan;
    const known = await readKnown({ ...this.#services, db: attempt.db }, cloud, account);
    const query = {
      // No cluster has an infraID as its id.
      clusterId: clusterId ?? infraId,
      infraIds: [infraId],
      regions: scannedRegions(this.#services, known, cloud),
      ...(clusterName === null || baseDomain === null ? {} : { clusterName, baseDomain }),
      hostedZoneRole: cluster?.hostedZoneRole ?? undefined,
    };
    const readBack = await askCloud(this.#context, attempt, { cloud, cloudAccount: account }, query);
    return { ...readBack, found: readBack.found.filter((resource) => isUnder(infraId, resource)) };
  }
}

async function knownCluster({ db }: JobContext, { clusterId }: OrphanRow): Promise<ClusterRow | undefined> {
  if (clusterId === null) return undefined;
  const [cluster] = await db.query(getCluster, { id: clusterId, teams: null });
  return cluster;
}

async function swept(tx: Tx, id: string, proof: DsseEnvelope): Promise<void> {
  await tx.query(closeSwept, { id, proof });
}

function subjectOf(orphan: OrphanRow, cluster: ClusterRow | undefined) {
  const { id, infraId, clusterId, clusterName, platform, region, baseDomain, cloud, account, oldestAt } =
    orphan;
  return {
    ...{ id, platform, region, cloud, cloudAccount: account, createdAt: oldestAt },
    name: clusterName ?? infraId,
    baseDomain: baseDomain ?? '',
    hostedZoneRole: cluster?.hostedZoneRole ?? null,
    orphan: { infraId, clusterId },
  };
}
