import type { components } from '../../../contract/api.gen.ts';
import { hasEnded } from '../../../contract/statuses.ts';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import type { Dispatcher } from './dispatcher.ts';
import { listEvents } from './events.sql.ts';
import { MAX_MESSAGE_CHARACTERS } from './job.ts';
import { type JobDocument, readJob } from './job-reader.ts';

type JobEvent = components['schemas']['JobEvent'];

const STREAM_PAGE = 500;
/** What a tail keeps for followers that are a little behind; one that is further behind reads for itself. */
const MAX_KEPT_CHARACTERS = 1024 * 1024;

export interface JobTailOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  readonly dispatcher: Pick<Dispatcher, 'onEvents'>;
  readonly pollMs: number;
}

export interface FollowedJob {
  readonly jobId: string;
  /** Of the job, while it is followed. */
  readonly team: string;
  /** The number of the event before the first one that is wanted. */
  readonly start: number;
}

export interface TailPage {
  readonly events: readonly JobEvent[];
  /** Set when these are the last ones. */
  readonly ended: JobDocument | undefined;
}

/**
 * One reader of the events of a job for all who follow it in this process. The follower that is furthest decides what is read next; it
 * waits for no other.
 */
export class JobTail {
  readonly #jobId: string;
  readonly #team: string;
  readonly #o: JobTailOptions;
  readonly #closed = new AbortController();
  readonly #unsubscribe: () => void;
  #followers = 0;
  /** Everything after `#keptAfter` up to `#head`. */
  #kept: JobEvent[] = [];
  #keptAfter: number;
  #head: number;
  #ended: JobDocument | undefined;
  #round: Promise<TailPage> | undefined;
  #news = new AbortController();

  constructor({ jobId, team, start }: FollowedJob, options: JobTailOptions) {
    this.#jobId = jobId;
    this.#team = team;
    this.#o = options;
    this.#keptAfter = start;
    this.#head = start;
    this.#news.abort();
    this.#unsubscribe = options.dispatcher.onEvents((ids) => {
      if (ids.length === 0 || ids.includes(jobId)) this.#news.abort();
    });
  }

  /** @param start at most the number of the newest event */
  join(start: number): void {
    this.#followers += 1;
    if (start > this.#head) this.#skipTo(start);
  }

  /** @returns whether it was the last follower: then the tail is closed */
  leave(): boolean {
    this.#followers -= 1;
    if (this.#followers > 0) return false;
    this.#unsubscribe();
    this.#closed.abort();
    return true;
  }

  /**
   * Events after a number: what there is, or else the next ones when they come. May have earlier ones, and none when the signal aborts.
   * @throws AppError NOT_FOUND when the job is not in the team any more
   */
  async next(after: number, signal: AbortSignal): Promise<TailPage> {
    if (after < this.#keptAfter) {
      const events = await this.#readEvents(after);
      if (events.length > 0) return { events, ended: undefined };
    }
    if (after < this.#head) return { events: [...this.#kept], ended: undefined };
    if (this.#ended !== undefined) return { events: [], ended: this.#ended };
    this.#round ??= this.#read().finally(() => {
      this.#round = undefined;
    });
    return orAborted(this.#round, signal);
  }

  /** Waits for news, then reads once. */
  async #read(): Promise<TailPage> {
    const { clock, db, pollMs } = this.#o;
    const wake = AbortSignal.any([this.#news.signal, this.#closed.signal]);
    await clock.sleep(pollMs, wake).catch(() => {});
    if (this.#closed.signal.aborted) return { events: [], ended: undefined };
    // Set before the reads, so that an announcement during them starts another round.
    this.#news = new AbortController();
    const from = this.#head;
    // The job is read before its events: once it has ended, no more events are added.
    const job = await readJob(db, this.#jobId, [this.#team]);
    const events = await this.#readEvents(from);
    const hasMore = events.length === STREAM_PAGE;
    if (hasMore) this.#news.abort();
    if (from === this.#head) this.#keep(events);
    const ended = !hasMore && hasEnded(job) ? job : undefined;
    this.#ended = ended;
    return { events, ended };
  }

  async #readEvents(after: number): Promise<JobEvent[]> {
    const rows = await this.#o.db.query(listEvents, { jobId: this.#jobId, after, limit: STREAM_PAGE });
    return rows.map(presentEvent);
  }

  #keep(events: readonly JobEvent[]): void {
    this.#kept.push(...events);
    this.#head = this.#kept.at(-1)?.seq ?? this.#head;
    let characters = 0;
    const first = this.#kept.findLastIndex((event) => {
      characters += event.message.length;
      return characters > MAX_KEPT_CHARACTERS;
    });
    if (first < 0) return;
    this.#keptAfter = this.#kept[first]?.seq ?? this.#keptAfter;
    this.#kept = this.#kept.slice(first + 1);
  }

  #skipTo(start: number): void {
    this.#kept = [];
    this.#keptAfter = start;
    this.#head = start;
    this.#news.abort();
  }
}

/** Not `Promise.race`, which would keep each round in memory as long as the signal. */
function orAborted(round: Promise<TailPage>, signal: AbortSignal): Promise<TailPage> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve({ events: [], ended: undefined });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const done = () => signal.removeEventListener('abort', stop);
    round.then(resolve, reject).then(done, done);
  });
}

export function presentEvent(row: RowOf<typeof listEvents>): JobEvent {
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
