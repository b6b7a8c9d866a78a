import type { Tx } from '../db/db.ts';
import type { NewId } from '../ids.ts';
import { cancelOneJob, cancelWaitingJobs, requestCancelOfRunningJob, runJobNow } from './control.sql.ts';
import type { Dispatcher } from './dispatcher.ts';
import { enqueueJob, lockLane } from './enqueue.sql.ts';
import { type JobHandler, type JobIdentity, kindOfJobType } from './job.ts';

export interface NewJob {
  /** Set when the id is needed before the job is created. */
  readonly id?: string;
  readonly resourceId: string;
  /** Name of the resource; it never changes. */
  readonly resourceName: string;
  /** Team of the resource: only callers with a role in it see the job. */
  readonly team: string;
  /** `KIND.NAME`, as in `thing.create`. */
  readonly type: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** Principal, or `system:…` when no caller requested it. */
  readonly requestedBy: string;
  /** The trace that the job is a part of. */
  readonly traceparent?: string | null | undefined;
}

export interface JobCancel {
  /** Principal, or `system:…`. */
  readonly by: string;
  readonly reason: string;
  /** Of the type of the job; undefined if no module of this server has one. */
  readonly handler: Pick<JobHandler, 'onCancelled'> | undefined;
}

export interface Superseded {
  /** Waiting jobs that were cancelled. */
  readonly cancelled: readonly { readonly id: string; readonly type: string; readonly attempt: number }[];
  /** The running job, if any; it was requested to stop. */
  readonly stopping: readonly { readonly id: string; readonly type: string }[];
}

/**
 * Adds jobs to lanes and controls them. A lane is the FIFO queue of one resource's jobs. Every method runs in the caller's
 * transaction; workers are woken after its commit.
 */
export class JobQueue {
  readonly #dispatcher: Dispatcher;
  readonly #newId: NewId;
  readonly #maxAttempts: number;

  constructor(dispatcher: Dispatcher, newId: NewId, maxAttempts: number) {
    this.#dispatcher = dispatcher;
    this.#newId = newId;
    this.#maxAttempts = maxAttempts;
  }

  /**
   * @returns the id of the new job, which runs after all jobs that are in the lane already
   * @throws TypeError without a resource id: all such jobs would share one lane
   */
  async enqueue(tx: Tx, job: NewJob): Promise<string> {
    if (job.resourceId === '') throw new TypeError(`a ${job.type} job must name its resource`);
    const id = job.id ?? this.#newId('job');
    const [added] = await tx.query(enqueueJob, {
      id,
      resourceId: job.resourceId,
      resourceKind: kindOfJobType(job.type),
      resourceName: job.resourceName,
      team: job.team,
      jobType: job.type,
      payload: job.payload ?? {},
      requestedBy: job.requestedBy,
      traceparent: job.traceparent ?? null,
      maxAttempts: this.#maxAttempts,
    });
    if (added?.isFirst) tx.afterCommit(() => this.#dispatcher.wake([job.resourceId]));
    return id;
  }

  /** Locks the resource's lane until the transaction ends. Take it before any lock of the resource's own rows. */
  async lockLane(tx: Tx, resourceId: string): Promise<void> {
    await tx.query(lockLane, { resourceId });
  }

  /** Cancels one job. A running one is requested to stop; a waiting one ends, and its handler is told here, as no worker will do it. */
  async cancel(tx: Tx, job: JobIdentity, { by, reason, handler }: JobCancel): Promise<void> {
    const { id: jobId, resourceId } = job;
    await this.lockLane(tx, resourceId);
    const [cancelled] = await tx.query(cancelOneJob, { resourceId, jobId, reason, by });
    if (cancelled?.status === 'CANCELLED') await handler?.onCancelled(tx, job);
    this.#wakeAfter(tx, resourceId, [jobId]);
  }

  /** Ends a job's back-off. */
  async runNow(tx: Tx, resourceId: string, jobId: string): Promise<void> {
    await this.lockLane(tx, resourceId);
    await tx.query(runJobNow, { resourceId, jobId });
    tx.afterCommit(() => this.#dispatcher.wake([resourceId]));
  }

  /** Cancels the waiting jobs of the resource and requests the running one to stop. */
  async supersede(tx: Tx, resourceId: string, reason: string): Promise<Superseded> {
    await this.lockLane(tx, resourceId);
    const cancelled = await tx.query(cancelWaitingJobs, { resourceId, reason });
    const stopping = await tx.query(requestCancelOfRunningJob, { resourceId });
    this.#wakeAfter(
      tx,
      resourceId,
      cancelled.map(({ id }) => id),
    );
    return { cancelled, stopping };
  }

  /** Wakes the worker that runs a job of the lane, those that may claim from it, and followers of the jobs, which may have ended. */
  #wakeAfter(tx: Tx, resourceId: string, jobIds: readonly string[]): void {
    tx.afterCommit(() => {
      this.#dispatcher.wakeAll([resourceId]);
      this.#dispatcher.announceEvents(jobIds);
    });
  }
}
