import type { Gauge, Registry } from 'prom-client';
import type { Db } from '../db/db.ts';
import { DatabaseUnavailableError } from '../errors.ts';
import { countJobs, countUnrunnableJobs, countWorkers, measureQueue } from '../jobs/metrics.sql.ts';
import { countWorkerProblems } from '../jobs/workers.sql.ts';

/** A completed request. The route is the template of openapi.yaml, so it contains no values of a caller. */
export interface RequestMetric {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What a worker reports of itself. */
export interface WorkerMetrics {
  jobEnded(type: string, status: string): void;
  leaseRenewed(seconds: number): void;
}

export interface Metrics extends WorkerMetrics {
  observe(request: RequestMetric): void;
  /** All metrics in the Prometheus text format; those of the database are read each time. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics for operators. Labels have fixed values: no person, team or resource is named (G15). */
export async function createMetrics(db: Pick<Db, 'query'>): Promise<Metrics> {
  // Loaded only when metrics are enabled.
  const { Counter, Histogram, Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labelNames = ['method', 'route', 'status'] as const;
  const registers = [registry];
  const requests = new Counter({
    name: 'ocpctl_http_requests_total',
    help: 'Requests answered',
    labelNames,
    registers,
  });
  const durations = new Histogram({
    name: 'ocpctl_http_request_seconds',
    help: 'Time to answer a request; a stream counts until its end',
    labelNames: ['method', 'route'] as const,
    buckets: SECONDS,
    registers,
  });
  const ended = new Counter({
    name: 'ocpctl_jobs_ended_total',
    help: 'Jobs that the worker of this process ended, by type and final status',
    labelNames: ['type', 'status'] as const,
    registers,
  });
  const renewals = new Histogram({
    name: 'ocpctl_lease_renewal_seconds',
    help: 'Time to renew the lease of the worker of this process; as long as the lease, its jobs are lost',
    buckets: SECONDS,
    registers,
  });
  const updateGauges = await createGauges(registry);
  return {
    observe({ method, route, status, seconds }) {
      requests.inc({ method, route, status: String(status) });
      durations.observe({ method, route }, seconds);
    },
    jobEnded: (type, status) => ended.inc({ type, status }),
    leaseRenewed: (seconds) => renewals.observe(seconds),
    async render() {
      await updateGauges(db);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

async function createGauges(registry: Registry): Promise<(db: Pick<Db, 'query'>) => Promise<void>> {
  const { Gauge } = await import('prom-client');
  const gauge = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Gauge<Label> => new Gauge({ name: `ocpctl_${name}`, help, labelNames, registers: [registry] });
  const up = gauge(
    'database_up',
    '1 when the database answered this time, else 0 and no figure below is fresh',
  );
  const jobs = gauge('jobs', 'Jobs that have not ended, by type and status', ['type', 'status']);
  const queue = gauge('queue_depth', 'Resources with a job that can start now');
  const delayed = gauge('queue_delayed', 'Resources whose next job waits for its time');
  const unrunnable = gauge('jobs_unrunnable', 'Ready jobs that no live worker can run', ['type']);
  const oldest = gauge('queue_oldest_seconds', 'How long the first of the queue has been ready');
  const leases = gauge('leases', 'Resources that a worker holds');
  const notReady = gauge(
    'workers_not_ready',
    'Live workers whose host keeps them from claiming some jobs, by reason',
    ['reason'],
  );
  const workers = gauge('workers', 'Workers: live, or silent beyond their lease', ['state']);
  return async (db) => {
    try {
      const [counts, waiting, [lanes], [workerCounts], problems] = await Promise.all([
        db.query(countJobs, {}),
        db.query(countUnrunnableJobs, {}),
        db.query(measureQueue, {}),
        db.query(countWorkers, {}),
        db.query(countWorkerProblems, {}),
      ]);
      jobs.reset();
      for (const { type, status, count } of counts) jobs.set({ type, status }, count);
      unrunnable.reset();
      for (const { type, count } of waiting) unrunnable.set({ type }, count);
      queue.set(lanes?.ready ?? 0);
      delayed.set(lanes?.delayed ?? 0);
      oldest.set(lanes?.oldestSeconds ?? 0);
      leases.set(lanes?.leased ?? 0);
      notReady.reset();
      for (const { code, count } of problems) notReady.set({ reason: code }, count);
      workers.set({ state: 'live' }, workerCounts?.live ?? 0);
      workers.set({ state: 'silent' }, workerCounts?.silent ?? 0);
      up.set(1);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      up.set(0);
    }
  };
}
