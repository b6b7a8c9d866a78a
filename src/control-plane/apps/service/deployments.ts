import { randomBytes } from 'node:crypto';
import type { components } from '../../../contract/api.gen.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Actor, Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { BUILD_JOB, DEPLOY_JOB } from '../job-types.ts';
import { mergeSettings, releaseSettings, type ServiceSettings } from '../policy/service-settings.ts';
import {
  insertDeployment,
  listWaitingDeployments,
  moveDeployment,
  setSupersededBy,
} from '../store/deployments.sql.ts';
import { lockEnvironment } from '../store/environments.sql.ts';
import { findPreviousRelease, findReleaseNumbered, type ReleaseRow } from '../store/releases.sql.ts';
import {
  findServiceNamed,
  insertService,
  nextDeploymentNumber,
  type ServiceRow,
  setServiceJob,
} from '../store/services.sql.ts';
import { useSource } from '../store/sources.sql.ts';
import type { AppServices } from './app-services.ts';
import { assertKind } from './assert-kind.ts';
import { assertVolumeSettings, claimVolume } from './claim-volume.ts';
import { DEFAULT_ENVIRONMENT } from './default-environment.ts';
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

/** 20 bits: with its name in front, two services meet once in a million; then another one is drawn. */
const LABEL_BYTES = 3;
const LABEL_TRIES = 8;

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
  await assertUploaded(services.artifacts, team, request.source);
  await tx.query(useSource, { team, ...request.source });
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

async function ensureService(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  environment: { readonly id: string; readonly team: string },
  name: string,
  settings: ServiceSettings,
): Promise<ServiceRow> {
  const found = await tx.query(findServiceNamed, { environmentId: environment.id, name });
  if (found[0]) return found[0];
  const { team } = environment;
  const replicas = settings.replicas ?? 1;
  await assertServiceFits(services, tx, team, { replicas, settings });
  const id = services.newId('svc');
  for (let tries = 0; tries < LABEL_TRIES; tries++) {
    const hostLabel = `${name}-${randomLabel()}`;
    const [row] = await tx.query(insertService, {
      ...{ id, environmentId: environment.id, team, name, hostLabel, replicas, settings },
      kind: settings.kind ?? 'web',
      requestedBy: caller.principal,
    });
    if (!row) continue;
    await audit(tx, team, caller, {
      action: 'service.create',
      target: id,
      status: 'SUCCESS',
      metadata: { name },
    });
    return relockService(tx, id);
  }
  throw new AppError('UNAVAILABLE', 'No free host name was found; try again.', { retryAfterSeconds: 1 });
}

function randomLabel(): string {
  const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
  const bits = randomBytes(LABEL_BYTES).readUIntBE(0, LABEL_BYTES);
  return [0, 5, 10, 15].map((shift) => ALPHABET.charAt((bits >> shift) & 31)).join('');
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
  { releaseId, reason }: { readonly releaseId: string; readonly reason: 'variables' | 'rotation' },
): Promise<DeploymentAccepted> {
  return begin(services, tx, caller, service, {
    reason,
    settings: mergeSettings(service.settings, { replicas: service.replicas }),
    sourceSha256: null,
    releaseId,
  });
}
