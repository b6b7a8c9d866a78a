import { hostname } from 'node:os';
import type { ClusterJobContext } from '../clusters/jobs/cluster-job-context.ts';
import { CreateHandler } from '../clusters/jobs/create-handler.ts';
import { DestroyHandler } from '../clusters/jobs/destroy-handler.ts';
import { systemClock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { Worker } from '../worker/worker.ts';
import type { Infrastructure } from './infrastructure.ts';

/** A worker that knows every job type, not yet started. */
export function buildWorker(
  config: ServerConfig,
  { db, dispatcher, redactor, log }: Infrastructure,
  jobContext: ClusterJobContext,
): Worker {
  return new Worker({
    db,
    clock: systemClock,
    dispatcher,
    handlers: [
      new CreateHandler(jobContext),
      new DestroyHandler(jobContext, 'DESTROY'),
      new DestroyHandler(jobContext, 'JANITOR_DESTROY'),
    ],
    newId,
    host: hostname(),
    pid: process.pid,
    roles: config.roles,
    concurrency: config.concurrency,
    leaseMs: config.leaseMs,
    pollMs: config.pollMs,
    backoff: { baseMs: config.backoffBaseMs, maxMs: config.backoffMaxMs },
    random: Math.random,
    redact: redactor.redactLine,
    log,
  });
}
