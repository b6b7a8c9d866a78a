import { DESTROY_ENVIRONMENT_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobIdentity,
  type JobRequest,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { EDGE_TOPIC } from '../service/app-services.ts';
import { removeDumps } from '../service/backup-artifacts.ts';
import { listDatabasesOfEnvironment } from '../store/databases.sql.ts';
import { advanceGeneration } from '../store/edge.sql.ts';
import { endEnvironmentDestroy, failEnvironmentDestroy } from '../store/environments.sql.ts';
import { listInstances, setServing } from '../store/instances.sql.ts';
import { listRunningLanes } from '../store/reconcile.sql.ts';
import { endServiceDestroy, listServicesOfEnvironment } from '../store/services.sql.ts';
import { endVolumeDestroy, listVolumesOfEnvironment } from '../store/volumes.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { endDatabase, residueOfBackups, untilNoDrill } from './destroy-database-handler.ts';
import { removeVolume } from './destroy-volume-handler.ts';
import { untilEdgesApply } from './edge-state.ts';
import { retire } from './rollout-steps.ts';

const TIMEOUT_MS = 30 * 60_000;
/** Longer than a lease, after which the job of a dead worker is given up. */
const STOP_MS = 120_000;
const MAX_RESIDUE = 100;

/** Ends an environment, and looks at the host before it says so (A9). */
export class DestroyEnvironmentHandler extends AppJobHandler {
  constructor(context: AppJobContext, type: string) {
    super(context, { type, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const id = attempt.job.resourceId;
    const drivers = await this.context.host.drivers();
    const { runtime, databases } = drivers;
    const databaseRows = await attempt.db.query(listDatabasesOfEnvironment, { environmentId: id });
    const databaseIds = databaseRows.map((database) => database.id);
    const volumes = await attempt.db.query(listVolumesOfEnvironment, { environmentId: id });
    const volumeIds = volumes.map((volume) => volume.id);
    const services = await attempt.db.query(listServicesOfEnvironment, { environmentId: id });
    const serviceIds = services.map((service) => service.id);
    const step = runPhases(attempt, DESTROY_ENVIRONMENT_PHASES);
    await step('routes', 'Removing the routes', async () => {
      const generation = await attempt.commit(async (tx) => {
        for (const serviceId of serviceIds) await tx.query(setServing, { serviceId, instanceIds: [] });
        return (await tx.query(advanceGeneration, {}))[0]?.generation ?? 0;
      });
      this.context.dispatcher.announceEvents([EDGE_TOPIC]);
      await untilEdgesApply(this.context, attempt.db, generation, attempt.signal);
    });
    await step('instances', 'Removing the instances', async () => {
      await this.#untilNothingRuns(attempt, [...serviceIds, ...databaseIds, ...volumeIds]);
      const rows = await attempt.db.query(listInstances, { serviceIds });
      await retire(
        this.context,
        { runtime },
        attempt,
        rows.map((row) => row.id),
      );
      for (const databaseId of databaseIds) {
        await untilNoDrill(this.context, attempt, databaseId);
        await databases.remove(databaseId);
        await removeDumps(this.context, databaseId);
      }
      await runtime.removeEnvironment(id);
      for (const volume of volumes) await removeVolume(drivers, volume);
    });
    await step('read-back', 'Looking for what is left', () =>
      this.#assertGone(attempt, id, { databaseIds, volumeIds }),
    );
    return {
      write: async (tx) => {
        for (const serviceId of serviceIds) await tx.query(endServiceDestroy, { id: serviceId });
        for (const databaseId of databaseIds)
          await endDatabase(this.context, tx, { id: databaseId, keepBackups: false });
        for (const volumeId of volumeIds) await tx.query(endVolumeDestroy, { id: volumeId });
        await tx.query(endEnvironmentDestroy, { id });
      },
    };
  }

  /** What was asked to stop has to have stopped: it could start something that is not looked for any more. @throws JobFailure */
  async #untilNothingRuns(attempt: JobContext, resourceIds: readonly string[]): Promise<void> {
    const { clock, pollMs } = this.context;
    const endMs = clock.monotonicMs() + STOP_MS;
    const running = () => attempt.db.query(listRunningLanes, { resourceIds: [...resourceIds] });
    for (let lanes = await running(); lanes.length > 0; lanes = await running()) {
      if (clock.monotonicMs() > endMs)
        throw new JobFailure('RESIDUE_FOUND', `a job of ${lanes[0]?.id} has not ended yet`, {
          retryable: true,
        });
      await clock.sleep(pollMs, attempt.signal);
    }
  }

  async #assertGone(
    attempt: JobContext,
    environmentId: string,
    data: { readonly databaseIds: readonly string[]; readonly volumeIds: readonly string[] },
  ): Promise<void> {
    const { runtime, databases, volumes } = await this.context.host.drivers();
    const instances = (await runtime.observe()).filter((row) => row.environmentId === environmentId);
    const rest = (await runtime.listEnvironments()).includes(environmentId);
    const ofDatabases = await Promise.all(data.databaseIds.map((id) => databases.residueOf(id)));
    const ofBackups = await Promise.all(data.databaseIds.map((id) => residueOfBackups(this.context, id)));
    const ofVolumes = await Promise.all(data.volumeIds.map((id) => volumes.residueOf(id)));
    const residue = [
      ...ofDatabases.flat(),
      ...ofBackups.flat(),
      ...ofVolumes.flat(),
      ...instances.map(({ id }) => `instance ${id} (${runtime.name})`),
      ...(rest
        ? [`what the instances shared: network or directory of ${environmentId} (${runtime.name})`]
        : []),
    ].slice(0, MAX_RESIDUE);
    if (residue.length === 0) return;
    for (const message of residue)
      attempt.event({ kind: 'log', level: 'error', message: `left: ${message}` });
    throw new ResidueFailure(residue);
  }

  override async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    const residue = failure instanceof ResidueFailure ? [...failure.residue] : [];
    await tx.query(failEnvironmentDestroy, { id: job.resourceId, residue });
  }

  override async onCancelled(tx: Tx, job: JobIdentity): Promise<void> {
    await tx.query(failEnvironmentDestroy, { id: job.resourceId, residue: [] });
  }

  /** @throws AppError STATE_CONFLICT: it would leave half an environment */
  async onCancelRequested(_tx: Tx, { job }: JobRequest): Promise<void> {
    throw new AppError('STATE_CONFLICT', `Job ${job.id} destroys an environment: that is not cancelled.`);
  }
}

class ResidueFailure extends JobFailure {
  readonly residue: readonly string[];
  constructor(residue: readonly string[]) {
    super(
      'RESIDUE_FOUND',
      `${residue.length} things of the environment are still on the host: ${residue[0]}`,
      {
        retryable: true,
      },
    );
    this.name = 'ResidueFailure';
    this.residue = residue;
  }
}
