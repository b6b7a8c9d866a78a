import type { Tracing } from '../../contract/tracing.ts';
import type { ArtifactStore } from '../kernel/artifacts/artifact-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Db, Queryable, Tx } from '../kernel/db/db.ts';
import { LeaseLostError } from '../kernel/errors.ts';
import { DebugLog } from '../kernel/jobs/debug-log.ts';
import { appendStateEvent } from '../kernel/jobs/events.sql.ts';
import {
  type ClaimedJob,
  type JobContext,
  type JobFailure,
  type JobResult,
  JobStoppedError,
  MAX_MESSAGE_CHARACTERS,
  type NewJobEvent,
  type StopReason,
} from '../kernel/jobs/job.ts';
import { lockFence, rescheduleJob } from '../kernel/jobs/settle.sql.ts';
import { AttemptTrace } from './attempt-trace.ts';
import { EventWriter } from './event-writer.ts';
import { OutageRetry } from './outage-retry.ts';
import { type JobEnd, type Settler, settleTogether } from './settler.ts';

export interface AttemptOptions {
  readonly db: Db;
  /** Ends jobs together whose handlers have nothing to write. */
  readonly settler: Settler;
  readonly clock: Clock;
  /** Spreads the tries of attempts that wait for the database. */
  readonly random: () => number;
  /** Removes secrets from the text of events. */
  readonly redact: (text: string) => string;
  readonly leaseRemainingMs: () => number;
  /** Where debug output is stored. */
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  /** Called after events or the end of the attempt were committed: followers of the job have something to read. */
  readonly onRecorded: () => void;
  /** Called when the job's end is committed. */
  readonly onEnded: (status: string) => void;
  readonly tracing?: Tracing | undefined;
}

/** One attempt at one job, from claim to settlement. Each write carries its fence, and waits for the database while the lease lasts. */
export class Attempt implements JobContext {
  readonly job: ClaimedJob;
  readonly leaseRemainingMs: () => number;
  readonly db: Queryable;
  readonly #db: Db;
  readonly #settler: Settler;
  readonly #outages: OutageRetry;
  readonly #redact: (text: string) => string;
  readonly #onRecorded: () => void;
  readonly #onEnded: (status: string) => void;
  readonly #stop = new AbortController();
  #phase: string | undefined;
  readonly #events: EventWriter;
  readonly #debugLog: DebugLog;
  readonly #trace: AttemptTrace;

  constructor(job: ClaimedJob, options: AttemptOptions) {
    const { db, clock, random, redact, leaseRemainingMs, artifacts, onRecorded } = options;
    this.#db = db;
    this.#settler = options.settler;
    this.#redact = redact;
    this.#onRecorded = onRecorded;
    this.#onEnded = options.onEnded;
    this.job = job;
    this.#trace = new AttemptTrace(job, options.tracing);
    this.leaseRemainingMs = leaseRemainingMs;
    this.db = { query: (statement, params) => this.#outages.run(() => db.query(statement, params)) };
    const onLeaseLost = () => this.#leaseLost();
    this.#outages = new OutageRetry({
      ...{ clock, random },
      leaseRemainingMs,
      isLeaseLost: () => this.stopReason === 'lease-lost',
      onLeaseLost,
    });
    this.#events = new EventWriter(job, { db, outages: this.#outages, onRecorded, onLeaseLost });
    const warn = (message: string) => this.event({ kind: 'log', level: 'warn', message });
    this.#debugLog = new DebugLog(job, { artifacts, clock, warn });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Why the attempt was told to stop, if it was. */
  get stopReason(): StopReason | undefined {
    return this.signal.reason instanceof JobStoppedError ? this.signal.reason.reason : undefined;
  }

  stop(reason: StopReason): void {
    this.#stop.abort(new JobStoppedError(reason));
  }

  commit<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#outages.run(() =>
      this.#db.tx(async (tx) => {
        const held = await tx.query(lockFence, this.#lane());
        if (held.length === 0) throw new LeaseLostError(this.job.resourceId, this.job.fence);
        return work(tx);
      }),
    );
  }

  event(event: NewJobEvent): void {
    const message = this.#shown(event.message);
    if (event.level === 'debug') this.#debugLog.add(message, this.#phase ?? null);
    else this.#events.add({ ...event, message, phase: this.#phase });
  }

  beginPhase(phase: string): void {
    this.#phase = phase;
    this.#trace.beginPhase(phase);
  }

  program<T>(name: string, work: (traceparent: string | undefined) => Promise<T>): Promise<T> {
    return this.#trace.program(name, work);
  }

  /** Ends the spans of the attempt. @param error code of its failure */
  endTrace(error: string | undefined): void {
    this.#trace.end(error);
  }

  flush(): Promise<void> {
    return this.#events.flush();
  }

  async succeed({ write }: JobResult): Promise<void> {
    await this.#flushAll();
    if (write === undefined && (await this.#settleWithOthers())) return;
    await this.commit(async (tx) => {
      await write?.(tx);
      await this.#end(tx, 'SUCCEEDED', undefined);
    });
  }

  async fail(failure: JobFailure, onFailed: (tx: Tx) => Promise<void>): Promise<void> {
    this.#redactFailure(failure);
    await this.#flushAll();
    await this.commit(async (tx) => {
      await onFailed(tx);
      await this.#end(tx, 'FAILED', failure);
    });
  }

  async cancel(onCancelled: (tx: Tx) => Promise<void>): Promise<void> {
    await this.#flushAll();
    await this.commit(async (tx) => {
      await onCancelled(tx);
      await this.#end(tx, 'CANCELLED', undefined);
    });
  }

  /** Releases the job for another attempt after `delayMs`; `failure` says why, and is absent when the worker shuts down. */
  async reschedule(delayMs: number, failure: JobFailure | undefined): Promise<void> {
    this.#redactFailure(failure);
    await this.#flushAll();
    await this.commit(async (tx) => {
      await tx.query(appendStateEvent, {
        jobId: this.job.id,
        level: 'warn',
        message: whyRescheduled(this.job, failure, Math.ceil(delayMs / 1000)),
        data: {
          ...{ status: 'RETRYING', code: failure?.code ?? 'DRAINED', delayMs },
          ...(failure === undefined ? {} : { cause: failure.message }),
        },
      });
      tx.afterCommit(this.#onRecorded);
      await tx.query(rescheduleJob, {
        ...this.#lane(),
        delayMs,
        errorCode: failure?.code ?? null,
        errorMessage: failure?.message ?? null,
        attemptCounts: failure?.spendsAttempt ?? false,
      });
    });
  }

  /** Debug output is stored before the attempt ends: who reads that it has ended can read all of it. */
  async #flushAll(): Promise<void> {
    await this.#debugLog.close();
    await this.flush();
  }

  /** The message is stored and shown. Changed in place, because the class of the failure must be kept. */
  #redactFailure(failure: JobFailure | undefined): void {
    if (failure) failure.message = this.#shown(failure.message);
  }

  /** Redacted before it is cut: half a secret is not recognised. */
  #shown(message: string): string {
    return this.#redact(message).slice(0, MAX_MESSAGE_CHARACTERS);
  }

  #lane(): { resourceId: string; jobId: string; fence: number } {
    return { resourceId: this.job.resourceId, jobId: this.job.id, fence: this.job.fence };
  }

  /** @returns whether the job is ended; else its own transaction has to wait for the lane, or finds that the lease is lost */
  async #settleWithOthers(): Promise<boolean> {
    const settled = await this.#outages.run(() => this.#settler.settle(this.#endAs('SUCCEEDED', undefined)));
    if (settled) this.#afterEnd('SUCCEEDED');
    return settled;
  }

  async #end(tx: Tx, status: JobEnd['status'], failure: JobFailure | undefined): Promise<void> {
    const settled = await settleTogether(tx, [this.#endAs(status, failure)]);
    if (settled.size === 0) throw new LeaseLostError(this.job.resourceId, this.job.fence);
    tx.afterCommit(() => this.#afterEnd(status));
  }

  #endAs(status: JobEnd['status'], failure: JobFailure | undefined): JobEnd {
    return {
      ...this.#lane(),
      status,
      errorCode: failure?.code ?? null,
      errorMessage: failure?.message ?? null,
    };
  }

  #afterEnd(status: string): void {
    this.#onRecorded();
    this.#onEnded(status);
  }

  #leaseLost(): LeaseLostError {
    this.stop('lease-lost');
    return new LeaseLostError(this.job.resourceId, this.job.fence);
  }
}

function whyRescheduled(
  { attempt, maxAttempts }: ClaimedJob,
  failure: JobFailure | undefined,
  delaySeconds: number,
): string {
  if (failure === undefined) return 'the worker is shutting down; another one continues';
  const { message, spendsAttempt } = failure;
  return spendsAttempt
    ? `attempt ${attempt} of ${maxAttempts} failed: ${message}; the next one starts in ${delaySeconds} s`
    : `this worker cannot run the job: ${message}; the attempt is not counted, the next one starts in ${delaySeconds} s`;
}
