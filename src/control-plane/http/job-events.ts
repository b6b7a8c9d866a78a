import type { components, operations } from '../../contract/api.gen.ts';
import { hasEnded } from '../../contract/statuses.ts';
import type { ApiJob } from '../clusters/service/presentation.ts';
import type { ClusterReader } from '../clusters/service/read.ts';
import type { Caller } from '../kernel/caller.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import type { RowOf } from '../kernel/db/statement.ts';
import { listEvents, tailStart } from '../kernel/jobs/events.sql.ts';

type ApiEvent = components['schemas']['JobEvent'];
type EventQuery = NonNullable<operations['listJobEvents']['parameters']['query']>;

const STREAM_PAGE = 500;

/** Reads what jobs recorded, as pages or as a stream that ends with the job. */
export class JobEventReader {
  readonly #db: Db;
  readonly #reader: ClusterReader;
  readonly #clock: Clock;
  /** Time between two looks at a job that is being followed. */
  readonly #pollMs: number;

  constructor(db: Db, reader: ClusterReader, clock: Clock, pollMs: number) {
    this.#db = db;
    this.#reader = reader;
    this.#clock = clock;
    this.#pollMs = pollMs;
  }

  /** One page, oldest first; `nextCursor` is the sequence number to pass as `after`. */
  async page(
    caller: Caller,
    jobId: string,
    query: EventQuery,
  ): Promise<{ items: ApiEvent[]; nextCursor: string | null }> {
    await this.#reader.job(caller, jobId);
    const limit = query.limit ?? 200;
    const after = query.tail === undefined ? (query.after ?? 0) : await this.#tailStart(jobId, query.tail);
    const rows = await this.#db.query(listEvents, { jobId, after: boundedInt4(after), limit: limit + 1 });
    const items = rows.slice(0, limit).map(presentEvent);
    return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.seq ?? 0) : null };
  }

  /** Every event after a sequence number as it comes, and at last the ended job. */
  async *follow(
    caller: Caller,
    jobId: string,
    start: number,
    signal: AbortSignal,
  ): AsyncGenerator<ApiEvent | ApiJob> {
    let after = boundedInt4(start);
    while (!signal.aborted) {
      // The job before its events: when it has ended, the events that follow this read are all there are.
      const job = await this.#reader.job(caller, jobId);
      const rows = await this.#db.query(listEvents, { jobId, after, limit: STREAM_PAGE });
      for (const row of rows) {
        after = row.seq;
        yield presentEvent(row);
      }
      if (rows.length === STREAM_PAGE) continue;
      if (hasEnded(job)) {
        yield job;
        return;
      }
      await this.#clock.sleep(this.#pollMs, signal).catch(() => {});
    }
  }

  /** Where a follower begins that wants only the newest `count` events. */
  async startOf(
    caller: Caller,
    jobId: string,
    query: EventQuery,
    lastEventId: string | undefined,
  ): Promise<number> {
    await this.#reader.job(caller, jobId);
    if (lastEventId !== undefined) return Number(lastEventId);
    return query.tail === undefined ? (query.after ?? 0) : this.#tailStart(jobId, query.tail);
  }

  async #tailStart(jobId: string, count: number): Promise<number> {
    const [row] = await this.#db.query(tailStart, { jobId, count });
    return row?.after ?? 0;
  }
}

function presentEvent(row: RowOf<typeof listEvents>): ApiEvent {
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    attempt: row.attempt,
    phase: row.phase,
    kind: row.kind as ApiEvent['kind'],
    level: row.level as ApiEvent['level'],
    message: row.message.slice(0, 8000),
    data: row.data as ApiEvent['data'],
  };
}

function boundedInt4(value: number): number {
  return Math.min(value, 2_147_483_647);
}
