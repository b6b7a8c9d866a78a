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

/** Reads the events of jobs, as pages or as a stream that ends when the job has ended. */
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

  /** Yields each event after a sequence number as it is recorded, then the ended job. Each round checks the job's team again. */
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
        // Set before the reads, so that an announcement during them starts another round.
        news = new AbortController();
        // The job is read before its events: once it has ended, no more events are added.
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

  /** @returns the sequence number after which a stream starts: where the previous stream ended, or as `query` says */
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
