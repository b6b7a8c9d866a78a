import { recordServing } from '../kernel/api/serving.sql.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf } from '../kernel/errors.ts';

export interface ServingRecordOptions {
  readonly db: Pick<Db, 'query'>;
  readonly clock: Clock;
  /** Milliseconds without a record after which the API counts as away; recorded three times in that time. */
  readonly leaseMs: number;
  /** Aborted when the API stops to serve. */
  readonly stopped: AbortSignal;
  readonly log: { warn(fields: object, message: string): void };
}

/**
 * Records that this API serves, now and until `stopped` aborts.
 * @returns after the first record
 * @throws what the database throws at the first record; later ones are repeated
 */
export async function keepServingRecord({ db, leaseMs, ...options }: ServingRecordOptions): Promise<void> {
  await db.query(recordServing, { leaseMs });
  void repeat({ db, leaseMs, ...options });
}

async function repeat({ db, clock, leaseMs, stopped, log }: ServingRecordOptions): Promise<void> {
  for (;;) {
    await clock.sleep(leaseMs / 3, stopped).catch(() => {});
    if (stopped.aborted) return;
    try {
      await db.query(recordServing, { leaseMs });
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'cannot record that the API serves; trying again');
    }
  }
}
