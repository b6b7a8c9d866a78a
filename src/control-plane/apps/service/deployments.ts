import type { components } from '../../../contract/api.gen.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Actor, Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { BUILD_JOB, DEPLOY_JOB } from '../job-types.ts';
import {
  mergeSettings,
  releaseSettings,
  type ServiceSettings,
  serviceSettings,
} from '../policy/service-settings.ts';
import {
  insertDeployment,
  listWaitingDeployments,
  moveDeployment,
  setSupersededBy,
} from '../store/deployments.sql.ts';
import { lockEnvironment } from '../store/environments.sql.ts';
import { findPreviousRelease, findReleaseNumbered, type ReleaseRow } from '../store/releases.sql.ts';
import { nextDeploymentNumber, type ServiceRow, setServiceJob } from '../store/services.sql.ts';
import { useSource } from '../store/sources.sql.ts';
import type { AppServices } from './app-services.ts';
import { assertKind } from './assert-kind.ts';
import { assertVolumeSettings, claimVolume } from './claim-volume.ts';
import { DEFAULT_ENVIRONMENT } from './default-environment.ts';
import { ensureService } from './ensure-service.ts';
import { assertActive, ensureEnvironment, teamOfRequest } from './environments.ts';
import { assertServiceFits } from './quotas.ts';
import { findOwnService, readDeployment, readService, relockService } from './read.ts';
import { renewRelease } from './releases.ts';
import { storeVariableChanges } from './store-variable-changes.ts';
import { assertUploaded } from './uploaded-parts.ts';

type Schemas = components['schemas'];
export type DeploymentAccepted = {
  deployment: Schemas['Deployment'];
  service: Schemas['Service'];
  job: Schemas['Job'];
};

/** Accepts a deploy: what does not exist yet, the deployment and its job in the caller's transaction (G11). */
export async function createDeployment(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  request: Schemas['DeploymentRequest'],
): Promise<DeploymentAccepted> {
  const team = teamOfRequest(request.team, caller);
  const name = request.environment ?? DEFAULT_ENVIRONMENT;
  const { ttlHours } = request;
  const { environment } = await ensureEnvironment(services, tx, caller, { team, name, ttlHours });
  assertActive(environment);
  // First its row, so that it is not removed meanwhile.
  await tx.query(useSource, { team, ...request.source });
  await assertUploaded(services.artifacts, team, request.source);
  const given: ServiceSettings = request.settings ?? {};
  const service = await ensureService(services, tx, caller, environment, request.service, given);
  assertKind(service, given);
  const set = request.variables ?? {};
  if (Object.keys(set).length > 0) await storeVariableChanges(services, tx, caller, service, { set });
  return begin(services, tx, caller, service, {
    reason: 'deploy',
    settings: mergeSettings(service.settings, given),
    sourceSha256: request.source.sha256,
    releaseId: null,
  });
}

interface NewDeployment {
  readonly reason: 'deploy' | 'rollback' | 'variables' | 'rotation';
  readonly settings: ServiceSettings;
  /** Of a deploy: what to build. */
  readonly sourceSha256: string | null;
  /** Of the others: what there is already. */
  readonly releaseId: string | null;
}

/**
 * Adds a deployment. The environment is locked, so that two requests do not wait for each other's lanes. Of those that wait, only the
 * newest runs.
 */
async function begin(
  services: AppServices,
  tx: Tx,
  caller: Actor,
  service: ServiceRow,
  wanted: NewDeployment,
): Promise<DeploymentAccepted> {
  const { queue, newId } = services;
  const { volume } = wanted.settings;
  assertVolumeSettings(wanted.settings, service.replicas);
  if (volume !== undefined) {
    const mayCreate = wanted.reason === 'deploy';
    await claimVolume(services, tx, caller, service, { volume, mayCreate });
  }
  const [id, jobId] = [newId('dep'), newId('job')];
  const waiting = await tx.query(listWaitingDeployments, { serviceId: service.id });
  for (const { id: lane } of waiting) await queue.lockLane(tx, lane);
  await queue.lockLane(tx, service.id);
  const locked = await relockService(tx, service.id);
  if (locked.status !== 'ACTIVE')
    throw new AppError('STATE_CONFLICT', `Service ${locked.name} is ${locked.status}.`);
  await assertGrowthFits(services, tx, locked, wanted.settings);
  for (const { id: lane } of waiting) await queue.supersede(tx, lane, `superseded by deployment ${id}`);
  await supersedeWaiting(tx, service.id, id);
  const [next] = await tx.query(nextDeploymentNumber, { id: service.id });
  await tx.query(insertDeployment, {
    ...{ id, serviceId: service.id, team: service.team, number: next?.number ?? 0, jobId },
    ...wanted,
    ...{ plan: null, buildId: null, requestedBy: caller.principal },
  });
  await queue.enqueue(tx, {
    id: jobId,
    resourceId: wanted.releaseId === null ? id : service.id,
    resourceName: service.name,
    team: service.team,
    type: wanted.releaseId === null ? BUILD_JOB : DEPLOY_JOB,
    payload: { deploymentId: id },
    requestedBy: caller.principal,
    traceparent: caller.traceparent,
  });
  await tx.query(setServiceJob, { id: service.id, jobId });
  await audit(tx, service.team, caller, {
    action: `service.${wanted.reason}`,
    target: service.id,
    status: 'SUCCESS',
    metadata: { name: service.name, deploymentId: id, jobId },
  });
  return {
    deployment: await readDeployment(tx, id, null),
    service: await readService(tx, service.id, null),
    job: await readJob(tx, jobId, null),
  };
}

/** What a service has already is not asked for again: a quota that was lowered stops nothing. @throws AppError QUOTA_EXCEEDED */
async function assertGrowthFits(
  services: AppServices,
  tx: Tx,
  { id, team, replicas: before, settings: current }: ServiceRow,
  settings: ServiceSettings,
): Promise<void> {
  const replicas = settings.replicas ?? before;
  const memoryOf = ({ memoryMb = services.defaults.memoryMb }: ServiceSettings) => memoryMb;
  const memoryBefore = before * memoryOf(serviceSettings.parse(current));
  if (replicas > before || replicas * memoryOf(settings) > memoryBefore)
    await assertServiceFits(services, tx, team, { replicas, settings, except: id });
}

/** Deployments that have not begun to change instances end; their jobs find that when they begin. */
async function supersedeWaiting(tx: Tx, serviceId: string, by: string): Promise<void> {
  const waiting = await tx.query(listWaitingDeployments, { serviceId });
  for (const { id, state } of waiting) {
    await tx.query(moveDeployment, { id, from: [state], to: 'SUPERSEDED' });
    await tx.query(setSupersededBy, { id, by });
  }
}

/** Deploys an earlier release again: its build, variables and settings; the number of replicas and the logins of databases stay. */
export async function rollbackService(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  number: number | undefined,
): Promise<DeploymentAccepted> {
  const service = await findOwnService(tx, caller, id);
  await tx.query(lockEnvironment, { id: service.environmentId, teams: null });
  const release = await releaseToRestore(tx, service, number);
  if (release.id === service.liveReleaseId)
    throw new AppError('STATE_CONFLICT', `Release ${release.number} of ${service.name} is live already.`);
  if (release.buildStatus !== 'SUCCEEDED')
    throw new AppError(
      'STATE_CONFLICT',
      `Release ${release.number} of ${service.name} cannot be restored: its build was removed.`,
    );
  const { given } = releaseSettings.parse(release.settings);
  return begin(services, tx, caller, service, {
    reason: 'rollback',
    settings: { ...given, replicas: service.replicas },
    sourceSha256: null,
    releaseId: await renewRelease(services, tx, service, release, caller.principal),
  });
}

async function releaseToRestore(
  tx: Tx,
  { id: serviceId, name, liveReleaseId }: ServiceRow,
  number: number | undefined,
): Promise<ReleaseRow> {
  if (number !== undefined) {
    const [release] = await tx.query(findReleaseNumbered, { serviceId, number });
    if (!release) throw new AppError('NOT_FOUND', `Service ${name} has no release ${number}.`);
    if (!release.wasLive)
      throw new AppError(
        'STATE_CONFLICT',
        `Release ${number} of ${name} was never live: it cannot be restored.`,
      );
    return release;
  }
  const [previous] =
    liveReleaseId === null ? [] : await tx.query(findPreviousRelease, { serviceId, liveReleaseId });
  if (!previous) throw new AppError('STATE_CONFLICT', `Service ${name} has no earlier release.`);
  return previous;
}

/** Gives the instances of a live service a release that has other variables and the same build. */
export function deployRelease(
  services: AppServices,
  tx: Tx,
  caller: Actor,
  service: ServiceRow,
  {
    releaseId,
    reason,
    settings = serviceSettings.parse(service.settings),
  }: {
    readonly releaseId: string;
    readonly reason: 'variables' | 'rotation';
    /** Of the release; default: of the live one. */
    readonly settings?: ServiceSettings;
  },
): Promise<DeploymentAccepted> {
  return begin(services, tx, caller, service, {
    reason,
    settings: { ...settings, replicas: service.replicas },
    sourceSha256: null,
    releaseId,
  });
}
