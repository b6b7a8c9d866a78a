import { INSTANCES_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ClaimedJob, JobContext, JobHandler, JobRequest, JobResult } from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { DESTROY_SERVICE_JOB, RECOVER_JOB, RESTART_JOB, SCALE_SERVICE_JOB } from '../job-types.ts';
import { advanceGeneration } from '../store/edge.sql.ts';
import { type InstanceRow, listInstances } from '../store/instances.sql.ts';
import {
  countFailedRestart,
  endServiceDestroy,
  getService,
  type ServiceRow,
  setRestart,
} from '../store/services.sql.ts';
import { detachVolume } from '../store/volumes.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { openRelease } from './instance-starter.ts';
import { planRestart } from './plan-restart.ts';
import { rollOut } from './roll-out.ts';
import { type Rollout, retire } from './rollout-steps.ts';

const TIMEOUT_MS = 60 * 60_000;

/** Makes the instances of the live release as many as are wanted; for a restart, new ones. */
class InstancesHandler extends AppJobHandler {
  constructor(context: AppJobContext, type: string) {
    super(context, { type, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { job } = attempt;
    const [service] = await attempt.db.query(getService, { id: job.resourceId, teams: null });
    if (service?.status !== 'ACTIVE') return {};
    const drivers = await this.context.host.drivers();
    if (service.kind === 'cron') {
      await endRuns(this.context, attempt, service);
      return {};
    }
    // Without a live release there is what a first deploy left that ended with its worker.
    const release =
      service.liveReleaseId === null
        ? undefined
        : await openRelease(this.context, drivers, attempt, service.liveReleaseId);
    const keeps =
      this.type === RESTART_JOB ? ({ rolloutId }: InstanceRow) => rolloutId === job.id : () => true;
    const step = runPhases(attempt, INSTANCES_PHASES);
    await step('instances', messageOf(this.type, service), () =>
      rollOut(this.context, drivers, attempt, {
        ...{ service, release, replicas: service.replicas, rolloutId: job.id, keeps },
        step: loggedSteps(attempt),
        onSwitch: async () => {},
      }),
    );
    return { write: async (tx) => void (await tx.query(setRestart, { id: service.id, afterSeconds: null })) };
  }

  /** What is observed says it: the reconciler tries again, after a growing pause. */
  override async onFailed(tx: Tx, job: ClaimedJob): Promise<void> {
    if (this.type !== RECOVER_JOB) return;
    const [failed] = await tx.query(countFailedRestart, { id: job.resourceId });
    await planRestart(tx, job.resourceId, { failedRestarts: failed?.count ?? 0 });
  }
  override async onCancelled(): Promise<void> {}
}

/** A cron service that is stopped has no run; one that is started waits for its time. */
async function endRuns(
  context: AppJobContext,
  attempt: JobContext,
  { id, replicas }: ServiceRow,
): Promise<void> {
  if (replicas > 0) return;
  const step = runPhases(attempt, INSTANCES_PHASES);
  await step('instances', 'Ending the run', async () => {
    const rows = await attempt.db.query(listInstances, { serviceIds: [id] });
    const ids = rows.map((row) => row.id);
    await retire(context, await context.host.drivers(), attempt, ids);
  });
}

function messageOf(type: string, { replicas }: ServiceRow): string {
  if (type === RESTART_JOB) return 'Replacing the instances';
  return type === RECOVER_JOB ? 'Starting instances that ended' : `Scaling to ${replicas}`;
}

/** Ends everything of a service; databases and volumes stay (A6). */
class DestroyServiceHandler extends AppJobHandler {
  constructor(context: AppJobContext) {
    super(context, { type: DESTROY_SERVICE_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const [service] = await attempt.db.query(getService, { id: attempt.job.resourceId, teams: null });
    if (!service || service.status === 'DESTROYED') return {};
    await endInstances(this.context, attempt, service);
    return { write: (tx) => endService(tx, service.id) };
  }

  override async onFailed(): Promise<void> {}
  override async onCancelled(): Promise<void> {}

  /** @throws AppError STATE_CONFLICT: it would leave half a service */
  async onCancelRequested(_tx: Tx, { job }: JobRequest): Promise<void> {
    throw new AppError('STATE_CONFLICT', `Job ${job.id} destroys a service: that is not cancelled.`);
  }
}

/** Takes the route away, drains and removes all instances of a service. */
async function endInstances(context: AppJobContext, attempt: JobContext, service: ServiceRow): Promise<void> {
  const step = runPhases(attempt, INSTANCES_PHASES);
  await step('instances', 'Removing the instances', async () =>
    rollOut(context, await context.host.drivers(), attempt, {
      ...{ service, release: undefined, replicas: 0, rolloutId: attempt.job.id },
      keeps: () => false,
      step: loggedSteps(attempt),
      onSwitch: async () => {},
    }),
  );
}

function loggedSteps(attempt: JobContext): Rollout['step'] {
  return (name, work) => {
    attempt.event({ kind: 'log', level: 'info', message: name });
    return work();
  };
}

async function endService(tx: Tx, id: string): Promise<void> {
  await tx.query(endServiceDestroy, { id });
  await tx.query(detachVolume, { serviceId: id });
  await tx.query(advanceGeneration, {});
}

/** The handlers of jobs that change which instances of a service run. */
export function serviceHandlers(context: AppJobContext): JobHandler[] {
  return [
    new InstancesHandler(context, SCALE_SERVICE_JOB),
    new InstancesHandler(context, RESTART_JOB),
    new InstancesHandler(context, RECOVER_JOB),
    new DestroyServiceHandler(context),
  ];
}
