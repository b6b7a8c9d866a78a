import type { Registry } from 'prom-client';
import type { Db } from '../db/db.ts';
import { DatabaseUnavailableError } from '../errors.ts';
import type { GaugeDefinition, GaugeSource } from './gauge-source.ts';

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

/** Metrics that a part of this process counts itself. */
export interface MetricSet {
  register(registry: Registry, client: typeof import('prom-client')): void;
}

/**
 * Metrics for operators. No person and no resource is named (G15); a module may name teams.
 * @param sources the gauges of kernel and modules
 * @param sets what parts of this process count
 */
export async function createMetrics(
  db: Pick<Db, 'query'>,
  sources: readonly GaugeSource[] = [],
  sets: readonly MetricSet[] = [],
): Promise<Metrics> {
  // Loaded only when metrics are enabled.
  const client = await import('prom-client');
  const { Counter, Histogram, Registry, collectDefaultMetrics } = client;
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
  for (const set of sets) set.register(registry, client);
  const updateGauges = await createGauges(registry, sources);
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

/** @returns sets every gauge from the database; one that is away leaves no figures. */
async function createGauges(
  registry: Registry,
  sources: readonly GaugeSource[],
): Promise<(db: Pick<Db, 'query'>) => Promise<void>> {
  const { Gauge } = await import('prom-client');
  const create = ({ name, help, labels = [] }: GaugeDefinition) =>
    new Gauge({ name: `ocpctl_${name}`, help, labelNames: labels, registers: [registry] });
  const up = create({
    name: 'database_up',
    help: '1 when the database answered this time, else 0 and no figure below is fresh',
  });
  const gauges = new Map(
    sources.flatMap((source) => source.gauges).map((definition) => [definition.name, create(definition)]),
  );
  return async (db) => {
    try {
      const samples = await Promise.all(sources.map((source) => source.read(db)));
      for (const gauge of gauges.values()) gauge.reset();
      for (const { name, labels = {}, value } of samples.flat()) gauges.get(name)?.set(labels, value);
      up.set(1);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      up.set(0);
    }
  };
}
