import type { FastifyRequest } from 'fastify';
import type { Clock } from '../kernel/clock.ts';
import { networkOf } from '../kernel/limits/ip-rate-limiter.ts';

export interface WarningLimiterOptions {
  readonly clock: Clock;
  /** Aborted when the server stops: the number of suppressed warnings is then logged. */
  readonly stopping: AbortSignal;
  readonly log: { warn(fields: object, message: string): void };
}

const MINUTE_MS = 60_000;
/** One attacker can send from any number of addresses. */
const MAX_PER_MINUTE = 50;

/**
 * Logs warnings that anyone can cause without signing in: each reason at most once a minute for an address. Others are counted, and one
 * line a minute has the number, so that a flood does not fill the disk of the log.
 */
export class WarningLimiter {
  readonly #o: WarningLimiterOptions;
  readonly #logged = new Set<string>();
  #suppressed = 0;

  constructor(options: WarningLimiterOptions) {
    this.#o = options;
  }

  warn(request: FastifyRequest, reason: string, fields: object, message: string): void {
    if (this.#logged.size === 0) this.#openWindow();
    const source = `${reason} ${networkOf(request.ip)}`;
    if (this.#logged.has(source) || this.#logged.size >= MAX_PER_MINUTE) {
      this.#suppressed += 1;
      return;
    }
    this.#logged.add(source);
    request.log.warn({ reason, ip: request.ip, ...fields }, message);
  }

  #openWindow(): void {
    const { clock, stopping, log } = this.#o;
    void clock
      .sleep(MINUTE_MS, stopping)
      .catch(() => {})
      .then(() => {
        const suppressed = this.#suppressed;
        this.#suppressed = 0;
        if (!stopping.aborted) this.#logged.clear();
        if (suppressed > 0) log.warn({ suppressed }, 'similar warnings suppressed');
      });
  }
}
