import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { repriceAppUsage, setAppPrices } from '../store/prices.sql.ts';
import { type HostPrices, type PriceOverrides, pricesAt } from '../usage/host-prices.ts';

/** A price table applies within a minute of 00:00 UTC of its date. */
const INTERVAL_MS = 60_000;

/** Gives what runs the rate of the newest prices, from now on: what it cost before stays (G17). */
export function priceApplicationsTask(db: Db, tables: HostPrices, overrides: PriceOverrides): PeriodicTask {
  return {
    name: 'price-applications',
    intervalMs: INTERVAL_MS,
    async run() {
      const prices = pricesAt(tables, overrides, await readDatabaseTime(db));
      await db.query(setAppPrices, prices);
      const priced = (await db.query(repriceAppUsage, {})).length;
      return priced > 0 ? { priced, prices: prices.priceDate } : undefined;
    },
  };
}
