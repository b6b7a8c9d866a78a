import * as z from 'zod';
import { CRON_DEPLOY_PHASES, DEPLOY_PHASES, RECREATE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobIdentity,
  type JobResult,
  JobStoppedError,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { DEPLOY_JOB } from '../job-types.ts';
import { serviceSettings } from '../policy/service-settings.ts';
import { planNextRun } from '../service/next-run.ts';
import { publishServiceEvent } from '../service/notifications.ts';
import {
  type DeploymentRow,
  findDeploymentOfJob,
  findLiveDeployment,
  getDeployment,
  lockDeployment,
  moveDeployment,
  setDeploymentServed,
  setDeploymentStopped,
  setSupersededBy,
  setSwitched,
} from '../store/deployments.sql.ts';
import { listInstances } from '../store/instances.sql.ts';
import { getService, type ServiceRow, setLiveRelease } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { recordFailure, setFailureOnce } from './deployment-failure.ts';
import { openRelease, type RunnableRelease } from './instance-starter.ts';
import { rollOut } from './roll-out.ts';
import { type RolloutStep, retire } from './rollout-steps.ts';
import { RolloutFailure } from './until-serves.ts';

const payloadSchema = z.object({ deploymentId: z.string() });
/** `BUILDING` lasts until this job begins. */
const ACTIVE = ['QUEUED', 'BUILDING', 'STARTING', 'CHECKING', 'SWITCHING', 'DRAINING'];
/** Start and drain have limits of their own, at most 15 and 10 minutes for each. */
const TIMEOUT_MS = 60 * 60_000;

/**
 * Takes a release live: start → check → switch → drain → retire. A later attempt goes on where the last one was: what it finds started
 * it does not start again, and after the switch it never goes back (A1, A2).
 */
export class DeployHandler extends AppJobHandler {
  constructor(context: AppJobContext) {
    super(context, { type: DEPLOY_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { deploymentId } = payloadSchema.parse(attempt.job.payload);
    const [deployment] = await attempt.db.query(getDeployment, { id: deploymentId, teams: null });
    const [service] = await attempt.db.query(getService, { id: attempt.job.resourceId, teams: null });
    if (!deployment || !service) throw gone(deploymentId);
    // Superseded or cancelled while it waited.
    if (!ACTIVE.includes(deployment.state)) return {};
    if (deployment.releaseId === null) throw gone(deploymentId);
    const drivers = await this.context.host.drivers();
    try {
      const release = await openRelease(this.context, drivers, attempt, deployment.releaseId);
      if (release.settings.kind === 'cron') await this.#putOnSchedule(attempt, deployment, service, release);
      else await this.#rollOut(attempt, deployment, service, release);
    } catch (error) {
      if (error instanceof RolloutFailure) await recordFailure(attempt, deploymentId, error, error.log);
      if (isCancelled(attempt)) await this.#retireStarted(attempt, deployment, service);
      throw error;
    }
    return { write: (tx) => goLive(tx, deployment, service) };
  }

  async #rollOut(
    attempt: JobContext,
    deployment: DeploymentRow,
    service: ServiceRow,
    release: RunnableRelease,
  ): Promise<void> {
    const { settings } = release;
    const given = serviceSettings.parse(deployment.settings);
    const replicas = given.replicas ?? service.replicas;
    const isRecreated = settings.volume !== null;
    const phase = runPhases(attempt, isRecreated ? RECREATE_PHASES : DEPLOY_PHASES);
    await rollOut(this.context, await this.context.host.drivers(), attempt, {
      service,
      release,
      replicas,
      rolloutId: deployment.id,
      keeps: ({ rolloutId }) => rolloutId === deployment.id,
      step: async (name, work) => {
        const move = { id: deployment.id, from: ACTIVE, to: name.toUpperCase() };
        await attempt.commit((tx) => tx.query(moveDeployment, move));
        const message = isRecreated && name === 'draining' ? STOPS_FIRST : MESSAGES[name];
        return phase(name, message, work);
      },
      onStop: async (tx) => void (await tx.query(setDeploymentStopped, { id: deployment.id })),
      onServe: async (tx) => void (await tx.query(setDeploymentServed, { id: deployment.id })),
      onSwitch: async (tx) => {
        await tx.query(setLiveRelease, {
          id: service.id,
          releaseId: release.row.id,
          settings: { ...settings.given, replicas: replicas > 0 ? replicas : replicasWhenStarted(service) },
          kind: settings.kind,
          replicas,
          deploymentId: deployment.id,
          pinned: isPinned(deployment, service),
        });
        await tx.query(setSwitched, { id: deployment.id });
      },
    });
  }

  /** The next run has the new release; one that goes on is left alone. */
  async #putOnSchedule(
    attempt: JobContext,
    deployment: DeploymentRow,
    service: ServiceRow,
    release: RunnableRelease,
  ): Promise<void> {
    const { id } = deployment;
    const { kind, given } = release.settings;
    const replicas = serviceSettings.parse(deployment.settings).replicas ?? 1;
    const step = runPhases(attempt, CRON_DEPLOY_PHASES);
    await step('switching', MESSAGES.switching, () =>
      attempt.commit(async (tx) => {
        await tx.query(moveDeployment, { id, from: ACTIVE, to: 'SWITCHING' });
        const [live] = await tx.query(setLiveRelease, {
          ...{ id: service.id, releaseId: release.row.id, deploymentId: id },
          ...{ settings: given, kind, replicas, pinned: isPinned(deployment, service) },
        });
        const isRunning = live !== undefined && live.replicas > 0;
        await planNextRun(tx, { id: service.id, settings: given, isRunning });
        await tx.query(setSwitched, { id });
      }),
    );
  }

  /** Before the switch a cancelled deploy undoes what it started; after it there is nothing to undo. */
  async #retireStarted(attempt: JobContext, { id }: DeploymentRow, service: ServiceRow): Promise<void> {
    const rows = await attempt.db.query(listInstances, { serviceIds: [service.id] });
    const started = rows.filter(({ rolloutId, isServing }) => rolloutId === id && !isServing);
    await retire(
      this.context,
      await this.context.host.drivers(),
      attempt,
      started.map((row) => row.id),
    );
  }

  override async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    const { deploymentId } = payloadSchema.parse(job.payload);
    const [row] = await tx.query(lockDeployment, { id: deploymentId });
    if (!row) return;
    await setFailureOnce(tx, row, failure);
    await end(tx, row, 'FAILED');
    await publishServiceEvent(tx, job.resourceId, 'service.deploy_failed', failure.message);
  }

  override async onCancelled(tx: Tx, job: JobIdentity): Promise<void> {
    const [found] = await tx.query(findDeploymentOfJob, { jobId: job.id });
    const [row] = found === undefined ? [] : await tx.query(lockDeployment, { id: found.id });
    if (row) await end(tx, row, 'CANCELLED');
  }
}

const MESSAGES: Readonly<Record<RolloutStep, string>> = {
  starting: 'Starting the new instances',
  checking: 'Waiting until they answer',
  switching: 'Sending requests to them',
  draining: 'Draining the old instances',
};

const STOPS_FIRST = 'Stopping the old instance: nothing serves until the new one answers';

async function goLive(tx: Tx, deployment: DeploymentRow, service: ServiceRow): Promise<void> {
  await supersedeLive(tx, deployment);
  await publishServiceEvent(tx, service.id, 'service.deployed', `deployment ${deployment.number} is live`);
}

/** A service has one live deployment: the one before ends. */
async function supersedeLive(tx: Tx, { id, serviceId }: DeploymentRow): Promise<void> {
  const [live] = await tx.query(findLiveDeployment, { serviceId });
  if (live !== undefined && live.id !== id) {
    await tx.query(moveDeployment, { id: live.id, from: ['LIVE'], to: 'SUPERSEDED' });
    await tx.query(setSupersededBy, { id: live.id, by: id });
  }
  await tx.query(moveDeployment, { id, from: ACTIVE, to: 'LIVE' });
}

/** After the switch the release is live, whatever became of the old instances: the reconciler removes those. */
async function end(tx: Tx, row: DeploymentRow, state: 'FAILED' | 'CANCELLED'): Promise<void> {
  if (row.switchedAt === null) await tx.query(moveDeployment, { id: row.id, from: ACTIVE, to: state });
  else if (ACTIVE.includes(row.state)) await supersedeLive(tx, row);
}

function isCancelled({ signal }: JobContext): boolean {
  return signal.reason instanceof JobStoppedError && signal.reason.reason === 'cancelled';
}

function gone(id: string): JobFailure {
  return new JobFailure('RELEASE_UNUSABLE', `deployment ${id} has no release`, { retryable: false });
}

/** A rotation leaves it as it was. */
function isPinned({ reason }: DeploymentRow, service: ServiceRow): boolean {
  return reason === 'rollback' || (reason === 'rotation' && service.pinned);
}

/** Of a stopped service. */
function replicasWhenStarted({ settings }: ServiceRow): number {
  return serviceSettings.parse(settings).replicas ?? 1;
}
