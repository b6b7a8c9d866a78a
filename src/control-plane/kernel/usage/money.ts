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
