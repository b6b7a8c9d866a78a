import { hasEnded } from '../../../contract/statuses.ts';
import { systemActor } from '../../kernel/caller.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';
import type { OffhoursRow } from '../store/offhours.sql.ts';
import type { Boundary, SchedulePeriod } from './schedule.ts';

/** What the schedule decides by. */
export interface OffhoursState {
  readonly cluster: Pick<
    ClusterRow,
    'status' | 'requestedWorkers' | 'workerReplicas' | 'jobId' | 'jobStatus' | 'destroyAt'
  >;
  /** What it has done with the cluster so far. */
  readonly done: OffhoursRow | undefined;
  /** Undefined: the team has no schedule, or the cluster did not opt in. */
  readonly period: SchedulePeriod | undefined;
  readonly now: Date;
}

export type OffhoursAction =
  | { readonly kind: 'scale'; readonly workers: number }
  /** There is what is wanted in this period. */
  | { readonly kind: 'settle' }
  /** A user decided against it, until the next boundary. */
  | { readonly kind: 'hold' }
  /** No schedule holds, and nothing is left to undo. */
  | { readonly kind: 'forget' }
  /** A scale of the schedule that runs, and that is no longer wanted. */
  | { readonly kind: 'cancel'; readonly jobId: string };

/** Who requests and cancels what the schedule wants. */
export const OFFHOURS_ACTOR = systemActor('off-hours');

/** Of clusters that a schedule scales, now or once they are READY. */
export const SCALED_STATUSES: ReadonlySet<string> = new Set(['PENDING', 'CREATING', 'READY', 'SCALING']);

const MINUTE_MS = 60_000;
const FIRST_PAUSE_MINUTES = 5;
const LONGEST_PAUSE_MINUTES = 30;

/** What the schedule does with a cluster now; undefined: nothing. */
export function offhoursAction(state: OffhoursState): OffhoursAction | undefined {
  const { cluster, done, period, now } = state;
  const wanted = scheduledWorkers(state);
  if (isBusy(cluster)) return cancelOutdated(state, wanted);
  if (wanted === undefined)
    return period === undefined && done !== undefined ? { kind: 'forget' } : undefined;
  if (hasWorkers(cluster, wanted)) return finish(state);
  // Opted out: the number is kept for as long as the workers are not back.
  if (isRefused(state, wanted)) return period === undefined ? undefined : { kind: 'hold' };
  if (retryAt(state, wanted) > now) return undefined;
  return { kind: 'scale', workers: wanted };
}

/** How many workers the schedule will bring the cluster to in this period; undefined: it leaves it as it is. */
export function wantedWorkers(state: OffhoursState): number | undefined {
  const wanted = scheduledWorkers(state);
  return wanted !== undefined && isRefused(state, wanted) ? undefined : wanted;
}

/** How many workers there should be by the schedule; undefined: as many as there are. */
function scheduledWorkers({ done, period }: OffhoursState): number | undefined {
  const before = done?.workers ?? undefined;
  if (period === undefined) return done?.isDown === true ? before : undefined;
  if (isHeld(done, period)) return undefined;
  return period.isWorking ? before : 0;
}

function finish({ done, period }: OffhoursState): OffhoursAction | undefined {
  if (period === undefined) return { kind: 'forget' };
  return done?.settledBySchedule === true && isSettled(done, period) ? undefined : { kind: 'settle' };
}

function isSettled(done: OffhoursRow, { isWorking, since }: SchedulePeriod): boolean {
  if (done.settledAt === null || done.settledInHours !== isWorking) return false;
  return since === undefined || done.settledAt >= since;
}

/** Whether a user decided in this period how many workers there are. */
export function isHeld(done: OffhoursRow | undefined, period: SchedulePeriod): boolean {
  return done !== undefined && !done.settledBySchedule && isSettled(done, period);
}

function isBusy({ status, jobStatus }: OffhoursState['cluster']): boolean {
  return status === 'SCALING' || (jobStatus !== null && !hasEnded({ status: jobStatus }));
}

function hasWorkers(
  { requestedWorkers, workerReplicas }: OffhoursState['cluster'],
  workers: number,
): boolean {
  return requestedWorkers === workers && workerReplicas === workers;
}

/** A drain that hangs must not keep the workers away in hours. */
function cancelOutdated(
  { cluster, done }: OffhoursState,
  wanted: number | undefined,
): OffhoursAction | undefined {
  if (wanted === undefined || done?.jobId == null || done.jobId !== cluster.jobId) return undefined;
  if (done.target === wanted || done.cancelledBy !== null) return undefined;
  return { kind: 'cancel', jobId: done.jobId };
}

/** Whether the last scale of the schedule was for what is wanted now. */
function isTryFor({ done, period }: OffhoursState, wanted: number): boolean {
  return done?.target === wanted && done.periodSince?.getTime() === period?.since?.getTime();
}

/** Whether a user cancelled the scale to what is wanted now. Who cancels it decides against it, as with a scale by hand. */
function isRefused(state: OffhoursState, wanted: number): boolean {
  const { done } = state;
  return isTryFor(state, wanted) && done?.jobStatus === 'CANCELLED' && !isCancelledBySchedule(done);
}

function isCancelledBySchedule({ jobStatus, cancelledBy }: OffhoursRow): boolean {
  return jobStatus === 'CANCELLED' && cancelledBy === OFFHOURS_ACTOR.principal;
}

/** When the next try may begin: after 5 minutes, then twice as long each time, at most half an hour, and it never gives up. */
function retryAt(state: OffhoursState, wanted: number): Date {
  const { done } = state;
  if (done?.jobEndedAt == null || !isTryFor(state, wanted) || isCancelledBySchedule(done)) return new Date(0);
  const minutes = Math.min(LONGEST_PAUSE_MINUTES, FIRST_PAUSE_MINUTES * 2 ** Math.min(done.tries - 1, 10));
  return new Date(done.jobEndedAt.getTime() + minutes * MINUTE_MS);
}

export interface NextScale {
  /** Undefined: when the cluster is READY. */
  readonly at: Date | undefined;
  readonly workers: number;
}

/**
 * When the schedule scales the cluster next, and to how many workers; undefined: not before it expires.
 * @param hours the next two boundaries of the schedule; undefined without one
 */
export function nextScale(
  state: OffhoursState,
  hours: { readonly next: readonly Boundary[] } | undefined,
): NextScale | undefined {
  const next = nextWanted(state, hours);
  // The profile forbids it.
  return next?.workers === 0 && state.done?.blocked != null ? undefined : next;
}

function nextWanted(
  state: OffhoursState,
  hours: { readonly next: readonly Boundary[] } | undefined,
): NextScale | undefined {
  const { cluster, done, now } = state;
  if (!SCALED_STATUSES.has(cluster.status)) return undefined;
  const wanted = wantedWorkers(state);
  const isReady = cluster.status === 'READY' || cluster.status === 'SCALING';
  if (wanted !== undefined && !hasWorkers(cluster, wanted) && !(isReady && isBusy(cluster))) {
    if (!isReady) return { at: undefined, workers: wanted };
    const at = retryAt(state, wanted);
    return { at: at > now ? at : now, workers: wanted };
  }
  if (hours === undefined || state.period === undefined) return undefined;
  const current = wanted ?? cluster.requestedWorkers;
  const inHours = done?.workers ?? cluster.requestedWorkers;
  const boundary = hours.next.find(({ isWorking }) => (isWorking ? inHours : 0) !== current);
  if (boundary === undefined || boundary.at >= cluster.destroyAt) return undefined;
  return { at: boundary.at, workers: boundary.isWorking ? inHours : 0 };
}
