import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import { listens, releaseSettings, serviceSettings } from '../policy/service-settings.ts';
import type { DeploymentRow } from '../store/deployments.sql.ts';
import type { EnvironmentRow } from '../store/environments.sql.ts';
import type { InstanceRow } from '../store/instances.sql.ts';
import type { ListedReleaseRow } from '../store/releases.sql.ts';
import type { RunRow } from '../store/runs.sql.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import type { AppCost, AppCosts } from './app-costs.ts';

type Schemas = components['schemas'];
export type ApiEnvironment = Schemas['Environment'];
export type ApiService = Schemas['Service'];
export type ApiDeployment = Schemas['Deployment'];
export type ApiRun = Schemas['Run'];

const lines = z.array(z.string());
const stepsSchema = z.array(
  z.object({ step: z.string(), startedAt: z.string(), seconds: z.number().nullable() }),
);

export function presentEnvironment(row: EnvironmentRow, costs: AppCosts): ApiEnvironment {
  return {
    id: row.id,
    name: row.name,
    team: row.team,
    status: row.status as ApiEnvironment['status'],
    owner: row.owner,
    requestedBy: row.requestedBy,
    services: row.services,
    databases: row.databases,
    volumes: row.volumes,
    cost: costs.of(row.id),
    costAtExpiry: row.destroyAt === null ? null : costs.until(row.id, row.destroyAt),
    destroyAt: row.destroyAt?.toISOString() ?? null,
    residue: lines.parse(row.residue),
    createdAt: row.createdAt.toISOString(),
    destroyedAt: row.destroyedAt?.toISOString() ?? null,
  };
}

export function presentDeployment(row: DeploymentRow): ApiDeployment {
  return {
    id: row.id,
    serviceId: row.serviceId,
    number: row.number,
    reason: row.reason as ApiDeployment['reason'],
    state: row.state as ApiDeployment['state'],
    release: row.release,
    jobId: row.jobId,
    steps: stepsSchema.parse(row.steps).map((step) => ({
      ...step,
      startedAt: new Date(step.startedAt).toISOString(),
    })),
    failure:
      row.failedStep === null
        ? null
        : {
            step: row.failedStep,
            code: row.errorCode ?? 'INTERNAL',
            message: row.errorMessage ?? '',
            log: lines.parse(row.logTail),
          },
    downtimeSeconds: row.downtimeSeconds,
    supersededBy: row.supersededBy,
    requestedBy: row.requestedBy,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

export function presentRelease(row: ListedReleaseRow, liveReleaseId: string | null): Schemas['Release'] {
  return {
    id: row.id,
    number: row.number,
    live: row.id === liveReleaseId,
    wasLive: row.wasLive,
    state: row.state as Schemas['Release']['state'],
    reason: row.reason as Schemas['Release']['reason'],
    buildDigest: row.digest ?? '',
    available: row.buildStatus === 'SUCCEEDED',
    variables: row.variableNames,
    variablesHash: row.variablesHash,
    settings: releaseSettings.parse(row.settings).given,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
  };
}

export interface ServiceFacts {
  readonly deployment: DeploymentRow | undefined;
  readonly instances: readonly InstanceRow[];
  readonly url: string | null;
  readonly cost: AppCost;
  /** Of its live release, in the last ten minutes. */
  readonly exits: number;
  /** The newest of a cron service. */
  readonly lastRun: RunRow | undefined;
}

export function presentService(
  row: ServiceRow,
  { deployment, instances, url, cost, exits, lastRun }: ServiceFacts,
): ApiService {
  return {
    id: row.id,
    name: row.name,
    team: row.team,
    environment: { id: row.environmentId, name: row.environmentName },
    kind: row.kind as ApiService['kind'],
    status: statusOf(row, deployment, instances),
    url: listens(row.kind) ? url : null,
    replicas: row.replicas,
    ready: instances.filter((instance) => isReady(row, instance)).length,
    release: row.liveRelease,
    restart:
      row.restartAt === null && row.crashedAt === null
        ? null
        : { exits, nextAt: row.restartAt?.toISOString() ?? null },
    schedule:
      row.kind === 'cron'
        ? {
            nextRunAt: row.nextRunAt?.toISOString() ?? null,
            lastRun: lastRun === undefined ? null : presentRun(lastRun),
          }
        : null,
    pinned: row.pinned,
    settings: serviceSettings.parse(row.settings),
    deployment: deployment === undefined ? null : presentDeployment(deployment),
    instances: instances.map(presentInstance),
    cost,
    requestedBy: row.requestedBy,
    createdAt: row.createdAt.toISOString(),
    destroyedAt: row.destroyedAt?.toISOString() ?? null,
  };
}

export function presentRun({ timeoutSeconds: _, ...row }: RunRow): ApiRun {
  return {
    ...row,
    slot: row.slot?.toISOString() ?? null,
    state: row.state as ApiRun['state'],
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** From what was observed, never from what was ordered (A4). */
function statusOf(
  row: ServiceRow,
  deployment: DeploymentRow | undefined,
  instances: readonly InstanceRow[],
): ApiService['status'] {
  if (row.status !== 'ACTIVE') return row.status as 'DESTROYING' | 'DESTROYED';
  if (deployment !== undefined && deployment.endedAt === null) return 'DEPLOYING';
  if (row.liveReleaseId === null) return deployment?.state === 'FAILED' ? 'FAILED' : 'NEW';
  if (row.crashedAt !== null) return 'CRASHED';
  // Nothing of it has to run now.
  if (row.kind === 'cron') return row.replicas === 0 ? 'STOPPED' : 'LIVE';
  const ready = instances.filter((instance) => isReady(row, instance)).length;
  if (row.replicas === 0) return instances.length === 0 ? 'STOPPED' : 'DEGRADED';
  return ready >= row.replicas ? 'LIVE' : 'DEGRADED';
}

function isReady(row: ServiceRow, { state, isServing, releaseId }: InstanceRow): boolean {
  return state === 'RUNNING' && releaseId === row.liveReleaseId && (isServing || !listens(row.kind));
}

function presentInstance(row: InstanceRow): Schemas['Instance'] {
  return {
    id: row.id,
    release: row.release,
    replica: row.replica,
    state: row.state as Schemas['Instance']['state'],
    serving: row.isServing,
    startedAt: row.startedAt?.toISOString() ?? null,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    exit: describeExit(row),
  };
}

function describeExit({
  exitCode,
  exitSignal,
  outOfMemory,
}: Pick<InstanceRow, 'exitCode' | 'exitSignal' | 'outOfMemory'>): string | null {
  if (outOfMemory) return 'out of memory';
  return exitSignal ?? (exitCode === null ? null : `exit ${exitCode}`);
}
