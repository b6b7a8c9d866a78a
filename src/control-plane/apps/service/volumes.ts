import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { actingTeams, forbiddenChange, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Actor, Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { Listing } from '../../kernel/listing.ts';
import { DESTROY_VOLUME_JOB } from '../job-types.ts';
import {
  beginVolumeDestroy,
  getVolume,
  insertVolume,
  listVolumes,
  lockVolume,
  setVolumeJob,
  type VolumeRow,
} from '../store/volumes.sql.ts';
import type { AppServices } from './app-services.ts';
import { DEFAULT_ENVIRONMENT } from './default-environment.ts';
import { assertActive, ensureEnvironment, teamOfRequest } from './environments.ts';
import { assertVolumeFits } from './quotas.ts';

type Schemas = components['schemas'];
type ListQuery = NonNullable<operations['listVolumes']['parameters']['query']>;

const VOLUMES = new Listing('app-volumes', z.string().max(40));
const PAGE = 50;
export const DEFAULT_SIZE_GIB = 1;

function presentVolume(row: VolumeRow): Schemas['Volume'] {
  const { serviceId, serviceName, errorCode } = row;
  return {
    id: row.id,
    name: row.name,
    team: row.team,
    environment: { id: row.environmentId, name: row.environmentName },
    sizeGib: row.sizeGib,
    status: statusOf(row),
    service: serviceId === null ? null : { id: serviceId, name: serviceName ?? '' },
    driver: row.driver,
    failure: errorCode === null ? null : { code: errorCode, message: row.errorMessage ?? '' },
    requestedBy: row.requestedBy,
    createdAt: row.createdAt.toISOString(),
    destroyedAt: row.destroyedAt?.toISOString() ?? null,
  };
}

function statusOf({ status, serviceId }: VolumeRow): Schemas['VolumeStatus'] {
  if (status === 'ACTIVE') return serviceId === null ? 'AVAILABLE' : 'ATTACHED';
  return status as Exclude<Schemas['VolumeStatus'], 'AVAILABLE' | 'ATTACHED'>;
}

/** @throws AppError NOT_FOUND, the same for unknown ids and those of other teams (A10) */
export async function readVolume(
  db: Queryable,
  id: string,
  teams: string[] | null,
): Promise<Schemas['Volume']> {
  const [row] = await db.query(getVolume, { id, teams });
  if (!row) throw notFound('volume', id);
  return presentVolume(row);
}

export async function pageVolumes(
  db: Queryable,
  caller: Caller,
  query: ListQuery,
): Promise<{ items: Schemas['Volume'][]; nextCursor: string | null }> {
  const limit = query.limit ?? PAGE;
  const rows = await db.query(listVolumes, {
    teams: readableTeams(caller),
    before: VOLUMES.decodeCursor(query.cursor, caller.principal) ?? null,
    name: query.name ?? null,
    environment: query.environment ?? null,
    team: query.team ?? null,
    limit: limit + 1,
  });
  const page = VOLUMES.page(rows, limit, caller.principal, ({ id }) => id);
  return { items: page.rows.map(presentVolume), nextCursor: page.nextCursor };
}

export async function createVolume(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  request: Schemas['VolumeRequest'],
): Promise<{ volume: Schemas['Volume'] }> {
  const team = teamOfRequest(request.team, caller);
  const environmentName = request.environment ?? DEFAULT_ENVIRONMENT;
  const { environment } = await ensureEnvironment(services, tx, caller, { team, name: environmentName });
  assertActive(environment);
  const { name, sizeGib = DEFAULT_SIZE_GIB } = request;
  const id = await addVolume(services, tx, caller, { team, environmentId: environment.id, name, sizeGib });
  if (id === undefined)
    throw new AppError('NAME_TAKEN', `Environment ${environment.name} has a volume ${name} already.`);
  return { volume: await readVolume(tx, id, null) };
}

/** Its data is made when an instance needs it. @returns undefined: the environment has one of this name */
export async function addVolume(
  services: AppServices,
  tx: Tx,
  caller: Actor,
  volume: { team: string; environmentId: string; name: string; sizeGib: number },
): Promise<string | undefined> {
  const { team, name, sizeGib } = volume;
  await assertVolumeFits(services, tx, team, sizeGib);
  const id = services.newId('vol');
  const [inserted] = await tx.query(insertVolume, { id, ...volume, requestedBy: caller.principal });
  if (!inserted) return undefined;
  await audit(tx, team, caller, {
    action: 'volume.create',
    target: id,
    status: 'SUCCESS',
    metadata: { name, sizeGib },
  });
  return id;
}

/** The data is gone after it (A6): the caller has typed the name. */
export async function destroyVolume(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  { confirm, reason }: Schemas['VolumeDestroyRequest'],
): Promise<{ volume: Schemas['Volume']; job: Schemas['Job'] }> {
  // The lane before the row, as workers do.
  await services.queue.lockLane(tx, id);
  const row = await lockOwnVolume(tx, caller, id);
  const { name, team } = row;
  if (confirm !== name)
    throw new AppError('POLICY_VIOLATION', `Volume ${name} is not destroyed: its name was not confirmed.`, {
      errors: [{ field: 'confirm', code: 'MISMATCH', message: `must be the name of the volume, ${name}` }],
    });
  if (row.serviceId !== null)
    throw new AppError(
      'STATE_CONFLICT',
      `Volume ${name} belongs to service ${row.serviceName}: destroy the service first.`,
    );
  const [begun] = await tx.query(beginVolumeDestroy, { id });
  if (!begun) throw new AppError('STATE_CONFLICT', `Volume ${name} is ${row.status}.`);
  const jobId = await services.queue.enqueue(tx, {
    ...{ resourceId: id, resourceName: name, team, type: DESTROY_VOLUME_JOB },
    ...{ requestedBy: caller.principal, traceparent: caller.traceparent },
  });
  await tx.query(setVolumeJob, { id, jobId });
  await audit(tx, team, caller, {
    action: 'volume.destroy',
    target: id,
    status: 'SUCCESS',
    metadata: { name, jobId, ...(reason === undefined ? {} : { reason }) },
  });
  return { volume: await readVolume(tx, id, null), job: await readJob(tx, jobId, null) };
}

/** @throws AppError NOT_FOUND or FORBIDDEN */
async function lockOwnVolume(tx: Tx, caller: Caller, id: string): Promise<VolumeRow> {
  const [row] = await tx.query(lockVolume, { id, teams: actingTeams(caller) });
  if (row) return row;
  const [seen] = await tx.query(getVolume, { id, teams: readableTeams(caller) });
  if (!seen) throw notFound('volume', id);
  throw forbiddenChange(caller, { what: 'volume', name: seen.name, team: seen.team, role: 'requester' });
}
