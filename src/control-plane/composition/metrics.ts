import type { AddressInfo } from 'node:net';
import { listenError } from '../http/listen.ts';
import { listenForMetrics } from '../http/metrics-listener.ts';
import type { ReadinessOptions } from '../http/readiness.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module } from '../kernel/api/module.ts';
import { JOB_GAUGES } from '../kernel/jobs/job-gauges.ts';
import { WAKE_QUEUE_GAUGES } from '../kernel/jobs/sqs/watch-queue-task.ts';
import { TASK_GAUGES } from '../kernel/tasks/task-gauges.ts';
import { createMetrics, type Metrics } from '../kernel/telemetry/metrics.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import type { Cleanups } from './infrastructure.ts';
import type { ServerTls } from './tls.ts';

/** Serves `/metrics` and `/readyz` on their own address. @returns undefined when none is configured */
export async function serveMetrics(
  config: ServerConfig,
  { db, log }: Infrastructure,
  modules: readonly Module[],
  readiness: ReadinessOptions,
  tls: ServerTls | undefined,
  cleanups: Cleanups,
): Promise<Metrics | undefined> {
  const address = config.metrics;
  if (address === undefined) return undefined;
  const sources = [JOB_GAUGES, TASK_GAUGES, WAKE_QUEUE_GAUGES, ...modules.flatMap(({ gauges }) => gauges)];
  const sets = modules.flatMap(({ services = [] }) => services.flatMap((service) => service.metrics ?? []));
  const metrics = await createMetrics(db, sources, sets);
  const failed = (err: unknown) => log.error({ err }, 'cannot answer on the address of the metrics');
  const listener = await listenForMetrics(metrics, readiness, address, tls?.certificate, failed).catch(
    (error: unknown) => {
      throw listenError(error, address, '--metrics-listen');
    },
  );
  cleanups.push(async () => {
    listener.close();
    listener.closeAllConnections();
  });
  tls?.keepFresh(listener);
  const { port } = listener.address() as AddressInfo;
  log.info({ host: address.host, port }, 'metrics listening');
  return metrics;
}
