import type { components } from '../../../contract/api.gen.ts';
import { hasEnded } from '../../../contract/statuses.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { DESTROY_SERVICE_JOB, RESTART_JOB, SCALE_SERVICE_JOB } from '../job-types.ts';
import { serviceSettings } from '../policy/service-settings.ts';
import { cancelDeployments, listWaitingDeployments } from '../store/deployments.sql.ts';
import { advanceGeneration } from '../store/edge.sql.ts';
import { cancelRuns } from '../store/runs.sql.ts';
import {
  beginServiceDestroy,
  clearCrash,
  type ServiceRow,
  setReplicas,
  setServiceJob,
} from '../store/services.sql.ts';
import { findVolumeOfService } from '../store/volumes.sql.ts';
import type { AppServices } from './app-services.ts';
import { planNextRun } from './next-run.ts';
import { assertServiceFits } from './quotas.ts';
import { findOwnService, readService, relockService } from './read.ts';

type Accepted = { service: components['schemas']['Service']; job: components['schemas']['Job'] };

export async function scaleService(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  replicas: number,
): Promise<Accepted> {
  const service = await lockForChange(services, tx, caller, id);
  assertDeployed(service);
  const isCron = service.kind === 'cron';
  if (isCron && replicas > 1)
    throw new AppError(
      'STATE_CONFLICT',
      `Service ${service.name} is of kind cron: it has one run at a time, and cannot have ${replicas} replicas.`,
    );
  const settings = serviceSettings.parse(service.settings);
  const [volume] = await tx.query(findVolumeOfService, { serviceId: id });
  if (volume !== undefined && replicas > 1)
    throw new AppError(
      'STATE_CONFLICT',
      `Service ${service.name} has volume ${volume.name}, which one instance at a time can have: it cannot have ${replicas} replicas.`,
    );
  if (replicas > service.replicas)
    await assertServiceFits(services, tx, service.team, { replicas, settings, except: id });
  await tx.query(setReplicas, { id, replicas });
  if (isCron) {
    if (replicas === 0) await tx.query(cancelRuns, { serviceId: id, reason: 'the service was stopped' });
    await planNextRun(tx, { id, settings: service.settings, isRunning: replicas > 0 });
  }
  await tx.query(advanceGeneration, {});
  return accept(services, tx, caller, service, {
    type: SCALE_SERVICE_JOB,
    action: 'service.scale',
    facts: { replicas },
  });
}

export async function restartService(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<Accepted> {
  const service = await lockForChange(services, tx, caller, id);
  assertDeployed(service);
  if (service.kind === 'cron')
    throw new AppError(
      'STATE_CONFLICT',
      `Service ${service.name} is of kind cron: it has no instances to replace; 'ocpctl app run ${service.name}' runs it.`,
    );
  if (service.replicas === 0)
    throw new AppError(
      'STATE_CONFLICT',
      `Service ${service.name} is stopped: start it with 'ocpctl app start ${service.name}'.`,
    );
  await tx.query(clearCrash, { id });
  await tx.query(advanceGeneration, {});
  return accept(services, tx, caller, service, { type: RESTART_JOB, action: 'service.restart' });
}

/** What waits is cancelled, what runs is told to stop, and the destroy runs next. */
export async function destroyService(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  reason: string | undefined,
): Promise<Accepted> {
  const seen = await findOwnService(tx, caller, id);
  if (seen.status === 'DESTROYING') return destroyAgain(services, tx, caller, id);
  for (const { id: lane } of await tx.query(listWaitingDeployments, { serviceId: id }))
    await services.queue.supersede(tx, lane, `service ${seen.name} is destroyed`);
  const service = await lockForChange(services, tx, caller, id);
  await services.queue.supersede(tx, id, `service ${service.name} is destroyed`);
  await tx.query(cancelDeployments, { serviceId: id });
  await tx.query(cancelRuns, { serviceId: id, reason: 'the service is destroyed' });
  await tx.query(beginServiceDestroy, { id });
  const facts = reason === undefined ? {} : { reason };
  return accept(services, tx, caller, service, {
    type: DESTROY_SERVICE_JOB,
    action: 'service.destroy',
    facts,
  });
}

/** The destroy that is under way, or another one when that ended without success. */
async function destroyAgain(services: AppServices, tx: Tx, caller: Caller, id: string): Promise<Accepted> {
  await services.queue.lockLane(tx, id);
  const service = await relockService(tx, id);
  const job = service.lastJobId === null ? undefined : await readJob(tx, service.lastJobId, null);
  if (service.status === 'DESTROYING' && (job === undefined || hasEnded(job)))
    return accept(services, tx, caller, service, { type: DESTROY_SERVICE_JOB, action: 'service.destroy' });
  if (job === undefined || service.status !== 'DESTROYING')
    throw new AppError('STATE_CONFLICT', `Service ${service.name} is ${service.status}.`);
  await auditChange(tx, caller, service, { action: 'service.destroy', jobId: job.id });
  return { service: await readService(tx, id, null), job };
}

/** The lane of the service, then its row. @throws AppError STATE_CONFLICT when it is destroyed, or about to be */
export async function lockForChange(
  { queue }: Pick<AppServices, 'queue'>,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<ServiceRow> {
  await findOwnService(tx, caller, id);
  await queue.lockLane(tx, id);
  const service = await relockService(tx, id);
  if (service.status !== 'ACTIVE')
    throw new AppError('STATE_CONFLICT', `Service ${service.name} is ${service.status}.`);
  return service;
}

function assertDeployed({ name, liveReleaseId }: ServiceRow): void {
  if (liveReleaseId === null)
    throw new AppError('STATE_CONFLICT', `Service ${name} has no live release yet: deploy it first.`);
}

async function accept(
  { queue }: AppServices,
  tx: Tx,
  caller: Caller,
  service: ServiceRow,
  { type, action, facts = {} }: { type: string; action: string; facts?: Readonly<Record<string, unknown>> },
): Promise<Accepted> {
  const { id, name, team } = service;
  const jobId = await queue.enqueue(tx, {
    resourceId: id,
    resourceName: name,
    team,
    type,
    requestedBy: caller.principal,
    traceparent: caller.traceparent,
  });
  await tx.query(setServiceJob, { id, jobId });
  await auditChange(tx, caller, service, { action, jobId, ...facts });
  return { service: await readService(tx, id, null), job: await readJob(tx, jobId, null) };
}

async function auditChange(
  tx: Tx,
  caller: Caller,
  { id, name, team }: ServiceRow,
  { action, ...facts }: { readonly action: string } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await audit(tx, team, caller, { action, target: id, status: 'SUCCESS', metadata: { name, ...facts } });
}
