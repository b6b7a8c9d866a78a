import type { ClusterStatus } from '../../../contract/statuses.ts';

/** A millionth of a dollar. Amounts are whole numbers of it, so that sums have no rounding errors. */
export type MicroDollars = number;

const MICRO = 1_000_000;
const DECIMAL_DOLLARS = /^\d{1,9}(\.\d{1,6})?$/;

/** @returns dollars with at most six decimals as micro-dollars. */
export function microDollars(dollars: number): MicroDollars {
  if (!DECIMAL_DOLLARS.test(String(dollars)))
    throw new RangeError(`${dollars} is not an amount of at most six decimals`);
  return Math.round(dollars * MICRO);
}

/** Rounds an amount that may have any number of decimals. */
export function nearestMicroDollars(dollars: number): MicroDollars {
  return Math.round(dollars * MICRO);
}

/** @returns micro-dollars as dollars, for JSON and display only. */
export function dollars(amount: MicroDollars): number {
  return amount / MICRO;
}

/** A status transition of a cluster. */
export interface StatusChange {
  readonly to: ClusterStatus;
  readonly at: Date;
}

/** The hourly cost of a cluster from a point in time on. */
export interface RateChange {
  readonly hourlyCost: MicroDollars;
  readonly from: Date;
}

export interface CostWindow {
  /** Inclusive; default: since creation. */
  readonly from?: Date;
  /** Exclusive; now, for a running cluster. */
  readonly to: Date;
}

/** An exact amount, in micro-dollars x milliseconds per hour. Sums are rounded once, at the end. */
export type ExactCost = bigint;

const MS_PER_HOUR = 3_600_000n;

/**
 * Cost = sum over billed intervals of rate x time (G17). Billing starts with CREATING and ends with DESTROYED; every
 * status in between may have resources in the cloud and costs the full rate. The first rate also applies before its
 * start. Both lists are sorted by time; appending to them never changes the cost of a past window.
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

interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** A cluster is created once and destroyed once, so there is one billed interval; it has no end while the cluster exists. */
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
