import type { Counter, Histogram, Registry } from 'prom-client';
import type { MetricSet } from '../../../kernel/telemetry/metrics.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How a request to an upstream failed. */
export type UpstreamFailure = 'refused' | 'timeout' | 'reset' | 'invalid';

interface Registered {
  readonly requests: Counter<'service' | 'status'>;
  readonly firstByte: Histogram<'service'>;
  readonly failures: Counter<'service' | 'kind'>;
}

/** What the edge counts for operators; nothing until metrics are asked for. */
export class EdgeMetrics implements MetricSet {
  readonly #inFlight: () => Iterable<readonly [serviceId: string, count: number]>;
  #registered: Registered | undefined;
  /** Statuses that a service has answered with: its lines go when the service does. */
  readonly #statuses = new Map<string, Set<string>>();

  /** @param inFlight requests in progress of each service of the state */
  constructor(inFlight: () => Iterable<readonly [serviceId: string, count: number]>) {
    this.#inFlight = inFlight;
  }

  register(registry: Registry, { Counter, Gauge, Histogram }: typeof import('prom-client')): void {
    const registers = [registry];
    this.#registered = {
      requests: new Counter({
        name: 'ocpctl_edge_requests_total',
        help: 'Requests to applications that were answered; 499 when the client was gone before',
        labelNames: ['service', 'status'] as const,
        registers,
      }),
      firstByte: new Histogram({
        name: 'ocpctl_edge_first_byte_seconds',
        help: 'Time until the first byte of an answer',
        labelNames: ['service'] as const,
        buckets: SECONDS,
        registers,
      }),
      failures: new Counter({
        name: 'ocpctl_edge_upstream_errors_total',
        help: 'Attempts at an upstream that failed: refused, timeout, reset, or invalid answers',
        labelNames: ['service', 'kind'] as const,
        registers,
      }),
    };
    const inFlight = this.#inFlight;
    new Gauge({
      name: 'ocpctl_edge_in_flight',
      help: 'Requests and WebSockets in progress',
      labelNames: ['service'] as const,
      registers,
      collect() {
        this.reset();
        for (const [service, count] of inFlight()) this.set({ service }, count);
      },
    });
  }

  requestEnded(service: string, status: number, firstByteSeconds: number): void {
    if (this.#registered === undefined) return;
    const { requests, firstByte } = this.#registered;
    const label = String(status);
    requests.inc({ service, status: label });
    firstByte.observe({ service }, firstByteSeconds);
    const known = this.#statuses.get(service);
    if (known === undefined) this.#statuses.set(service, new Set([label]));
    else known.add(label);
  }

  upstreamFailed(service: string, kind: UpstreamFailure): void {
    this.#registered?.failures.inc({ service, kind });
  }

  /** Drops the figures of a service that has no route any more. */
  forget(service: string): void {
    if (this.#registered === undefined) return;
    const { requests, firstByte, failures } = this.#registered;
    for (const status of this.#statuses.get(service) ?? []) requests.remove({ service, status });
    this.#statuses.delete(service);
    firstByte.remove({ service });
    for (const kind of KINDS) failures.remove({ service, kind });
  }
}

const KINDS: readonly UpstreamFailure[] = ['refused', 'timeout', 'reset', 'invalid'];

/** @param wroteBytes whether the request had begun to leave */
export function upstreamFailure(error: Error, wroteBytes: boolean): UpstreamFailure {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout';
  if (!wroteBytes) return 'refused';
  return code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'invalid' : 'reset';
}

/** RFC 9110 §8.6: the length in a 304 is that of the content that was not sent, which undici waits for. */
export function isWholeWithoutContent(error: Error, status: number): boolean {
  return status === 304 && 'code' in error && error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
}
