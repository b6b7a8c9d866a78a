import * as z from 'zod';
import { type DatedTables, loadDatedTables } from '../../kernel/usage/dated-tables.ts';
import { microDollars } from '../../kernel/usage/money.ts';

const price = z.number().nonnegative();

const hostPricesSchema = z.strictObject({
  date: z.iso.date(),
  currency: z.literal('USD'),
  source: z.string().min(1),
  notCounted: z.string().min(1),
  /** Of a CPU that an instance may use. */
  cpuHour: price,
  /** Of a GiB of memory that it may use. */
  gibHour: price,
});
export type HostPrices = DatedTables<z.infer<typeof hostPricesSchema>>;

/** @throws SetupError for a table that cannot be used, also one of the future */
export function loadHostPrices(directory: string): HostPrices {
  return loadDatedTables(directory, hostPricesSchema);
}

/** What an operator sets instead of the tables. */
export interface PriceOverrides {
  readonly appCpuPrice?: number | undefined;
  readonly appMemoryPrice?: number | undefined;
}

/** The prices of a time as they are stored. */
export function pricesAt(tables: HostPrices, { appCpuPrice, appMemoryPrice }: PriceOverrides, now: Date) {
  const { date, cpuHour, gibHour } = tables.at(now);
  return {
    cpuMicros: microDollars(appCpuPrice ?? cpuHour),
    gibMicros: microDollars(appMemoryPrice ?? gibHour),
    priceDate: date,
  };
}
