import type { MicroDollars } from './cost.ts';

/** @returns 00:00 UTC of the first of a month: 0 is that of `now`, 1 the next */
export function startOfMonth(now: Date, later: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later));
}

const MICROSECONDS_PER_HOUR = 3_600_000_000n;

/** @returns micro-dollars per hour x microseconds, rounded half up to micro-dollars */
export function roundUsage(exact: bigint): MicroDollars {
  return Number((exact + MICROSECONDS_PER_HOUR / 2n) / MICROSECONDS_PER_HOUR);
}

/** @returns microseconds as hours with four decimals */
export function usageHours(us: bigint): number {
  return roundUsage(us * 10_000n) / 10_000;
}
