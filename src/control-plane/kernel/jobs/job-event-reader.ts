import type { components, operations } from '../../../contract/api.gen.ts';
import { hasEnded } from '../../../contract/statuses.ts';
import type { Caller } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import type { Dispatcher } from './dispatcher.ts';
import { listEvents, tailStart } from './events.sql.ts';
import { MAX_MESSAGE_CHARACTERS } from './job.ts';
import type { JobDocument, JobReader } from './job-reader.ts';

type JobEvent = components['schemas']['JobEvent'];
type EventQuery = NonNullable<operations['listJobEvents']['parameters']['query']>;

const PAGE = 200;
const STREAM_PAGE = 500;

export interface JobEventReaderOptions {
  readonly db: Queryable;
  readonly jobs: JobReader;
  readonly clock: Clock;
  readonly dispatcher: Pick<Dispatcher, 'onEvents'>;
  /** Longest time between two reads of a followed job when no wake-up comes. */
  readonly pollMs: number;
}

/** Reads what jobs recorded, as pages or as a stream that ends with the job. */
export class JobEventReader {
  readonly #o: JobEventReaderOptions;

  constructor(options: JobEventReaderOptions) {
    this.#o = options;
  }

  /** One page, oldest first; `nextCursor` is the sequence number to pass as `after`. */
  async page(
    caller: Caller,
    jobId: string,
    query: EventQuery,
  ): Promise<{ items: JobEvent[]; nextCursor: string | null }> {
    await this.#o.jobs.get(caller, jobId);
    const limit = query.limit ?? PAGE;
    const after = query.tail === undefined ? (query.after ?? 0) : await this.#tailStart(jobId, query.tail);
    const rows = await this.#o.db.query(listEvents, { jobId, after: boundedInt4(after), limit: limit + 1 });
    const items = rows.slice(0, limit).map(presentEvent);
    return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.seq ?? 0) : null };
  }

  /** Every event after a sequence number as it comes, and at last the ended job. The job is read, and its team checked, each time. */
  async *follow(
    caller: Caller,
    jobId: string,
    start: number,
    signal: AbortSignal,
  ): AsyncGenerator<JobEvent | JobDocument> {
    const { db, jobs, clock, dispatcher, pollMs } = this.#o;
    let after = boundedInt4(start);
    let news = new AbortController();
    const unsubscribe = dispatcher.onEvents((ids) => {
      if (ids.length === 0 || ids.includes(jobId)) news.abort();
    });
    try {
      while (!signal.aborted) {
        // Before the reads: what is announced from here on is read in the next round at the latest.
        news = new AbortController();
        // The job before its events: when it has ended, the events that follow this read are all there are.
        const job = await jobs.get(caller, jobId);
        const rows = await db.query(listEvents, { jobId, after, limit: STREAM_PAGE });
        for (const row of rows) {
          after = row.seq;
          yield presentEvent(row);
        }
        if (rows.length === STREAM_PAGE) continue;
        if (hasEnded(job)) {
          yield job;
          return;
        }
        await clock.sleep(pollMs, AbortSignal.any([news.signal, signal])).catch(() => {});
      }
    } finally {
      unsubscribe();
    }
  }

  /** Where a follower begins that wants only the newest events. */
  async startOf(
    caller: Caller,
    jobId: string,
    query: EventQuery,
    lastEventId: string | undefined,
  ): Promise<number> {
    await this.#o.jobs.get(caller, jobId);
    if (lastEventId !== undefined) return Number(lastEventId);
    return query.tail === undefined ? (query.after ?? 0) : this.#tailStart(jobId, query.tail);
  }

  async #tailStart(jobId: string, count: number): Promise<number> {
    const [row] = await this.#o.db.query(tailStart, { jobId, count });
    return row?.after ?? 0;
  }
}

function presentEvent(row: RowOf<typeof listEvents>): JobEvent {
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    attempt: row.attempt,
    phase: row.phase,
    kind: row.kind as JobEvent['kind'],
    level: row.level as JobEvent['level'],
    message: row.message.slice(0, MAX_MESSAGE_CHARACTERS),
    data: row.data as JobEvent['data'],
  };
}

function boundedInt4(value: number): number {
  return Math.min(value, 2_147_483_647);
}
