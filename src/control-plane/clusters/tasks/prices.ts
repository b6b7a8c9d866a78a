import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { dollars } from '../../kernel/usage/money.ts';
import type { SetValues } from '../policy/set-values.ts';
import { readAcceptedProfile } from '../service/accepted-profile.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { listPricedBefore, setPrice } from '../store/rates.sql.ts';
import { hourlyCost } from '../usage/hourly-cost.ts';

/** A price table applies within a minute of 00:00 UTC of its date. */
const INTERVAL_MS = 60_000;

/** Gives the clusters that exist the rate of the newest price table, from now on: what they cost before stays (G17). */
export function clusterPricesTask({
  db,
  profiles,
  prices,
}: Pick<ClusterServices, 'db' | 'profiles' | 'prices'>): PeriodicTask {
  return {
    name: 'price-clusters',
    intervalMs: INTERVAL_MS,
    async run(signal) {
      const table = prices.at(await readDatabaseTime(db));
      let priced = 0;
      for (const cluster of await db.query(listPricedBefore, {
        date: table.date,
      })) {
        if (signal.aborted) break;
        const { id, region, workers } = cluster;
        const setValues = cluster.setValues as SetValues;
        const profile = await readAcceptedProfile({ profiles }, db, cluster);
        // Without its profile a cluster keeps its rate.
        if (profile === undefined) continue;
        const { perHour, perWorker } = hourlyCost(profile, { region, workers, setValues }, table);
        const rate = {
          hourlyCost: dollars(perHour),
          workerHourlyCost: dollars(perWorker),
          priceDate: table.date,
        };
        priced += (await db.query(setPrice, { id, workers, ...rate })).length;
      }
      return priced > 0 ? { priced, prices: table.date } : undefined;
    },
  };
}
