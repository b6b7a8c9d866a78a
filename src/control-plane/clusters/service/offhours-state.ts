import type { components } from '../../../contract/api.gen.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { afterManualScale, isManual, withScaleUnderWay } from '../offhours/manual-scale.ts';
import { isHeld, nextScale, type OffhoursState } from '../offhours/next-action.ts';
import { localTime, type Schedule } from '../offhours/schedule.ts';
import { type TeamHours, TeamHoursCache } from '../offhours/team-hours.ts';
import { type ClusterRow, getCluster } from '../store/clusters.sql.ts';
import {
  forgetOffhours,
  listLastScales,
  listOffhours,
  listSchedules,
  type OffhoursRow,
  overrideOffhours,
  type ScaleRow,
} from '../store/offhours.sql.ts';

type ApiOffhours = components['schemas']['Cluster']['offhours'];
type Shown = NonNullable<ApiOffhours>;

/** The off-hours of clusters of one page, or of one: what holds for each of them now. */
export class OffhoursReader {
  readonly #now: Date;
  readonly #hours: ReadonlyMap<string, TeamHours>;
  readonly #done: ReadonlyMap<string, OffhoursRow>;
  readonly #scales: ReadonlyMap<string, ScaleRow>;

  /** @param cache of who reads several times */
  static async read(
    db: Queryable,
    rows: readonly ClusterRow[],
    now: Date,
    cache = new TeamHoursCache(),
  ): Promise<OffhoursReader> {
    const teams = [...new Set(rows.filter(({ offhoursOptIn }) => offhoursOptIn).map(({ team }) => team))];
    const schedules = teams.length === 0 ? [] : await db.query(listSchedules, { teams });
    const hours = new Map(schedules.map((row) => [row.team, cache.at(row, now)]));
    return OffhoursReader.withHours(db, rows, now, hours);
  }

  /** @param hours by team, also of schedules that are not stored */
  static async withHours(
    db: Queryable,
    rows: readonly ClusterRow[],
    now: Date,
    hours: ReadonlyMap<string, TeamHours>,
  ): Promise<OffhoursReader> {
    const done = await db.query(listOffhours, { clusterIds: rows.map(({ id }) => id) });
    const optedIn = rows.filter(({ offhoursOptIn }) => offhoursOptIn);
    const clusterIds = [...new Set([...optedIn.map(({ id }) => id), ...done.map((row) => row.clusterId)])];
    const scales = clusterIds.length === 0 ? [] : await db.query(listLastScales, { clusterIds });
    return new OffhoursReader(now, hours, done, scales);
  }

  private constructor(
    now: Date,
    hours: ReadonlyMap<string, TeamHours>,
    done: readonly OffhoursRow[],
    scales: readonly ScaleRow[],
  ) {
    this.#now = now;
    this.#hours = hours;
    this.#done = new Map(done.map((row) => [row.clusterId, row]));
    this.#scales = new Map(scales.map((row) => [row.clusterId, row]));
  }

  /** Undefined: the team has no schedule, or the cluster did not opt in. */
  hoursOf({ offhoursOptIn, team }: ClusterRow): TeamHours | undefined {
    return offhoursOptIn ? this.#hours.get(team) : undefined;
  }

  /** What holds for a cluster now. */
  stateOf(cluster: ClusterRow): OffhoursState {
    const period = this.hoursOf(cluster)?.period;
    const [done, scale] = [this.#done.get(cluster.id), this.#scales.get(cluster.id)];
    return { cluster, done: withScaleUnderWay(done, period, scale), period, now: this.#now };
  }

  /** As the API shows it. */
  present(cluster: ClusterRow): ApiOffhours {
    const state = this.stateOf(cluster);
    const { done } = state;
    if (!cluster.offhoursOptIn && done?.isDown !== true) return null;
    const hours = this.hoursOf(cluster);
    return {
      optedIn: cluster.offhoursOptIn,
      schedule: hours === undefined ? null : presentSchedule(hours.schedule),
      workersInHours: done?.workers ?? cluster.requestedWorkers,
      blocked: done?.blocked ?? null,
      hold: this.#hold(state, hours, cluster.id),
      next: presentNext(state, hours),
      last: presentScale(this.#scales.get(cluster.id)),
    };
  }

  #hold({ done, period }: OffhoursState, hours: TeamHours | undefined, id: string): Shown['hold'] {
    if (period === undefined || hours === undefined || !isHeld(done, period)) return null;
    const scale = this.#scales.get(id);
    const isByScale = scale !== undefined && isManual(scale) && !FAILED.has(scale.status);
    return { ...presentTime(period.until, hours), by: isByScale ? scale.by : (done?.cancelledBy ?? null) };
  }
}

const FAILED: ReadonlySet<string> = new Set(['FAILED', 'CANCELLED']);

function presentSchedule({ timezone, start, end, days }: Schedule): Shown['schedule'] {
  return { timezone, start, end, days: [...days] };
}

function presentTime(at: Date | undefined, hours: TeamHours | undefined) {
  const local = hours && at ? localTime(at, hours.schedule.timezone) : null;
  return { at: at?.toISOString() ?? null, local };
}

function presentNext(state: OffhoursState, hours: TeamHours | undefined): Shown['next'] {
  const next = nextScale(state, hours);
  return next === undefined ? null : { ...presentTime(next.at, hours), workers: next.workers };
}

function presentScale(scale: ScaleRow | undefined): Shown['last'] {
  if (scale === undefined) return null;
  const { at, workers, by, reason, jobId } = scale;
  const status = scale.status as NonNullable<Shown['last']>['status'];
  return { at: at.toISOString(), workers, by, reason, status, jobId };
}

/**
 * Records a scale by hand that succeeded: it wins until the first boundary of the schedule after it was requested. At the next start of
 * hours the workers go back to the number that was asked for in hours; a scale to 0 in hours is a pause until then.
 */
export async function overrideSchedule(tx: Tx, id: string, jobId: string): Promise<void> {
  const [row] = await tx.query(getCluster, { id, teams: null });
  const [scale] = await tx.query(listLastScales, { clusterIds: [id] });
  if (row === undefined || scale?.jobId !== jobId || !isManual(scale)) return;
  const { done, period } = (await OffhoursReader.read(tx, [row], scale.at)).stateOf(row);
  if (period === undefined) {
    await tx.query(forgetOffhours, { id });
    return;
  }
  const { workers } = afterManualScale(done, period, scale);
  await tx.query(overrideOffhours, { id, workers, requestedAt: scale.at, inHours: period.isWorking });
}
