import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { cronScheduleOf } from '../policy/cron-schedule.ts';
import { serviceSettings } from '../policy/service-settings.ts';
import { setNextRun } from '../store/runs.sql.ts';

/** From now on a cron service runs by the schedule of its settings, or not. */
export async function planNextRun(
  tx: Tx,
  {
    id,
    settings,
    isRunning,
  }: { readonly id: string; readonly settings: unknown; readonly isRunning: boolean },
): Promise<void> {
  const schedule = isRunning ? cronScheduleOf(serviceSettings.parse(settings)) : undefined;
  await tx.query(setNextRun, { id, at: schedule?.next(await readDatabaseTime(tx)) ?? null });
}
