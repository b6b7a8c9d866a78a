import type { Clock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/telemetry/log.ts';
import type { EdgeMetrics } from './edge-metrics.ts';
import type { ServiceTraffic } from './service-traffic.ts';

/** nginx's status for a client that was gone before the answer; never sent. */
const CLIENT_GONE = 499;

export interface RequestRecordOptions {
  readonly requestId: string;
  readonly method: string;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  readonly metrics: Pick<EdgeMetrics, 'requestEnded'>;
  /** Share of requests with a line in the access log, from 0 to 1; those that failed with 5xx always have one unless it is 0. */
  readonly accessLogShare: number;
  readonly random: () => number;
}

/** What is told of one request when it has ended: traffic of its service, and a line of the access log. */
export class RequestRecord {
  readonly requestId: string;
  readonly #options: RequestRecordOptions;
  readonly #startedMs: number;
  #firstByteMs: number | undefined;
  #status = 0;
  #cutOff = false;
  #ended = false;
  #traffic: ServiceTraffic | undefined;
  host = '';
  /** Without the query, which may have secrets. */
  path = '';
  upstreamId: string | undefined;
  attempts = 0;
  /** Of the last attempt that failed. */
  upstreamError: string | undefined;
  bytesIn = 0;
  bytesOut = 0;

  constructor(options: RequestRecordOptions) {
    this.requestId = options.requestId;
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  /** The request is one of this service, and in progress. */
  begin(traffic: ServiceTraffic): void {
    this.#traffic = traffic;
    traffic.inFlight += 1;
  }

  /** Of the answer; 0 until it begins. */
  get status(): number {
    return this.#status;
  }

  /** The first byte of the answer. */
  answered(status: number): void {
    this.#status = status;
    this.#firstByteMs = this.#options.clock.monotonicMs() - this.#startedMs;
  }

  /** The upstream failed in the middle of its answer. */
  cutOff(): void {
    this.#cutOff = true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { clock, metrics } = this.#options;
    const ms = clock.monotonicMs() - this.#startedMs;
    const status = this.#status === 0 ? CLIENT_GONE : this.#status;
    const traffic = this.#traffic;
    if (traffic !== undefined) {
      traffic.inFlight -= 1;
      traffic.bytesIn += this.bytesIn;
      traffic.bytesOut += this.bytesOut;
      const counted = this.#cutOff ? 502 : status;
      const firstByteMs = this.#firstByteMs ?? ms;
      traffic.count(counted, firstByteMs);
      metrics.requestEnded(traffic.serviceId, counted, firstByteMs / 1_000);
    }
    if (this.#isLogged(status)) this.#log(status, ms);
  }

  #isLogged(status: number): boolean {
    const { accessLogShare, random } = this.#options;
    if (accessLogShare === 0 || accessLogShare >= 1) return accessLogShare !== 0;
    return status >= 500 || this.#cutOff || random() < accessLogShare;
  }

  #log(status: number, ms: number): void {
    const { log, requestId, method } = this.#options;
    log.info(
      {
        requestId,
        method,
        host: this.host,
        path: this.path,
        status,
        ms: round(ms),
        ...(this.#firstByteMs === undefined ? {} : { firstByteMs: round(this.#firstByteMs) }),
        bytesIn: this.bytesIn,
        bytesOut: this.bytesOut,
        ...(this.#traffic === undefined ? {} : { serviceId: this.#traffic.serviceId }),
        ...(this.upstreamId === undefined ? {} : { upstream: this.upstreamId }),
        ...(this.attempts > 1 ? { attempts: this.attempts } : {}),
        ...(this.upstreamError === undefined ? {} : { upstreamError: this.upstreamError }),
        ...(this.#cutOff ? { cutOff: true } : {}),
      },
      'request',
    );
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
