import type { Caller } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';

/** Job types are stored as `KIND.NAME`, in lower case with dashes: `thing.create`, `thing.scheduled-destroy`. */
export function kindOfJobType(type: string): string {
  const dot = type.indexOf('.');
  if (dot < 1) throw new TypeError(`job type "${type}" names no kind: use KIND.NAME`);
  return type.slice(0, dot);
}

/** The API's word for a job type: `thing.scheduled-destroy` is SCHEDULED_DESTROY. */
export function apiJobType(type: string): string {
  return type
    .slice(type.indexOf('.') + 1)
    .toUpperCase()
    .replaceAll(/[.-]/g, '_');
}

/** Identifies a job and its resource. */
export interface JobIdentity {
  readonly id: string;
  readonly resourceId: string;
  readonly resourceName: string;
  readonly team: string;
  /** `KIND.NAME`, as in `thing.create`. */
  readonly type: string;
  readonly status?: string;
}

/** A job that a worker has claimed. Each write of the attempt carries the fence. */
export interface ClaimedJob extends JobIdentity {
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fence: number;
  /** Attempts since the last counted one that the worker's host or the database prevented. */
  readonly deferrals: number;
  readonly payload: unknown;
  readonly requestedBy: string;
  /** The trace of the request that it does. */
  readonly traceparent?: string | null;
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

/** What a handler gets: its job, a signal to stop, and the methods that write under the fence. */
export interface JobContext {
  readonly job: ClaimedJob;
  /** Aborts with a `JobStoppedError`: cancelled, draining, timed out, or the lease is lost. */
  readonly signal: AbortSignal;
  /** For reads. Like commits, they wait for a database that is away, as long as the lease lasts. */
  readonly db: Queryable;
  /** Runs `work` in a transaction that commits only while this attempt still holds the lane. Throws LeaseLostError otherwise. */
  commit<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Records what happened, in order, under the fence. Writes are grouped; `flush` waits for them. Level `debug` goes to the debug log in
   * the artifact store, not to the database.
   */
  event(event: NewJobEvent): void;
  /** Runs a program as a step of the job's trace. @param work gets the variable TRACEPARENT of the program; undefined: no trace */
  program<T>(name: string, work: (traceparent: string | undefined) => Promise<T>): Promise<T>;
  /** Sets the phase that `jobs get` shows and the following events carry. */
  beginPhase(phase: string): void;
  /** Remaining time of the worker's lease in milliseconds; child processes must end before it expires. */
  leaseRemainingMs(): number;
  flush(): Promise<void>;
}

/** The result of a handler. `write` runs in the fenced transaction that also ends the job. */
export interface JobResult {
  readonly write?: (tx: Tx) => Promise<void>;
}

/** What keeps the host of a worker from running a type of job: its disk, its programs, its credentials. */
export interface HostProblem {
  readonly code: string;
  /** What is wrong, and what to do. */
  readonly message: string;
  /** Waiting does not change it: when no other worker can run such jobs, they are claimed, to fail with the reason. */
  readonly isPermanent?: boolean;
  /** Such jobs belong to another host: nothing is wrong with this one. */
  readonly isOfOtherHost?: boolean;
}

/**
 * Runs one type of job. The worker of a previous attempt may have died at any point, so each attempt first checks for its residue.
 * A handler fails by throwing a `JobFailure`; any other error is retried as an internal one.
 */
export interface JobHandler {
  readonly type: string;
  /** Longest time that one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Jobs of this type that one worker runs at a time (default: as many as it has slots). */
  readonly maxRunning?: number;
  /** Checks the worker's host; with a problem the worker claims no jobs of this type. Asked every few seconds. */
  hostProblem?(): Promise<HostProblem | undefined>;
  run(context: JobContext): Promise<JobResult>;
  /** Called in the transaction that ends the job as FAILED, by the worker that ends it. */
  onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void>;
  /** Called in the transaction that ends the job as CANCELLED. */
  onCancelled(tx: Tx, job: JobIdentity): Promise<void>;
  /** Called when a caller cancels a job that has not ended. Absent: the job is cancelled, and nothing else happens. */
  onCancelRequested?(tx: Tx, request: JobRequest): Promise<void>;
  /** Called when a caller retries a job that has ended. Absent: the retry is rejected. @returns the id of the job that replaces it */
  onRetryRequested?(tx: Tx, request: JobRequest): Promise<string>;
}

/** Why an attempt failed. The message is shown to the requester. */
export class JobFailure extends Error {
  readonly code: string;
  readonly retryable: boolean;
  /** False: the worker's host or the database prevented the attempt. It is not counted, and another one follows in any case. */
  readonly spendsAttempt: boolean;
  constructor(
    code: string,
    message: string,
    options: { retryable: boolean; spendsAttempt?: boolean; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'JobFailure';
    this.code = code;
    this.retryable = options.retryable;
    this.spendsAttempt = options.spendsAttempt ?? true;
  }
}

export type StopReason = 'cancelled' | 'draining' | 'timed-out' | 'lease-lost';

/** The reason of a job's aborted signal. */
export class JobStoppedError extends Error {
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(`the job was stopped: ${reason}`);
    this.name = 'JobStoppedError';
    this.reason = reason;
  }
}
