import type { components } from '../../../contract/api.gen.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { nextScale, type OffhoursState } from '../offhours/next-action.ts';
import { localTime, type Schedule } from '../offhours/schedule.ts';
import { type TeamHours, TeamHoursCache } from '../offhours/team-hours.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';
import {
  forgetOffhours,
  listOffhours,
  listSchedules,
  type OffhoursRow,
  overrideOffhours,
} from '../store/offhours.sql.ts';

type ApiOffhours = components['schemas']['Cluster']['offhours'];

/** The off-hours of clusters of one page, or of one: what holds for each of them now. */
export class OffhoursReader {
  readonly #now: Date;
  readonly #hours: ReadonlyMap<string, TeamHours>;
  readonly #done: ReadonlyMap<string, OffhoursRow>;

  /** @param cache of who reads several times */
  static async read(
    db: Queryable,
    rows: readonly ClusterRow[],
    now: Date,
    cache = new TeamHoursCache(),
  ): Promise<OffhoursReader> {
    const done = await db.query(listOffhours, { clusterIds: rows.map(({ id }) => id) });
    const teams = [...new Set(rows.filter(({ offhoursOptIn }) => offhoursOptIn).map(({ team }) => team))];
    const schedules = teams.length === 0 ? [] : await db.query(listSchedules, { teams });
    return new OffhoursReader(now, new Map(schedules.map((row) => [row.team, cache.at(row, now)])), done);
  }

  private constructor(now: Date, hours: ReadonlyMap<string, TeamHours>, done: readonly OffhoursRow[]) {
    this.#now = now;
    this.#hours = hours;
    this.#done = new Map(done.map((row) => [row.clusterId, row]));
  }

  scheduleOf(cluster: ClusterRow): Schedule | undefined {
    return this.#hoursOf(cluster)?.schedule;
  }

  stateOf(cluster: ClusterRow): OffhoursState {
    const period = this.#hoursOf(cluster)?.period;
    return { cluster, done: this.#done.get(cluster.id), period, now: this.#now };
  }

  #hoursOf({ offhoursOptIn, team }: ClusterRow): TeamHours | undefined {
    return offhoursOptIn ? this.#hours.get(team) : undefined;
  }

  /** As the API shows it. */
  present(cluster: ClusterRow): ApiOffhours {
    const state = this.stateOf(cluster);
    const { done } = state;
    if (!cluster.offhoursOptIn && done?.isDown !== true) return null;
    const hours = this.#hoursOf(cluster);
    const schedule = hours?.schedule;
    const next = nextScale(state, hours);
    return {
      optedIn: cluster.offhoursOptIn,
      schedule:
        schedule === undefined
          ? null
          : {
              timezone: schedule.timezone,
              start: schedule.start,
              end: schedule.end,
              days: [...schedule.days],
            },
      workersInHours: done?.workers ?? cluster.requestedWorkers,
      next:
        next === undefined
          ? null
          : {
              at: next.at?.toISOString() ?? null,
              local: schedule && next.at ? localTime(next.at, schedule.timezone) : null,
              workers: next.workers,
            },
      last:
        done?.requestedAt == null
          ? null
          : {
              at: done.requestedAt.toISOString(),
              workers: done.target ?? 0,
              reason: done.reason ?? '',
              jobId: done.jobId,
            },
    };
  }
}

/**
 * Records a scale by hand: it wins until the next boundary of the schedule. At the next start of hours the workers go back to the number
 * that was asked for in hours; a scale to 0 in hours is a pause until then.
 * @param row as it was before the scale
 */
export async function overrideSchedule(tx: Tx, row: ClusterRow, workers: number): Promise<void> {
  const reader = await OffhoursReader.read(tx, [row], await readDatabaseTime(tx));
  const { done, period } = reader.stateOf(row);
  if (period === undefined) {
    if (done !== undefined) await tx.query(forgetOffhours, { id: row.id });
    return;
  }
  const inHours = period.isWorking;
  const before = done?.workers ?? (row.requestedWorkers > 0 ? row.requestedWorkers : null);
  // In hours another number is the one of the hours; it is kept while the schedule still had workers to bring back.
  const another = done?.workers == null ? null : workers;
  await tx.query(overrideOffhours, {
    id: row.id,
    workers: inHours && workers > 0 ? another : before,
    inHours,
  });
}
