import type { Queryable } from '../db/db.ts';
import { readRate, takeFromRate, takeWithNonce } from './rate.sql.ts';
import { type Budget, budgetOf, intervalSeconds, type Rate } from './rate.ts';

export interface RequestNonce {
  readonly accessKeyId: string;
  readonly nonce: string;
  readonly rememberSeconds: number;
}

/** Limits the requests of a principal over all its keys and sessions and all servers: the database counts. */
export class PrincipalRateLimiter {
  readonly #db: Queryable;
  readonly #rate: Rate;

  constructor(db: Queryable, rate: Rate) {
    this.#db = db;
    this.#rate = rate;
  }

  /** Takes one request from the budget of the principal, if one is left. */
  async take(principal: string): Promise<Budget> {
    const [taken] = await this.#db.query(takeFromRate, this.#paramsOf(principal));
    return this.#budgetAfter(principal, taken?.aheadSeconds ?? null);
  }

  /** The same for a signed request, whose nonce is stored in the same statement. @returns undefined if the nonce was used before */
  async takeWithNonce(principal: string, nonce: RequestNonce): Promise<Budget | undefined> {
    const [taken] = await this.#db.query(takeWithNonce, { ...this.#paramsOf(principal), ...nonce });
    return taken?.fresh ? this.#budgetAfter(principal, taken.aheadSeconds) : undefined;
  }

  #paramsOf(principal: string) {
    const interval = intervalSeconds(this.#rate);
    // PostgreSQL rounds each addition to a microsecond.
    const burstSeconds = this.#rate.burst * (interval + 1e-6);
    return {
      key: keyOf(principal),
      intervalSeconds: interval,
      burstSeconds,
      credibleSeconds: burstSeconds + MAX_WAIT_SECONDS,
    };
  }

  /** @param aheadSeconds null: the limit is reached */
  async #budgetAfter(principal: string, aheadSeconds: number | null): Promise<Budget> {
    if (aheadSeconds !== null) return budgetOf(this.#rate, aheadSeconds, true);
    // Read again: the statement that waited for the row lock saw the row as it was before.
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

/** A statement that waited for the row lock uses the time at which it began to wait, so the row may be ahead by the wait. */
const MAX_WAIT_SECONDS = 60;

function keyOf(principal: string): string {
  return `requests:${principal}`;
}
