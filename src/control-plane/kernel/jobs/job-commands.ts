import { hasEnded } from '../../../contract/statuses.ts';
import { actingTeams, forbiddenChange, notFound, readableTeams } from '../access/team-access.ts';
import { audit } from '../audit/audit.ts';
import type { Caller } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { apiJobType, type JobHandler } from './job.ts';
import { type JobDocument, readJob } from './job-reader.ts';
import { getJob, type JobRow } from './jobs.sql.ts';
import type { JobQueue } from './queue.ts';

/** What cancel and retry need of a module. */
interface JobModule {
  readonly jobs: readonly JobHandler[];
  /** How the API shows what the jobs work on, by kind. */
  readonly resources: Readonly<Record<string, (db: Queryable, resourceId: string) => Promise<unknown>>>;
}

/** The job that runs next, and under its kind the resource that it works on. */
export type JobAndResource = { readonly job: JobDocument } & Readonly<Record<string, unknown>>;

/** Cancels and retries jobs of all modules. The handler of the job decides what that means for its resource. */
export class JobCommands {
  readonly #queue: JobQueue;
  readonly #readers: ReadonlyMap<string, JobModule['resources'][string]>;
  readonly #handlers: ReadonlyMap<string, JobHandler>;

  constructor(queue: JobQueue, modules: readonly JobModule[]) {
    this.#queue = queue;
    this.#readers = new Map(modules.flatMap(({ resources }) => Object.entries(resources)));
    this.#handlers = new Map(modules.flatMap(({ jobs }) => jobs).map((handler) => [handler.type, handler]));
  }

  /** @throws AppError STATE_CONFLICT for a job that has ended, and from handlers whose work must not be stopped */
  async cancel(tx: Tx, caller: Caller, id: string): Promise<JobAndResource> {
    const job = await this.#lock(tx, caller, id);
    if (hasEnded(job)) throw conflict(`Job ${id} has already ended: ${job.status}.`);
    const handler = this.#handlers.get(job.type);
    const reason = `job cancelled by ${caller.principal}`;
    if (handler?.onCancelRequested) await handler.onCancelRequested(tx, { job, caller, reason });
    else await this.#queue.cancel(tx, job, { by: caller.principal, reason, handler });
    return this.#accept(tx, caller, 'job.cancel', job, id);
  }

  /** Makes a job ready that waits for its next attempt. An ended job is replaced by a new one, if its handler supports that. */
  async retry(tx: Tx, caller: Caller, id: string): Promise<JobAndResource> {
    const job = await this.#lock(tx, caller, id);
    return this.#accept(tx, caller, 'job.retry', job, await this.#nextRun(tx, caller, job));
  }

  /** @returns the id of the job that runs next: this one, or its replacement */
  async #nextRun(tx: Tx, caller: Caller, job: JobRow): Promise<string> {
    if (job.status === 'RETRYING') {
      await this.#queue.runNow(tx, job.resourceId, job.id);
      return job.id;
    }
    if (!hasEnded(job)) throw conflict(`Job ${job.id} is ${job.status}: it needs no retry.`);
    const handler = this.#handlers.get(job.type);
    if (!handler?.onRetryRequested) throw conflict(`Job ${job.id} is ${job.status}: it cannot be retried.`);
    return handler.onRetryRequested(tx, { job, caller, reason: `job retried by ${caller.principal}` });
  }

  /** Finds a job of the caller's teams and locks its lane before any row of the resource, in the order of workers: no deadlocks. */
  async #lock(tx: Tx, caller: Caller, id: string): Promise<JobRow> {
    const teams = actingTeams(caller);
    const [seen] = await tx.query(getJob, { id, teams });
    if (!seen) throw await this.#forbiddenOrNotFound(tx, caller, id);
    await this.#queue.lockLane(tx, seen.resourceId);
    const [job] = await tx.query(getJob, { id, teams });
    if (!job) throw notFound('job', id);
    return job;
  }

  async #forbiddenOrNotFound(tx: Tx, caller: Caller, id: string): Promise<AppError> {
    const [job] = await tx.query(getJob, { id, teams: readableTeams(caller) });
    if (!job) return notFound('job', id);
    const { resourceKind: what, resourceName: name, team } = job;
    return forbiddenChange(caller, { what, name, team, role: 'requester' });
  }

  async #accept(
    tx: Tx,
    caller: Caller,
    action: 'job.cancel' | 'job.retry',
    job: JobRow,
    runs: string,
  ): Promise<JobAndResource> {
    const kind = job.resourceKind;
    const metadata = {
      type: apiJobType(job.type),
      was: job.status,
      [kind]: job.resourceId,
      name: job.resourceName,
      jobId: runs,
    };
    await audit(tx, job.team, caller, { action, target: job.id, status: 'SUCCESS', metadata });
    const read = this.#readers.get(kind);
    return { [kind]: await read?.(tx, job.resourceId), job: await readJob(tx, runs, null) };
  }
}

function conflict(message: string): AppError {
  return new AppError('STATE_CONFLICT', message);
}
