import type { ClusterStatus } from '../../../contract/statuses.ts';
import type { MicroDollars } from './money.ts';

/** One row of the cluster's history. */
export interface StatusChange {
  readonly to: ClusterStatus;
  readonly at: Date;
}

/** From a moment on, what the cluster costs an hour. */
export interface RateChange {
  readonly hourlyCost: MicroDollars;
  readonly from: Date;
}

export interface CostWindow {
  /** Inclusive; absent: since the beginning. */
  readonly from?: Date;
  /** Exclusive; for a cluster that still runs, now. */
  readonly to: Date;
}

/** An exact amount: micro-dollars x milliseconds per hour. Add these, and round once at the end. */
export type ExactCost = bigint;

const MS_PER_HOUR = 3_600_000n;

/**
 * Cost = sum over billed intervals of rate x time (G17). Billing starts with CREATING and ends with DESTROYED;
 * every status between may have resources in the cloud and costs the full rate. Until the first rate change its
 * rate holds already. Both lists are in order of time; appending to them never changes the cost of a past window.
 */
export function exactCost(
  transitions: readonly StatusChange[],
  rates: readonly RateChange[],
  window: CostWindow,
): ExactCost {
  const billed = clip(billedInterval(transitions), window);
  if (billed === undefined) return 0n;
  let total = 0n;
  for (const [index, rate] of rates.entries()) {
    const start = index === 0 ? billed.startMs : Math.max(billed.startMs, rate.from.getTime());
    const end = Math.min(billed.endMs, rates[index + 1]?.from.getTime() ?? Number.POSITIVE_INFINITY);
    if (end > start) total += BigInt(rate.hourlyCost) * BigInt(end - start);
  }
  return total;
}

/** @returns the cost up to `now` in whole micro-dollars. */
export function costOf(
  transitions: readonly StatusChange[],
  rates: readonly RateChange[],
  now: Date,
): MicroDollars {
  return roundCost(exactCost(transitions, rates, { to: now }));
}

/** @returns an exact amount, rounded half up to micro-dollars. */
export function roundCost(exact: ExactCost): MicroDollars {
  return Number((exact + MS_PER_HOUR / 2n) / MS_PER_HOUR);
}

/** @returns milliseconds of the window in which the cluster was billed. */
export function billedMs(transitions: readonly StatusChange[], window: CostWindow): number {
  const billed = clip(billedInterval(transitions), window);
  return billed === undefined ? 0 : billed.endMs - billed.startMs;
}

interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** A cluster is created once and destroyed once, so what is billed is one interval; open while it lives. */
function billedInterval(transitions: readonly StatusChange[]): Interval | undefined {
  const created = transitions.find(({ to }) => to === 'CREATING');
  if (created === undefined) return undefined;
  const destroyed = transitions.find(({ to }) => to === 'DESTROYED');
  return { startMs: created.at.getTime(), endMs: destroyed?.at.getTime() ?? Number.POSITIVE_INFINITY };
}

function clip(interval: Interval | undefined, { from, to }: CostWindow): Interval | undefined {
  if (interval === undefined) return undefined;
  const startMs = Math.max(interval.startMs, from?.getTime() ?? interval.startMs);
  const endMs = Math.min(interval.endMs, to.getTime());
  return endMs > startMs ? { startMs, endMs } : undefined;
}
