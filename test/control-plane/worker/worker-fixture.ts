import { systemClock } from '../../../src/control-plane/kernel/clock.ts';
import type { Db } from '../../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { createDispatcher, type Dispatcher } from '../../../src/control-plane/kernel/jobs/dispatcher.ts';
import type { JobContext, JobHandler, JobResult } from '../../../src/control-plane/kernel/jobs/job.ts';
import { JobQueue } from '../../../src/control-plane/kernel/jobs/queue.ts';
import { Worker } from '../../../src/control-plane/worker/worker.ts';
import type { WorkerOptions } from '../../../src/control-plane/worker/worker-options.ts';
import { jobOf } from './job-rows.ts';

const quietLog = { info() {}, warn() {}, error() {} };

/** A handler whose work is given; by default its end of the road does nothing. */
export function handler(
  type: string,
  run: (context: JobContext) => Promise<JobResult>,
  ends: Partial<Pick<JobHandler, 'onFailed' | 'onCancelled' | 'timeoutMs' | 'hostProblem'>> = {},
): JobHandler {
  return { type, timeoutMs: 60_000, run, onFailed: async () => {}, onCancelled: async () => {}, ...ends };
}

export interface WorkerFixture {
  readonly db: Db;
  readonly dispatcher: Dispatcher;
  readonly queue: JobQueue;
  enqueue(resourceId: string, type: string, payload?: Record<string, unknown>): Promise<string>;
  worker(handlers: readonly JobHandler[], options?: Partial<WorkerOptions>): Worker;
  /** Resolves when a job has this status; woken by what workers announce. */
  until(jobId: string, status: string): Promise<void>;
  close(): Promise<void>;
}

/** Workers on a test database; those that were made are stopped by `close`. */
export async function openWorkerFixture(db: Db, maxAttempts = 3): Promise<WorkerFixture> {
  const dispatcher = await createDispatcher(db, () => {});
  const queue = new JobQueue(dispatcher, newId, maxAttempts);
  const workers: Worker[] = [];
  return {
    db,
    dispatcher,
    queue,
    enqueue: (resourceId, type, payload = {}) =>
      db.tx((tx) =>
        queue.enqueue(tx, {
          ...{ resourceId, type, payload },
          resourceName: resourceId,
          team: 'team',
          requestedBy: 'local:test',
        }),
      ),
    worker(handlers, options = {}) {
      const worker = new Worker({
        db,
        artifacts: { put: async (key) => ({ uri: key, sha256: '', sizeBytes: 0 }) },
        clock: systemClock,
        dispatcher,
        handlers,
        newId,
        host: 'test',
        pid: process.pid,
        roles: ['worker'],
        concurrency: 4,
        leaseMs: 30_000,
        pollMs: 5_000,
        hostCheckMs: 0,
        backoff: { baseMs: 1, maxMs: 10 },
        random: () => 1,
        redact: (text) => text,
        log: quietLog,
        ...options,
      });
      workers.push(worker);
      return worker;
    },
    async until(jobId, status) {
      for (;;) {
        const news = new Promise<void>((resolve) => {
          const unsubscribe = dispatcher.onEvents(() => {
            unsubscribe();
            resolve();
          });
        });
        if ((await jobOf(db, jobId)).status === status) return;
        await news;
      }
    },
    async close() {
      // One that was cut off from the database cannot say goodbye.
      await Promise.allSettled(workers.map((worker) => worker.stop(0)));
      await dispatcher.close();
    },
  };
}

/** Collects things and lets a test wait until there are enough. */
export class Collected<T> {
  readonly items: T[] = [];
  #waiters: { count: number; resolve: () => void }[] = [];

  add(item: T): void {
    this.items.push(item);
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (this.items.length < count) return true;
      resolve();
      return false;
    });
  }

  reaches(count: number): Promise<void> {
    if (this.items.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }
}

export const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
