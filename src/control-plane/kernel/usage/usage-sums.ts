import type { MicroDollars } from './money.ts';

/** Micro-dollars per hour x microseconds. Sums are exact, and rounded once, at the end (G17). */
export type ExactCost = bigint;

/** What resources used in a period: their number, and exact sums. */
export interface UsageSums {
  readonly count: number;
  readonly us: bigint;
  readonly cost: ExactCost;
}

const MICROSECONDS_PER_HOUR = 3_600_000_000n;

/** @returns an exact cost, rounded half up to micro-dollars */
export function roundCost(exact: ExactCost): MicroDollars {
  return Number((exact + MICROSECONDS_PER_HOUR / 2n) / MICROSECONDS_PER_HOUR);
}

/** @returns microseconds as hours with four decimals */
export function usageHours(us: bigint): number {
  return roundCost(us * 10_000n) / 10_000;
}

/**
 * What changed in one part of a period, as the statements of `rate-steps.sql.ts` add it up. Sums are what the changes would amount to at the
 * end of the whole period. Bin 0 is what was before the period.
 */
export interface StepBin {
  readonly bin: number;
  readonly begun: number;
  readonly ended: number;
  readonly rate: string;
  readonly cost: string;
  readonly running: string;
  readonly us: string;
}

/**
 * Splits a period at the begins of its parts, such as days or hours: what all steps until the end of a part have cost by then, less the same of
 * the part before. So the parts add up to the whole, whatever the steps.
 * @param starts of the parts in order; the first one is the begin of the period
 */
export function usageByPart(
  bins: readonly StepBin[],
  starts: readonly Date[],
  to: Date,
): { readonly parts: readonly UsageSums[]; readonly total: UsageSums } {
  const toUs = microseconds(to);
  let [rate, costUntilTo, running, usUntilTo] = [0n, 0n, 0n, 0n];
  let [begun, ended, index] = [0, 0, 0];
  let before = { us: 0n, cost: 0n };
  const gone = bins.find(({ bin }) => bin === 0)?.ended ?? 0;
  const parts = starts.map((_, part) => {
    let endedBefore = ended;
    for (let bin = bins[index]; bin !== undefined && bin.bin <= part + 1; bin = bins[++index]) {
      rate += BigInt(bin.rate);
      costUntilTo += BigInt(bin.cost);
      running += BigInt(bin.running);
      usUntilTo += BigInt(bin.us);
      begun += bin.begun;
      ended += bin.ended;
      if (bin.bin === 0) endedBefore = ended;
    }
    const left = toUs - microseconds(starts[part + 1] ?? to);
    const until = { us: usUntilTo - running * left, cost: costUntilTo - rate * left };
    const sums = { count: begun - endedBefore, us: until.us - before.us, cost: until.cost - before.cost };
    before = until;
    return sums;
  });
  return { parts, total: { ...before, count: begun - gone } };
}

const microseconds = (time: Date) => BigInt(time.getTime()) * 1000n;
