import type { components, operations } from '../../../contract/api.gen.ts';
import type { Caller } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../db/db.ts';
import type { Dispatcher } from './dispatcher.ts';
import { listEvents, tailStart } from './events.sql.ts';
import type { JobDocument, JobReader } from './job-reader.ts';
import { JobTail, presentEvent } from './job-tail.ts';

type JobEvent = components['schemas']['JobEvent'];
type EventQuery = NonNullable<operations['listJobEvents']['parameters']['query']>;

const PAGE = 200;

/** The events of a job, then the ended job. */
type EventStream = AsyncGenerator<JobEvent | JobDocument>;

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
  /** Of the jobs that are followed now, by job and team. */
  readonly #tails = new Map<string, JobTail>();

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

  /**
   * Opens a stream of each event as it is recorded, then the ended job. It starts where the previous stream ended, or as `query` says.
   * All streams of a job share one reader. It reads the job as one of the team in which the caller may read it, so the streams end when
   * the job leaves that team; `StreamAccess` ends them when the caller's access changes.
   */
  async openStream(
    caller: Caller,
    jobId: string,
    query: EventQuery,
    lastEventId: string | undefined,
  ): Promise<(signal: AbortSignal) => EventStream> {
    const team = await this.#o.jobs.teamOf(caller, jobId);
    const start = await this.#startOf(jobId, query, lastEventId);
    return (signal) => this.#follow(jobId, team, start, signal);
  }

  async *#follow(jobId: string, team: string, start: number, signal: AbortSignal): EventStream {
    const key = JSON.stringify([jobId, team]);
    const tail = this.#tails.get(key) ?? new JobTail({ jobId, team, start }, this.#o);
    this.#tails.set(key, tail);
    tail.join(start);
    let after = start;
    try {
      while (!signal.aborted) {
        const { events, ended } = await tail.next(after, signal);
        for (const event of events) {
          if (event.seq <= after) continue;
          after = event.seq;
          yield event;
        }
        if (ended === undefined) continue;
        yield ended;
        return;
      }
    } finally {
      if (tail.leave()) this.#tails.delete(key);
    }
  }

  /** At most the newest event: a tail that starts beyond it would wait for numbers that are not there. */
  async #startOf(jobId: string, query: EventQuery, lastEventId: string | undefined): Promise<number> {
    if (lastEventId === undefined && query.tail !== undefined) return this.#tailStart(jobId, query.tail);
    const given = lastEventId === undefined ? (query.after ?? 0) : Number(lastEventId);
    return given === 0 ? 0 : Math.min(given, await this.#tailStart(jobId, 0));
  }

  async #tailStart(jobId: string, count: number): Promise<number> {
    const [row] = await this.#o.db.query(tailStart, { jobId, count });
    return row?.after ?? 0;
  }
}

function boundedInt4(value: number): number {
  return Math.min(value, 2_147_483_647);
}
