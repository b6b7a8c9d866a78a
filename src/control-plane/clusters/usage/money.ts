/** A millionth of a dollar. Rates and rounded amounts are whole numbers of it, so that no cent drifts. */
export type MicroDollars = number;

const MICRO = 1_000_000;
const DECIMAL_DOLLARS = /^\d{1,9}(\.\d{1,6})?$/;

/** @returns dollars (a price as written in a table, at most six decimals) as micro-dollars. */
export function microDollars(dollars: number): MicroDollars {
  if (!DECIMAL_DOLLARS.test(String(dollars)))
    throw new RangeError(`${dollars} is not an amount of at most six decimals`);
  return Math.round(dollars * MICRO);
}

/** @returns micro-dollars as dollars, for display and JSON only. */
export function dollars(amount: MicroDollars): number {
  return amount / MICRO;
}
