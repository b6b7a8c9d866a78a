import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { type ReleaseSettings, volumeVariable } from '../policy/service-settings.ts';
import type { InstanceMount } from '../runtime/runtime.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import { findVolumeOfService, setVolumeDriver } from '../store/volumes.sql.ts';
import type { HostDrivers } from './host-drivers.ts';

/** A volume as the instance of a release gets it. */
export interface AttachedVolume {
  readonly id: string;
  readonly mount: InstanceMount;
}

/**
 * The volume of a release; one that had no data yet is made. Called before anything stops.
 * @returns undefined: it has none
 * @throws JobFailure VOLUME_UNUSABLE: data that cannot be found is never replaced by an empty volume
 */
export async function attachedVolume(
  { volumes, runtime }: Pick<HostDrivers, 'volumes' | 'runtime'>,
  attempt: JobContext,
  service: Pick<ServiceRow, 'id' | 'name'>,
  { settings }: { readonly settings: Pick<ReleaseSettings, 'volume'> },
): Promise<AttachedVolume | undefined> {
  if (settings.volume === null) return undefined;
  const { name, path } = settings.volume;
  const [row] = await attempt.db.query(findVolumeOfService, { serviceId: service.id });
  if (row?.name !== name) throw unusable(`service ${service.name} has no volume ${name}`);
  const mount = { target: path, variable: volumeVariable(name), isExclusive: true };
  if (row.driver === null) {
    const source = await volumes.create(row.id);
    await attempt.commit((tx) => tx.query(setVolumeDriver, { id: row.id, driver: runtime.name }));
    return { id: row.id, mount: { source, ...mount } };
  }
  if (row.driver !== runtime.name)
    throw unusable(`the data of volume ${name} is kept by the runtime ${row.driver}, not by ${runtime.name}`);
  const source = await volumes.find(row.id);
  if (source === undefined) throw unusable(`the data of volume ${name} is not on the host`);
  return { id: row.id, mount: { source, ...mount } };
}

function unusable(message: string): JobFailure {
  return new JobFailure('VOLUME_UNUSABLE', message, { retryable: false });
}
