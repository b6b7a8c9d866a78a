import type { Queryable } from '../db/db.ts';
import { readRate, takeFromRate } from './rate.sql.ts';
import { type Budget, budgetOf, intervalSeconds, type Rate } from './rate.ts';

/** The requests of a principal, whatever key or session it signs with and whichever process it asks: the database counts. */
export class PrincipalRateLimiter {
  readonly #db: Queryable;
  readonly #rate: Rate;

  constructor(db: Queryable, rate: Rate) {
    this.#db = db;
    this.#rate = rate;
  }

  /** Takes one request from the principal's budget, if one is left. */
  async take(principal: string): Promise<Budget> {
    const interval = intervalSeconds(this.#rate);
    // PostgreSQL rounds each addition to a microsecond.
    const burstSeconds = this.#rate.burst * (interval + 1e-6);
    const [taken] = await this.#db.query(takeFromRate, {
      key: keyOf(principal),
      intervalSeconds: interval,
      burstSeconds,
      credibleSeconds: burstSeconds + MAX_WAIT_SECONDS,
    });
    if (taken) return budgetOf(this.#rate, taken.aheadSeconds, true);
    // Asked anew: to a statement that waited for its turn, the row is as it was before it waited.
    return { ...(await this.peek(principal)), allowed: false };
  }

  /** What is left, without taking from it. */
  async peek(principal: string): Promise<Budget> {
    const [seen] = await this.#db.query(readRate, { key: keyOf(principal) });
    const ahead = seen?.aheadSeconds ?? 0;
    const credible = this.#rate.burst * intervalSeconds(this.#rate) + MAX_WAIT_SECONDS;
    const budget = budgetOf(this.#rate, ahead > credible ? 0 : ahead, true);
    return { ...budget, allowed: budget.remaining > 0 };
  }
}

/** A request that waited for its turn judges by the time at which it began to wait: to it, the others are ahead of time. */
const MAX_WAIT_SECONDS = 60;

function keyOf(principal: string): string {
  return `requests:${principal}`;
}
