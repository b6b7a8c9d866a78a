import { hasEnded } from '../../../contract/statuses.ts';
import type { OffhoursRow, ScaleRow } from '../store/offhours.sql.ts';
import { OFFHOURS_ACTOR } from './next-action.ts';
import type { SchedulePeriod } from './schedule.ts';

export function isManual({ by }: Pick<ScaleRow, 'by'>): boolean {
  return by !== OFFHOURS_ACTOR.principal;
}

/**
 * What is recorded of a cluster, with a scale by hand that is under way counted as done: the schedule leaves it alone.
 * @param scale the last one of the cluster
 */
export function withScaleUnderWay(
  done: OffhoursRow | undefined,
  period: SchedulePeriod | undefined,
  scale: ScaleRow | undefined,
): OffhoursRow | undefined {
  if (period === undefined || scale === undefined || !isManual(scale) || hasEnded(scale)) return done;
  const isOfPeriod = period.since === undefined || scale.at >= period.since;
  return isOfPeriod ? afterManualScale(done, period, scale) : done;
}

/**
 * What is recorded of a cluster once a scale by hand has succeeded: it holds until the next boundary.
 * @param period in which it was requested
 */
export function afterManualScale(
  done: OffhoursRow | undefined,
  period: SchedulePeriod,
  { clusterId, workers, before, at }: Pick<ScaleRow, 'clusterId' | 'workers' | 'before' | 'at'>,
): OffhoursRow {
  const recorded = done?.workers ?? (before > 0 ? before : null);
  return {
    ...(done ?? { ...NOTHING_DONE, clusterId }),
    // In hours it is the number of the hours.
    workers: period.isWorking && workers > 0 ? null : recorded,
    isDown: false,
    settledAt: at,
    settledInHours: period.isWorking,
    settledBySchedule: false,
  };
}

const NOTHING_DONE = {
  ...{ blocked: null, periodSince: null, tries: 0, target: null },
  ...{ jobId: null, jobStatus: null, jobEndedAt: null, cancelledBy: null },
};
