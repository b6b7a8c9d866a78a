import type { JobContext } from '../../kernel/jobs/job.ts';
import { type InstanceRow, listInstances } from '../store/instances.sql.ts';
import { getService } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { type AttachedVolume, attachedVolume } from './attached-volume.ts';
import type { HostDrivers } from './host-drivers.ts';
import { openRelease } from './instance-starter.ts';
import { drain, type Replicas, type Rollout, retire, startReplicas, switchTo } from './rollout-steps.ts';

interface Recreation extends Omit<Rollout, 'release' | 'replicas'>, Replicas {
  readonly volume: AttachedVolume;
  readonly existing: readonly InstanceRow[];
}

/**
 * Stops the old instance, gives its volume to the new one and starts that: nothing serves in between. If the new one does not serve, the
 * live release is started again (A2): that is a second start, so it is promised that it is tried, not that nothing happened.
 */
export async function recreate(
  context: AppJobContext,
  drivers: HostDrivers,
  attempt: JobContext,
  rollout: Recreation,
): Promise<void> {
  const { service, release, step, existing, onStop, onServe } = rollout;
  const { clock } = context;
  const stoppedMs = clock.monotonicMs();
  const old = existing.filter((row) => !isCandidate(row, rollout)).map(({ id }) => id);
  if (old.length > 0)
    await step('draining', async () => {
      await switchTo(context, attempt, { service, release, onSwitch: async (tx) => onStop?.(tx) }, []);
      await drain(context, attempt, old, release.settings.drainSeconds);
      await retire(context, drivers, attempt, old);
    });
  const started: string[] = [];
  try {
    await startReplicas(context, drivers, attempt, rollout, started);
  } catch (error) {
    // A worker that lost its lease must leave everything to the next one.
    if (attempt.signal.aborted) throw error;
    // Also one that could not be started: its row would be taken for an instance of the live release.
    const rows = await attempt.db.query(listInstances, { serviceIds: [service.id] });
    const ours = rows.filter((row) => isOfRollout(row, rollout)).map(({ id }) => id);
    await retire(context, drivers, attempt, ours);
    await startLiveAgain(context, drivers, attempt, rollout);
    throw error;
  }
  await step('switching', () => switchTo(context, attempt, rollout, started));
  if (onServe) await attempt.commit(onServe);
  if (old.length > 0) {
    const seconds = ((clock.monotonicMs() - stoppedMs) / 1_000).toFixed(1);
    attempt.event({
      kind: 'log',
      level: 'info',
      message: `downtime: ${service.name} did not serve for ${seconds} s`,
    });
  }
}

/** The one that this rollout started in an earlier attempt. */
function isCandidate(row: InstanceRow, rollout: Pick<Recreation, 'rolloutId' | 'release'>): boolean {
  return isOfRollout(row, rollout) && (row.state === 'STARTING' || row.state === 'RUNNING');
}

/** Not one of the live release that this rollout has started again. */
function isOfRollout(
  { rolloutId, releaseId }: InstanceRow,
  rollout: Pick<Recreation, 'rolloutId' | 'release'>,
): boolean {
  return rolloutId === rollout.rolloutId && releaseId === rollout.release.row.id;
}

/** What fails here is tried again by the reconciler. */
async function startLiveAgain(
  context: AppJobContext,
  drivers: HostDrivers,
  attempt: JobContext,
  { service: { id: serviceId }, release: failed, rolloutId, onServe }: Recreation,
): Promise<void> {
  const [service] = await attempt.db.query(getService, { id: serviceId, teams: null });
  const releaseId = service?.liveReleaseId ?? null;
  if (!service || releaseId === null || releaseId === failed.row.id || service.replicas === 0) return;
  const say = (level: 'info' | 'error', message: string) => attempt.event({ kind: 'log', level, message });
  try {
    const release = await openRelease(context, drivers, attempt, releaseId);
    const volume = await attachedVolume(drivers, attempt, service, release);
    const step: Rollout['step'] = (_name, work) => work();
    const started: string[] = [];
    const wanted = { service, release, rolloutId, step, replicas: [0], volume };
    await startReplicas(context, drivers, attempt, wanted, started);
    await switchTo(context, attempt, { service, release, onSwitch: async () => {} }, started);
    if (onServe) await attempt.commit(onServe);
    say('info', `release ${release.row.number} serves again`);
  } catch (error) {
    if (attempt.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    say('error', `release ${service.liveRelease} does not serve again yet: ${reason}; it is tried again`);
  }
}
