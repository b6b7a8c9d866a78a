import type { Tx } from './db/db.ts';
import { AppError } from './errors.ts';

/** To which statuses each status may change (G9). */
export type TransitionTable<Status extends string> = Readonly<Record<Status, readonly Status[]>>;

export interface NewTransition<Status extends string> {
  readonly from: Status;
  readonly to: Status;
  readonly reason: string;
  readonly jobId?: string;
  readonly fence?: number;
}

export interface TransitionRow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly jobId: string | null;
  readonly fence: number | null;
}

/**
 * @param what the kind of resource, for messages
 * @param apply changes the status if it is `from`, and records why. @returns no row when it was not
 * @returns a function that changes a status by the table. It throws AppError STATE_CONFLICT when the status is no longer `from`.
 */
export function transitionsOf<Status extends string>(
  what: string,
  table: TransitionTable<Status>,
  apply: (tx: Tx, row: TransitionRow) => Promise<readonly unknown[]>,
): (tx: Tx, id: string, transition: NewTransition<Status>) => Promise<void> {
  return async (tx, id, { from, to, reason, jobId, fence }) => {
    if (!table[from].includes(to)) throw new TypeError(`a ${what} cannot change from ${from} to ${to}`);
    const changed = await apply(tx, { id, from, to, reason, jobId: jobId ?? null, fence: fence ?? null });
    if (changed.length === 0) throw new AppError('STATE_CONFLICT', `The ${what} is no longer ${from}.`);
  };
}
