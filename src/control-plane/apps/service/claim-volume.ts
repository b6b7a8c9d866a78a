import type { Actor } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ServiceSettings, VolumeSettings } from '../policy/service-settings.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import {
  attachVolume,
  findVolumeNamed,
  findVolumeOfService,
  lockVolumeNamed,
  type VolumeRow,
} from '../store/volumes.sql.ts';
import type { AppServices } from './app-services.ts';
import { addVolume, DEFAULT_SIZE_GIB } from './volumes.ts';

/** Below them are files of the kernel; `/app` is the application itself in images that ocpctl builds. */
const RESERVED = [/^\/(proc|sys|dev)(\/|$)/, /^\/app$/];

/**
 * Gives a service the volume of its settings, from this deploy until the service is destroyed.
 * @param mayCreate whether one is created when the environment has none of the name
 * @throws AppError STATE_CONFLICT, POLICY_VIOLATION or QUOTA_EXCEEDED
 */
export async function claimVolume(
  services: AppServices,
  tx: Tx,
  caller: Actor,
  service: ServiceRow,
  { volume, mayCreate }: { readonly volume: VolumeSettings; readonly mayCreate: boolean },
): Promise<void> {
  const { id: serviceId, environmentId, team } = service;
  const { name } = volume;
  await assertKeepsVolume(tx, service, name);
  if (mayCreate && (await tx.query(lockVolumeNamed, { environmentId, name })).length === 0)
    await addVolume(services, tx, caller, { team, environmentId, name, sizeGib: DEFAULT_SIZE_GIB });
  const [row] = await tx.query(lockVolumeNamed, { environmentId, name });
  if (!row)
    throw new AppError('STATE_CONFLICT', `Environment ${service.environmentName} has no volume ${name}.`);
  assertFree(row, serviceId);
  await tx.query(attachVolume, { id: row.id, serviceId });
}

/** Whether a deploy could have its volume; nothing is changed. @returns whether the volume is new */
export async function checkVolume(
  db: Queryable,
  environmentId: string | undefined,
  service: ServiceRow | undefined,
  { name }: VolumeSettings,
): Promise<{ readonly isNew: boolean }> {
  if (environmentId === undefined) return { isNew: true };
  if (service !== undefined) await assertKeepsVolume(db, service, name);
  const [row] = await db.query(findVolumeNamed, { environmentId, name });
  if (row) assertFree(row, service?.id);
  return { isNew: row === undefined };
}

/** @throws AppError POLICY_VIOLATION: more than one replica, or a path that is not for data */
export function assertVolumeSettings({ volume, replicas }: ServiceSettings, current: number): void {
  if (volume === undefined) return;
  const wanted = replicas ?? current;
  const errors = [
    ...(wanted <= 1
      ? []
      : [
          {
            field: 'settings.replicas',
            code: 'VOLUME',
            message: `must be 1 (not ${wanted}): one instance at a time has volume ${volume.name}`,
          },
        ]),
    ...(RESERVED.some((path) => path.test(volume.path))
      ? [{ field: 'settings.volume.path', code: 'RESERVED', message: `must not be ${volume.path}` }]
      : []),
  ];
  if (errors.length > 0)
    throw new AppError('POLICY_VIOLATION', 'The volume cannot be used like this.', { errors });
}

/** One whose volume changed would start with other data than its releases know. */
async function assertKeepsVolume(db: Queryable, { id, name }: ServiceRow, wanted: string): Promise<void> {
  const [own] = await db.query(findVolumeOfService, { serviceId: id });
  if (own !== undefined && own.name !== wanted)
    throw new AppError(
      'STATE_CONFLICT',
      `Service ${name} has volume ${own.name}, which it keeps until it is destroyed: it cannot get ${wanted}.`,
    );
}

function assertFree(row: VolumeRow, serviceId: string | undefined): void {
  if (row.status !== 'ACTIVE') throw new AppError('STATE_CONFLICT', `Volume ${row.name} is ${row.status}.`);
  if (row.serviceId !== null && row.serviceId !== serviceId)
    throw new AppError('STATE_CONFLICT', `Volume ${row.name} belongs to service ${row.serviceName}.`);
}
