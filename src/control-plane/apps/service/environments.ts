import type { components } from '../../../contract/api.gen.ts';
import { requestingTeams, resolveTeam } from '../../kernel/access/resolve-team.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { type Actor, type Caller, nameOf } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { drillOf } from '../databases/postgres-host.ts';
import { DESTROY_ENVIRONMENT_JOB, JANITOR_DESTROY_ENVIRONMENT_JOB } from '../job-types.ts';
import { beginDatabaseDestroy, listDatabasesOfEnvironment } from '../store/databases.sql.ts';
import { cancelDeployments, listWaitingDeployments } from '../store/deployments.sql.ts';
import {
  beginEnvironmentDestroy,
  type EnvironmentRow,
  insertEnvironment,
  lockEnvironment,
  lockEnvironmentNamed,
  setEnvironmentExpiry,
} from '../store/environments.sql.ts';
import { cancelRuns } from '../store/runs.sql.ts';
import { beginServiceDestroy, listServicesOfEnvironment } from '../store/services.sql.ts';
import { beginVolumeDestroy, listVolumesOfEnvironment } from '../store/volumes.sql.ts';
import type { AppServices } from './app-services.ts';
import { lockOwnEnvironment, readEnvironment } from './read.ts';

type Schemas = components['schemas'];
type EnvironmentAnswer = { environment: Schemas['Environment'] };

const MS_PER_HOUR = 3_600_000;
const MAX_TTL_HOURS = 8760;

/** @throws AppError POLICY_VIOLATION when the caller cannot create something in this team */
export function teamOfRequest(given: string | undefined, caller: Caller): string {
  const { team, problem } = resolveTeam(given, requestingTeams(caller), 'environments');
  if (problem)
    throw new AppError('POLICY_VIOLATION', 'The request cannot be accepted.', { errors: [problem] });
  return team;
}

export async function createEnvironment(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  request: Schemas['EnvironmentRequest'],
): Promise<EnvironmentAnswer> {
  const team = teamOfRequest(request.team, caller);
  const row = await ensureEnvironment(services, tx, caller, {
    team,
    name: request.name,
    ttlHours: request.ttlHours,
  });
  if (!row.isNew)
    throw new AppError('NAME_TAKEN', `Team ${team} has an environment ${request.name} already.`);
  return { environment: await readEnvironment(tx, row.environment.id, null) };
}

/** The environment of this name, locked; a new one when the team has none. */
export async function ensureEnvironment(
  { newId }: Pick<AppServices, 'newId'>,
  tx: Tx,
  caller: Caller,
  { team, name, ttlHours }: { team: string; name: string; ttlHours?: number | undefined },
): Promise<{ environment: EnvironmentRow; isNew: boolean }> {
  const id = newId('env');
  const owner = nameOf(caller.principal);
  const [inserted] = await tx.query(insertEnvironment, {
    ...{ id, team, name, owner, requestedBy: caller.principal, ttlHours: ttlHours ?? null },
  });
  const [environment] = await tx.query(lockEnvironmentNamed, { team, name });
  if (!environment) throw new AppError('STATE_CONFLICT', `Environment ${name} was destroyed meanwhile.`);
  if (inserted)
    await audit(tx, team, caller, {
      action: 'environment.create',
      target: id,
      status: 'SUCCESS',
      metadata: { name, ...(ttlHours === undefined ? {} : { ttlHours }) },
    });
  return { environment, isNew: inserted !== undefined };
}

export type EnvironmentExtension = { readonly byHours: number } | { readonly until: Date | null };

export async function extendEnvironment(
  tx: Tx,
  caller: Caller,
  id: string,
  extension: EnvironmentExtension,
): Promise<EnvironmentAnswer & { previousDestroyAt: string | null }> {
  const row = await lockOwnEnvironment(tx, caller, id);
  assertActive(row);
  const now = await readDatabaseTime(tx);
  const destroyAt = newExpiry(row, extension, now);
  await tx.query(setEnvironmentExpiry, { id, destroyAt });
  await audit(tx, row.team, caller, {
    action: 'environment.extend',
    target: id,
    status: 'SUCCESS',
    metadata: { from: row.destroyAt?.toISOString() ?? null, to: destroyAt?.toISOString() ?? null },
  });
  return {
    environment: await readEnvironment(tx, id, null),
    previousDestroyAt: row.destroyAt?.toISOString() ?? null,
  };
}

function newExpiry(row: EnvironmentRow, extension: EnvironmentExtension, now: Date): Date | null {
  if ('until' in extension && extension.until === null) return null;
  if ('byHours' in extension && row.destroyAt === null)
    throw new AppError('STATE_CONFLICT', `Environment ${row.name} has no expiry time to extend.`);
  const at =
    'byHours' in extension
      ? new Date((row.destroyAt ?? now).getTime() + extension.byHours * MS_PER_HOUR)
      : (extension.until ?? now);
  const field = 'byHours' in extension ? 'byHours' : 'until';
  const latest = new Date(now.getTime() + MAX_TTL_HOURS * MS_PER_HOUR);
  const problem =
    at <= now
      ? { code: 'IN_THE_PAST', message: 'this is in the past; to end an environment now, destroy it' }
      : at > latest
        ? { code: 'TOO_LONG', message: 'an environment expires within a year, or never' }
        : undefined;
  if (problem)
    throw new AppError('POLICY_VIOLATION', `The expiry of ${row.name} cannot be changed.`, {
      errors: [{ field, ...problem }],
    });
  return at;
}

/** @throws AppError STATE_CONFLICT */
export function assertActive({ name, status }: EnvironmentRow): void {
  if (status !== 'ACTIVE') throw new AppError('STATE_CONFLICT', `Environment ${name} is ${status}.`);
}

export async function destroyEnvironment(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  reason: string | undefined,
): Promise<EnvironmentAnswer & { job: Schemas['Job'] }> {
  // The lane before the row, as workers and the expiry task do.
  await services.queue.lockLane(tx, id);
  const row = await lockOwnEnvironment(tx, caller, id);
  if (row.status === 'DESTROYED')
    throw new AppError('STATE_CONFLICT', `Environment ${row.name} is already DESTROYED.`);
  const underWay = row.status === 'DESTROYING' ? row.lastJobId : null;
  const jobId = underWay ?? (await requestEnvironmentDestroy(services, tx, row, { actor: caller }));
  await auditDestroy(tx, caller, row, { action: 'environment.destroy', jobId, reason });
  return { environment: await readEnvironment(tx, id, null), job: await readJob(tx, jobId, null) };
}

/** Whatever runs in it is stopped; the destroy runs in the lane of the environment. The row is locked. @returns the id of the job */
export async function requestEnvironmentDestroy(
  { queue }: Pick<AppServices, 'queue'>,
  tx: Tx,
  { id, name, team }: EnvironmentRow,
  { actor, isExpiry = false }: { readonly actor: Actor; readonly isExpiry?: boolean },
): Promise<string> {
  for (const service of await tx.query(listServicesOfEnvironment, { environmentId: id })) {
    const builds = await tx.query(listWaitingDeployments, { serviceId: service.id });
    for (const lane of [...builds.map((build) => build.id), service.id])
      await queue.supersede(tx, lane, `environment ${name} is destroyed`);
    await tx.query(beginServiceDestroy, { id: service.id });
    await tx.query(cancelDeployments, { serviceId: service.id });
    await tx.query(cancelRuns, { serviceId: service.id, reason: `environment ${name} is destroyed` });
  }
  for (const database of await tx.query(listDatabasesOfEnvironment, { environmentId: id })) {
    for (const lane of [database.id, drillOf(database.id)])
      await queue.supersede(tx, lane, `environment ${name} is destroyed`);
    await tx.query(beginDatabaseDestroy, { id: database.id });
  }
  for (const volume of await tx.query(listVolumesOfEnvironment, { environmentId: id })) {
    await queue.supersede(tx, volume.id, `environment ${name} is destroyed`);
    await tx.query(beginVolumeDestroy, { id: volume.id });
  }
  const jobId = await queue.enqueue(tx, {
    resourceId: id,
    resourceName: name,
    team,
    type: isExpiry ? JANITOR_DESTROY_ENVIRONMENT_JOB : DESTROY_ENVIRONMENT_JOB,
    requestedBy: actor.principal,
    traceparent: actor.traceparent,
  });
  await tx.query(beginEnvironmentDestroy, { id, jobId });
  return jobId;
}

async function auditDestroy(
  tx: Tx,
  actor: Actor,
  { id, name, team }: EnvironmentRow,
  { action, jobId, reason }: { action: string; jobId: string; reason: string | undefined },
): Promise<void> {
  const metadata = { name, jobId, ...(reason === undefined ? {} : { reason }) };
  await audit(tx, team, actor, { action, target: id, status: 'SUCCESS', metadata });
}

/** Ends an environment whose time is over, or whose last destroy failed. Its lane is locked. @returns whether there was something to do */
export async function expireEnvironment(
  services: Pick<AppServices, 'queue'>,
  tx: Tx,
  actor: Actor,
  id: string,
): Promise<boolean> {
  const [row] = await tx.query(lockEnvironment, { id, teams: null });
  if (!row || row.status === 'DESTROYED' || row.status === 'DESTROYING') return false;
  const isRetry = row.status === 'DESTROY_FAILED';
  if (!isRetry && (row.destroyAt === null || row.destroyAt > (await readDatabaseTime(tx)))) return false;
  const reason = isRetry ? 'the last destroy failed' : `expired at ${row.destroyAt?.toISOString()}`;
  const jobId = await requestEnvironmentDestroy(services, tx, row, { actor, isExpiry: true });
  await auditDestroy(tx, actor, row, { action: 'environment.expire', jobId, reason });
  return true;
}
