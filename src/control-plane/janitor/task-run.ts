import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf, TaskLostError } from '../kernel/errors.ts';
import { endTask, holdTask, renewTask } from '../kernel/tasks/periodic-task.sql.ts';
import type { PeriodicTask, TaskCommit } from '../kernel/tasks/periodic-task.ts';
import type { OnControlPlaneEvent } from '../kernel/telemetry/control-plane-event.ts';

export interface TaskLimits {
  /** How long a run belongs to a process that stopped answering. */
  readonly leaseMs: number;
  /** Longest run: after it the run is told to stop, fails, and its lease is no longer renewed. */
  readonly runTimeoutMs: number;
  /** Removes secrets from the message of an error, which is stored (G15). */
  readonly redact: (text: string) => string;
  readonly onEvent?: OnControlPlaneEvent | undefined;
}

export type TaskLog = Readonly<Record<'debug' | 'info' | 'warn', (fields: object, message: string) => void>>;

interface TaskRunOptions extends TaskLimits {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: TaskLog;
}

type Result = Record<string, unknown> | undefined;

/** A task that runs every 4 seconds must not wait for 30 because a process died in the middle of it (G7). */
const SHORTEST_LEASE_MS = 1_000;

/**
 * One run of a task of the installation. The lease is renewed while it lasts. When the lease is lost, or the run takes too long, the run
 * is told to stop and its commits are rejected: another process may have begun the next one.
 */
export class TaskRun {
  /** As long as the interval of the task, at most the lease of a worker. */
  readonly leaseMs: number;
  readonly #task: PeriodicTask;
  readonly #o: TaskRunOptions;
  /** Aborts with TaskLostError, with the timeout, or when the process stops. */
  readonly #end = new AbortController();
  #isStopped = false;

  constructor(task: PeriodicTask, options: TaskRunOptions) {
    this.#task = task;
    this.#o = options;
    this.leaseMs = Math.min(options.leaseMs, Math.max(SHORTEST_LEASE_MS, task.intervalMs));
  }

  /** Tells the run to stop: another process repeats it. */
  stop(): void {
    this.#isStopped = !this.#end.signal.aborted;
    this.#end.abort();
  }

  /**
   * Never rejects: a failure is recorded and logged.
   * @param fence of the claim
   * @param failure the error of the run before, if it failed: an outage is a warning once, not at each run
   */
  async run(fence: number, failure: string | null): Promise<void> {
    const { clock } = this.#o;
    const startedMs = clock.monotonicMs();
    const ended = new AbortController();
    const lost = new Promise<never>((_, reject) => {
      void this.#renewUntil(ended.signal, fence, (reason) => {
        this.#end.abort(reason);
        reject(reason);
      });
    });
    try {
      // Work that ignores its signal is not waited for once it is lost.
      const result = await Promise.race([this.#task.run(this.#end.signal, this.#commit(fence)), lost]);
      const outcome = this.#isStopped ? 'INTERRUPTED' : 'SUCCEEDED';
      await this.#record(fence, { startedMs, outcome, result, error: null, failure });
    } catch (error) {
      const outcome = this.#isStopped ? 'INTERRUPTED' : 'FAILED';
      await this.#record(fence, {
        startedMs,
        outcome,
        result: undefined,
        error: this.#o.redact(messageOf(error)),
        failure,
      });
    } finally {
      ended.abort();
    }
  }

  #commit(fence: number): TaskCommit {
    const { db } = this.#o;
    const { name } = this.#task;
    return (work) =>
      db.tx(async (tx) => {
        const [held] = await tx.query(holdTask, { name, fence });
        if (!held) throw new TaskLostError(name);
        return work(tx);
      });
  }

  /** Renews three times per lease. A renewal that fails is tried again until the lease is over by this process's own clock. */
  async #renewUntil(ended: AbortSignal, fence: number, lose: (reason: Error) => void): Promise<void> {
    const { db, clock, runTimeoutMs } = this.#o;
    const { name } = this.#task;
    const timeoutAtMs = clock.monotonicMs() + runTimeoutMs;
    let heldUntilMs = clock.monotonicMs() + this.leaseMs;
    for (;;) {
      await clock.sleep(Math.min(this.leaseMs / 3, runTimeoutMs), ended).catch(() => {});
      if (ended.aborted) return;
      const nowMs = clock.monotonicMs();
      if (nowMs >= timeoutAtMs) return lose(new Error(`stopped after ${runTimeoutMs / 1_000} seconds`));
      const answer = await db.query(renewTask, { name, fence, leaseMs: this.leaseMs }).catch(() => undefined);
      if (ended.aborted) return;
      if (answer?.[0]) heldUntilMs = nowMs + this.leaseMs;
      else if (answer || clock.monotonicMs() >= heldUntilMs) return lose(new TaskLostError(name));
    }
  }

  async #record(
    fence: number,
    {
      startedMs,
      outcome,
      result,
      error,
      failure,
    }: {
      startedMs: number;
      outcome: 'SUCCEEDED' | 'FAILED' | 'INTERRUPTED';
      result: Result;
      error: string | null;
      failure: string | null;
    },
  ): Promise<void> {
    const { db, clock, log } = this.#o;
    const { name } = this.#task;
    const durationMs = clock.monotonicMs() - startedMs;
    this.#o.onEvent?.({ type: 'task.ended', task: name, outcome, durationMs, result, error });
    if (outcome === 'FAILED' && error === failure)
      log.debug({ task: name, error }, 'periodic task failed again with the same error');
    else if (outcome === 'FAILED') log.warn({ task: name, error }, 'periodic task failed');
    else if (outcome === 'SUCCEEDED' && failure !== null)
      log.info({ task: name, ...result, failure }, 'periodic task succeeds again');
    else if (result) log.info({ task: name, ...result }, 'periodic task done');
    await db
      .query(endTask, { name, fence, durationMs, outcome, result: result ?? null, error })
      // Its lease ends, and another run is made.
      .catch((cause: unknown) =>
        log.warn({ task: name, error: messageOf(cause) }, 'cannot record the end of a periodic task'),
      );
  }
}
