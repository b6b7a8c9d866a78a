import type { Caller } from '../caller.ts';
import type { Tx } from '../db/db.ts';

/** What every reader of a job knows. */
export interface JobIdentity {
  readonly id: string;
  readonly resourceId: string;
  readonly resourceName: string;
  readonly team: string;
  /** `KIND.NAME`, as in `thing.create`. */
  readonly type: string;
  readonly status?: string;
}

/** A job as its worker holds it: the fence goes with every write that the attempt makes. */
export interface ClaimedJob extends JobIdentity {
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fence: number;
  readonly payload: unknown;
  readonly requestedBy: string;
}

/** A caller's request to cancel or retry a job. The job's lane is locked. */
export interface JobRequest {
  readonly job: JobIdentity & { readonly status: string };
  readonly caller: Caller;
  /** For transitions and audit. */
  readonly reason: string;
}

export type EventLevel = 'debug' | 'info' | 'warn' | 'error';

/** Longer messages of events and failures are cut when they are recorded. */
export const MAX_MESSAGE_CHARACTERS = 8_000;

export interface NewJobEvent {
  readonly kind: 'phase' | 'milestone' | 'log' | 'state';
  readonly level: EventLevel;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What a handler is given: its job, the signal that tells it to stop, and the only way to write. */
export interface JobContext {
  readonly job: ClaimedJob;
  /** Aborts with a `JobStopped`: cancelled, draining, timed out, or the lease is lost. */
  readonly signal: AbortSignal;
  /** Runs `work` in a transaction that commits only while this attempt still holds the lane. Throws LeaseLostError otherwise. */
  commit<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Records what happened, in order, under the fence. Writes are grouped; `flush` waits for them. */
  event(event: NewJobEvent): void;
  /** Names the step that begins now: shown by `jobs get` and carried by the events that follow. */
  beginPhase(phase: string): void;
  /** What is left of the worker's lease, in milliseconds: no child process may outlive it. */
  leaseRemainingMs(): number;
  flush(): Promise<void>;
}

/** What a handler ends with: `write` runs in the fenced transaction that also ends the job. */
export interface JobResult {
  readonly write?: (tx: Tx) => Promise<void>;
}

/**
 * Does one type of job. Handlers are re-entrant: an attempt first finds out what the one before it left behind.
 * A handler fails by throwing a `JobFailure`; anything else that it throws is retried as an unknown failure.
 */
export interface JobHandler {
  readonly type: string;
  /** Longest time that one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  run(context: JobContext): Promise<JobResult>;
  /** Called in the transaction that ends the job as FAILED, by whichever worker ends it. */
  onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void>;
  /** Called in the transaction that ends the job as CANCELLED. */
  onCancelled(tx: Tx, job: JobIdentity): Promise<void>;
  /** Called when a caller cancels a job that has not ended. Absent: the job is cancelled, and nothing else happens. */
  onCancelRequested?(tx: Tx, request: JobRequest): Promise<void>;
  /** Called when a caller retries a job that has ended. Absent: refused. @returns the id of the job that replaces it */
  onRetryRequested?(tx: Tx, request: JobRequest): Promise<string>;
}

/** Why an attempt failed, in words for the person who asked for the work. */
export class JobFailure extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'JobFailure';
    this.code = code;
    this.retryable = options.retryable;
  }
}

export type StopReason = 'cancelled' | 'draining' | 'timed-out' | 'lease-lost';

/** The reason of a job's aborted signal. */
export class JobStoppedError extends Error {
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(`the job was stopped: ${reason}`);
    this.name = 'JobStopped';
    this.reason = reason;
  }
}
