import { type Db, isUniqueViolation } from '../kernel/db/db.ts';
import { DatabaseUnavailableError, type LeaseLostError } from '../kernel/errors.ts';
import { appendEvents, tailStart } from '../kernel/jobs/events.sql.ts';
import type { ClaimedJob, NewJobEvent } from '../kernel/jobs/job.ts';
import type { OutageRetry } from './outage-retry.ts';

export type AttemptEvent = NewJobEvent & { phase: string | undefined };

export interface EventWriterOptions {
  readonly db: Db;
  readonly outages: OutageRetry;
  /** Called after events were committed. */
  readonly onRecorded: () => void;
  /** Stops the attempt. @returns the error to throw */
  readonly onLeaseLost: () => LeaseLostError;
}

/** Writes the events of an attempt in order, each once, under its fence. */
export class EventWriter {
  readonly #job: ClaimedJob;
  readonly #o: EventWriterOptions;
  #pending: AttemptEvent[] = [];
  #flushing: Promise<void> | undefined;
  /** Of the last event that is known to be stored; events after it with the number of this attempt are its own. */
  #lastSeq: number | undefined;

  constructor(job: ClaimedJob, options: EventWriterOptions) {
    this.#job = job;
    this.#o = options;
  }

  add(event: AttemptEvent): void {
    this.#pending.push(event);
    this.#flushing ??= this.#write();
    // Callers that need the outcome call flush(); a lost lease stops the attempt in any case.
    this.#flushing.catch(() => {});
  }

  async flush(): Promise<void> {
    while (this.#flushing) await this.#flushing;
  }

  /** Events that arrive while a write is under way go together in the next one. */
  async #write(): Promise<void> {
    const { outages, onRecorded, onLeaseLost } = this.#o;
    try {
      this.#lastSeq ??= await outages.run(() => this.#readLastSeq());
      while (this.#pending.length > 0) {
        const events = this.#pending;
        this.#pending = [];
        const [written] = await outages.run((isRepeat) => this.#append(events, isRepeat));
        if (written === undefined) throw onLeaseLost();
        this.#lastSeq = written.lastSeq;
        onRecorded();
      }
    } finally {
      this.#flushing = undefined;
    }
  }

  async #readLastSeq(): Promise<number> {
    const [tail] = await this.#o.db.query(tailStart, { jobId: this.#job.id, count: 0 });
    return tail?.after ?? 0;
  }

  async #append(events: readonly AttemptEvent[], isRepeat: boolean) {
    const { id: jobId, resourceId, fence, attempt } = this.#job;
    try {
      return await this.#o.db.query(appendEvents, {
        ...{ resourceId, jobId, fence, attempt },
        events: events.map(({ kind, level, message, data, phase }) => ({
          ...{ kind, level, message },
          data: data ?? {},
          phase: phase ?? null,
        })),
        phase: events.at(-1)?.phase ?? null,
        repeatedAfter: isRepeat ? (this.#lastSeq ?? 0) : null,
      });
    } catch (error) {
      // The server still ran the call whose connection broke: the next try sees its events.
      if (!isUniqueViolation(error, 'job_events_pkey')) throw error;
      throw new DatabaseUnavailableError('the same events were appended at the same time', error);
    }
  }
}
