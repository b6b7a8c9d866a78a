import type { components } from '../../../contract/api.gen.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { dollars } from '../../kernel/usage/money.ts';
import { sumIntervalsOf } from '../../kernel/usage/usage-intervals.sql.ts';
import { roundCost, usageHours } from '../../kernel/usage/usage-sums.ts';

export type AppCost = components['schemas']['AppCost'];

const NOTHING: AppCost = { hourly: 0, toDate: 0, unpricedHours: 0 };
const MS_PER_HOUR = 3_600_000;

/** What services or environments have cost so far, read by one statement. */
export class AppCosts {
  readonly #costs: ReadonlyMap<string, AppCost>;
  readonly #now: Date;

  private constructor(costs: ReadonlyMap<string, AppCost>, now: Date) {
    this.#costs = costs;
    this.#now = now;
  }

  static async read(
    db: Queryable,
    { services = [], environments = [] }: { services?: string[]; environments?: string[] },
  ): Promise<AppCosts> {
    const now = await readDatabaseTime(db);
    const rows = await db.query(sumIntervalsOf, { resourceIds: services, parentIds: environments });
    const costs = rows.map(
      ({ key, cost, unpricedUs, hourlyMicros }) =>
        [
          key,
          {
            hourly: dollars(hourlyMicros),
            toDate: dollars(roundCost(BigInt(cost))),
            unpricedHours: usageHours(BigInt(unpricedUs)),
          },
        ] as const,
    );
    return new AppCosts(new Map(costs), now);
  }

  of(id: string): AppCost {
    return this.#costs.get(id) ?? NOTHING;
  }

  /** If what runs now runs on until then. */
  until(id: string, end: Date): number {
    const { toDate, hourly } = this.of(id);
    const left = Math.max(0, end.getTime() - this.#now.getTime()) / MS_PER_HOUR;
    return Math.round((toDate + hourly * left) * 1_000_000) / 1_000_000;
  }
}
