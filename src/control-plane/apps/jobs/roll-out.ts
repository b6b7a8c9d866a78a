import type { JobContext } from '../../kernel/jobs/job.ts';
import { listens } from '../policy/service-settings.ts';
import { type InstanceRow, listInstances } from '../store/instances.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { attachedVolume } from './attached-volume.ts';
import type { HostDrivers } from './host-drivers.ts';
import { recreate } from './recreate.ts';
import { drain, type Rollout, retire, startReplicas, switchTo } from './rollout-steps.ts';
import { RolloutFailure } from './until-serves.ts';

/**
 * Makes the instances of a service those that are wanted: start, check, switch, drain, retire. Requests go to the old ones until the new
 * ones passed their check (A1); one that needs the volume of the old one starts after it (A6). Every step is repeated safely: instances
 * are found by rollout and replica.
 * @throws RolloutFailure when a new instance does not pass; what was started is removed
 */
export async function rollOut(
  context: AppJobContext,
  drivers: HostDrivers,
  attempt: JobContext,
  rollout: Rollout,
): Promise<void> {
  const { service, release, replicas: wanted, step } = rollout;
  const existing = await attempt.db.query(listInstances, { serviceIds: [service.id] });
  const kept = keptOf(existing, rollout);
  const replicas = Array.from({ length: release === undefined ? 0 : wanted }, (_, replica) => replica).filter(
    (replica) => !kept.some((instance) => instance.replica === replica),
  );
  const started: string[] = [];
  if (release !== undefined && replicas.length > 0) {
    const volume = await attachedVolume(drivers, attempt, service, release);
    if (volume !== undefined)
      return recreate(context, drivers, attempt, { ...rollout, release, replicas, volume, existing });
    try {
      await startReplicas(context, drivers, attempt, { ...rollout, release, replicas, volume }, started);
    } catch (error) {
      if (error instanceof RolloutFailure) await retire(context, drivers, attempt, started);
      throw error;
    }
  }
  const serving = [...kept.map(({ id }) => id), ...started];
  await step('switching', () => switchTo(context, attempt, rollout, serving));
  const retired = existing.filter(({ id }) => !serving.includes(id)).map(({ id }) => id);
  await step('draining', async () => {
    await drain(context, attempt, retired, release?.settings.drainSeconds ?? 0);
    await retire(context, drivers, attempt, retired);
  });
}

/** At most one for each replica that is wanted. */
function keptOf(existing: readonly InstanceRow[], { replicas, release, keeps }: Rollout): InstanceRow[] {
  const kept = new Map<number, InstanceRow>();
  for (const instance of existing)
    if (instance.state === 'RUNNING' && instance.releaseId === release?.row.id && keeps(instance))
      if (instance.replica < replicas && (instance.isServing || !listens(release.settings.kind)))
        kept.set(instance.replica, kept.get(instance.replica) ?? instance);
  return [...kept.values()];
}
