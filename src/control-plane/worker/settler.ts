import { setImmediate as nextTurn } from 'node:timers/promises';
import { isUniqueViolation, type Queryable } from '../kernel/db/db.ts';
import { DatabaseUnavailableError } from '../kernel/errors.ts';
import { settleJobs } from '../kernel/jobs/settle.sql.ts';

/** How an attempt ended its job, with the lane that it holds. */
export interface JobEnd {
  readonly resourceId: string;
  readonly jobId: string;
  readonly fence: number;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

interface Waiting {
  readonly end: JobEnd;
  readonly resolve: (settled: boolean) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_TOGETHER = 500;

/** Ends jobs of a worker together: one statement and one commit for all that ended while the last one was under way. */
export class Settler {
  readonly #db: Queryable;
  readonly #onWaiting: () => void;
  #waiting: Waiting[] = [];
  #size = 0;
  #isWriting = false;

  /** @param onWaiting called when a handler has ended and its job waits to be settled */
  constructor(db: Queryable, onWaiting: () => void) {
    this.#db = db;
    this.#onWaiting = onWaiting;
  }

  /** Jobs whose handlers have ended. */
  get size(): number {
    return this.#size;
  }

  /** @returns false when the lane is locked by another transaction or the lease is lost: the attempt's own transaction tells which */
  settle(end: JobEnd): Promise<boolean> {
    this.#size += 1;
    this.#onWaiting();
    return new Promise<boolean>((resolve, reject) => {
      this.#waiting.push({ end, resolve, reject });
      if (!this.#isWriting) void this.#write();
    }).finally(() => {
      this.#size -= 1;
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    // Handlers that end in the same turn of the event loop go together.
    await nextTurn();
    while (this.#waiting.length > 0) await this.#writeTogether(this.#waiting.splice(0, MAX_TOGETHER));
    this.#isWriting = false;
  }

  async #writeTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const settled = await settleTogether(
        this.#db,
        batch.map(({ end }) => end),
      );
      for (const { end, resolve } of batch) resolve(settled.has(end.jobId));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

/** @returns the jobs that ended; the others' lanes are locked by another transaction, or their lease is lost */
export async function settleTogether(db: Queryable, ended: readonly JobEnd[]): Promise<Set<string>> {
  try {
    const rows = await db.query(settleJobs, { ended });
    return new Set(rows.map(({ jobId }) => jobId));
  } catch (error) {
    if (!isUniqueViolation(error, 'job_events_pkey')) throw error;
    throw new DatabaseUnavailableError('another event of the job was appended at the same time', error);
  }
}
