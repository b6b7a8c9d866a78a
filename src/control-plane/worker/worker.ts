import { waitAtMost } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { ClaimedJob, JobHandler } from '../kernel/jobs/job.ts';
import { releaseOrphanedLanes } from '../kernel/jobs/lease.sql.ts';
import { listTypesOfOthers } from '../kernel/jobs/workers.sql.ts';
import { Attempt } from './attempt.ts';
import { logFieldsOf } from './attempt-trace.ts';
import { ClaimLoop, capacityFor } from './claim-loop.ts';
import { Heartbeat } from './heartbeat.ts';
import { HostReadiness } from './host-readiness.ts';
import { type Renewal, WorkerLease, type WorkerProblem } from './lease.ts';
import { OrphanedClaims } from './orphaned-claims.ts';
import { runJob } from './run-job.ts';
import { Settler } from './settler.ts';
import type { WorkerOptions } from './worker-options.ts';

/** Claims jobs into free slots and keeps the lease; ends everything it runs when the lease cannot be kept. */
export class Worker {
  readonly #o: WorkerOptions;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  /** By fence: an attempt that lost its lane may still be ending when the same job comes back. */
  readonly #running = new Map<number, { attempt: Attempt; ended: Promise<void> }>();
  /** Fences of attempts that ended and could not be recorded. */
  readonly #unsettled = new Set<number>();
  readonly #orphanedClaims: OrphanedClaims;
  readonly #heartbeat: Heartbeat;
  readonly #readiness: HostReadiness;
  readonly #claims: ClaimLoop;
  readonly #settler: Settler;
  /** Draining: no new jobs. */
  readonly #closing = new AbortController();
  /** Aborted when all attempts have ended: no more heartbeats. */
  readonly #stopped = new AbortController();
  #lease: WorkerLease;
  #claiming: Promise<void> | undefined;
  #loops: Promise<unknown> | undefined;

  constructor(options: WorkerOptions) {
    this.#o = options;
    this.#handlers = new Map(options.handlers.map((handler) => [handler.type, handler]));
    const { clock, leaseMs, log } = options;
    this.#settler = new Settler(options.db, () => this.#claims.wake());
    this.#orphanedClaims = new OrphanedClaims(clock, leaseMs / 3);
    this.#heartbeat = new Heartbeat({
      clock,
      leaseMs,
      log,
      lease: () => this.#lease,
      onRenewed: (renewal) => this.#onRenewed(renewal),
      onLost: () => this.#onLost(),
      onDuration: (ms) => options.metrics?.leaseRenewed(ms / 1_000),
    });
    this.#readiness = new HostReadiness({
      ...{ handlers: options.handlers, clock, log, intervalMs: options.hostCheckMs },
      typesOfOthers: (types) => this.#typesOfOthers(types),
      onChanged: () => this.#onReadinessChanged(),
    });
    this.#claims = new ClaimLoop({
      ...{ db: options.db, clock, log, concurrency: options.concurrency, readiness: this.#readiness },
      ...{ pollMs: options.pollMs, hostCheckMs: options.hostCheckMs },
      ...{ workerId: () => this.id, start: (job) => this.#start(job) },
      // A handler that has ended needs no slot while its job is settled.
      capacityFor: (type) => capacityFor(this.#handlers.get(type), this.#running.values()),
      running: () => this.#running.size - Math.min(this.#settler.size, options.concurrency),
    });
    this.#lease = this.#newLease();
  }

  /** What keeps it from claiming jobs; none when it is ready. */
  get problems(): readonly WorkerProblem[] {
    return this.#readiness.problems;
  }

  get id(): string {
    return this.#lease.identity.id;
  }

  /** Registers the lease and begins to claim. */
  async start(): Promise<void> {
    await this.#lease.register();
    const unsubscribe = this.#o.dispatcher.onWake((ids) => this.#onWake(ids));
    this.#claiming = this.#claims.run(this.#closing.signal);
    this.#loops = Promise.all([
      this.#claiming,
      this.#o.dispatcher.receive(this.#claims.target, this.#closing.signal),
      this.#heartbeat.run(this.#stopped.signal),
    ]).finally(unsubscribe);
    this.#loops.catch((error) => this.#o.log.error({ err: error }, 'worker crashed (bug)'));
  }

  /**
   * Claims nothing more, waits `drainMs` for running attempts, then stops them; they are rescheduled and the attempt is not counted.
   */
  async stop(drainMs: number): Promise<void> {
    this.#lease.draining = true;
    this.#closing.abort();
    this.#claims.wake();
    this.#heartbeat.beatNow();
    await waitAtMost(drainMs, this.#ended());
    this.forceStop();
    // Jobs of a claim that was on its way are stopped when they start.
    await waitAtMost(
      this.#o.leaseMs,
      Promise.resolve(this.#claiming).then(() => this.forceStop()),
    );
    await waitAtMost(this.#o.leaseMs, this.#ended());
    this.#stopped.abort();
    await this.#loops;
    await this.#lease.end();
  }

  /** Stops what still runs at once: a second Ctrl-C. */
  forceStop(): void {
    for (const { attempt } of this.#running.values()) attempt.stop('draining');
  }

  /** Resolves when no job runs and none is being claimed. */
  async #ended(): Promise<void> {
    await this.#claiming;
    await this.#allEnded();
  }

  async #allEnded(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #typesOfOthers(types: readonly string[]): Promise<string[]> {
    const rows = await this.#o.db.query(listTypesOfOthers, { types: [...types], workerId: this.id });
    return rows.map(({ type }) => type);
  }

  #onReadinessChanged(): void {
    this.#lease.problems = this.problems;
    this.#heartbeat.beatNow();
  }

  #start(job: ClaimedJob): void {
    const handler = this.#handlers.get(job.type);
    if (!handler) throw new TypeError(`claimed a ${job.type} job without a handler for it`);
    const lease = this.#lease;
    const { db, artifacts, clock, random, redact } = this.#o;
    const event = {
      jobId: job.id,
      jobType: job.type,
      resourceId: job.resourceId,
      attempt: job.attempt,
    };
    const attempt = new Attempt(job, {
      db,
      settler: this.#settler,
      artifacts,
      clock,
      random,
      redact,
      leaseRemainingMs: () => lease.remainingMs,
      onRecorded: () => this.#o.dispatcher.announceEvents([job.id]),
      onEnded: (status) => {
        this.#o.metrics?.jobEnded(job.type, status);
        this.#o.onEvent?.({ type: 'job.ended', status, ...event });
      },
      tracing: this.#o.tracing,
    });
    const fields = logFieldsOf(job);
    this.#o.log.info(fields, 'job started');
    this.#o.onEvent?.({ type: 'job.started', ...event });
    const ended = this.#run(attempt, handler)
      .then(
        () => this.#o.log.info({ ...fields, stopReason: attempt.stopReason }, 'job attempt ended'),
        (error) => {
          this.#unsettled.add(job.fence);
          this.#o.log.error({ ...fields, err: error }, 'cannot settle the attempt');
        },
      )
      .finally(() => {
        this.#running.delete(job.fence);
        this.#claims.wake();
        // This worker claims no more: another one continues with the lane.
        if (this.#closing.signal.aborted) this.#o.dispatcher.wake([job.resourceId]);
        this.#o.onEvent?.({ type: 'job.attempt-ended', stopReason: attempt.stopReason, ...event });
      });
    this.#running.set(job.fence, { attempt, ended });
  }

  #run(attempt: Attempt, handler: JobHandler): Promise<void> {
    return runJob(attempt, handler, {
      backoff: this.#o.backoff,
      random: this.#o.random,
      onHostFailure: () => this.#readiness.expire(),
      onBug: (error, { job }) =>
        this.#o.log.error({ jobId: job.id, err: error }, 'job failed because of a bug'),
    });
  }

  #onWake(resourceIds: readonly string[]): void {
    this.#claims.wake();
    const mine = [...this.#running.values()].some(({ attempt }) =>
      resourceIds.includes(attempt.job.resourceId),
    );
    if (mine) this.#heartbeat.beatNow();
  }

  async #onRenewed({ cancelRequested, heldFences }: Renewal): Promise<void> {
    for (const { attempt } of this.#running.values())
      if (cancelRequested.includes(attempt.job.id)) attempt.stop('cancelled');
    await this.#releaseOrphanedClaims(heldFences).catch((error) =>
      this.#o.log.warn({ error: messageOf(error) }, 'cannot release orphaned claims; trying again'),
    );
  }

  async #releaseOrphanedClaims(heldFences: readonly number[]): Promise<void> {
    const fences = this.#orphanedClaims.overdue(heldFences, (fence) => this.#running.has(fence));
    if (fences.length === 0) return;
    const started = fences.filter((fence) => this.#unsettled.has(fence));
    const returned = await this.#o.db.query(releaseOrphanedLanes, { workerId: this.id, fences, started });
    for (const fence of started) this.#unsettled.delete(fence);
    const jobs = returned.map(({ jobId }) => jobId);
    this.#o.log.warn({ jobs }, 'released orphaned claims');
    this.#o.dispatcher.announceEvents(jobs);
    this.#o.dispatcher.wake(returned.map(({ resourceId }) => resourceId));
  }

  /** Stops everything that runs and begins a new lease. */
  async #onLost(): Promise<void> {
    this.#o.log.warn(
      { workerId: this.id, jobs: this.#running.size },
      'lease lost; stopping jobs and their processes',
    );
    this.#o.onEvent?.({ type: 'worker.lease-lost', workerId: this.id, jobs: this.#running.size });
    for (const { attempt } of this.#running.values()) attempt.stop('lease-lost');
    // An attempt that does not end has no lane any more and must not block the others.
    await waitAtMost(this.#o.leaseMs, this.#allEnded());
    while (!this.#closing.signal.aborted) {
      this.#lease = this.#newLease();
      try {
        return await this.#lease.register();
      } catch (error) {
        this.#o.log.warn({ error: messageOf(error) }, 'cannot register again; trying again');
        await this.#o.clock.sleep(1_000, this.#closing.signal).catch(() => {});
      }
    }
  }

  #newLease(): WorkerLease {
    const { db, clock, dispatcher, newId, host, pid, roles, leaseMs } = this.#o;
    const identity = { id: newId('wrk'), host, pid, roles, jobTypes: [...this.#handlers.keys()] };
    const lease = new WorkerLease(db, clock, dispatcher, identity, leaseMs);
    lease.problems = this.problems;
    return lease;
  }
}
