import { hostname } from 'node:os';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module } from '../kernel/api/module.ts';
import { systemClock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { OnControlPlaneEvent } from '../kernel/telemetry/control-plane-event.ts';
import type { WorkerMetrics } from '../kernel/telemetry/metrics.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { Worker } from '../worker/worker.ts';

/** A check takes a few system calls. */
const HOST_CHECK_MS = 5_000;

/** A worker for the jobs of the given modules, not yet started. */
export function buildWorker(
  config: ServerConfig,
  { db, artifacts, dispatcher, redactor, tracing, log }: Infrastructure,
  modules: readonly Module[],
  { metrics, onEvent }: { metrics: WorkerMetrics | undefined; onEvent: OnControlPlaneEvent },
): Worker {
  return new Worker({
    db,
    artifacts,
    clock: systemClock,
    dispatcher,
    handlers: modules.flatMap(({ jobs }) => jobs),
    newId,
    host: hostname(),
    pid: process.pid,
    roles: config.roles,
    concurrency: config.concurrency,
    leaseMs: config.leaseMs,
    pollMs: config.pollMs,
    hostCheckMs: HOST_CHECK_MS,
    backoff: { baseMs: config.backoffBaseMs, maxMs: config.backoffMaxMs },
    random: Math.random,
    redact: redactor.redactLine,
    metrics,
    onEvent,
    tracing,
    log,
  });
}
