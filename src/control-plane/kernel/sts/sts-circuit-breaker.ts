import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { IpRateLimiter } from '../limits/ip-rate-limiter.ts';
import { StsNoAnswerError } from './sts-client.ts';

export interface StsCircuitBreakerLimits {
  /** Questions to STS at a time. */
  readonly concurrent: number;
  /** Refused proofs of one address: so many at once, and so many more a minute. */
  readonly rejectionsPerMinute: number;
  /** After so many silent answers in a row STS is left alone for `pauseMs`. */
  readonly failures: number;
  readonly pauseMs: number;
}

export const STS_CIRCUIT_BREAKER_LIMITS: StsCircuitBreakerLimits = {
  concurrent: 20,
  rejectionsPerMinute: 60,
  failures: 5,
  pauseMs: 5_000,
};

/** Keeps junk from STS and from us: it throttles per account, and whoever floods it locks others out. */
export class StsCircuitBreaker {
  readonly #limits: StsCircuitBreakerLimits;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #rejections: IpRateLimiter;
  #running = 0;
  #failures = 0;
  #openUntilMs = 0;

  constructor(limits: StsCircuitBreakerLimits, clock: Pick<Clock, 'monotonicMs'>) {
    const { rejectionsPerMinute: refusalsPerMinute } = limits;
    this.#limits = limits;
    this.#clock = clock;
    this.#rejections = new IpRateLimiter({ perMinute: refusalsPerMinute, burst: refusalsPerMinute }, clock);
  }

  /** Runs one question to STS. @throws AppError 429 or 503 when it may not be asked now; StsSilentError passes through */
  async run<T>(address: string, question: () => Promise<T>): Promise<T> {
    const { allowed, retryAfterSeconds } = this.#rejections.peek(address);
    if (!allowed) {
      throw new AppError('RATE_LIMITED', 'Too many sign-ins from this address were refused.', {
        retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)),
      });
    }
    if (this.#running >= this.#limits.concurrent || this.#clock.monotonicMs() < this.#openUntilMs)
      throw stsUnavailable();
    this.#running++;
    try {
      const answer = await question();
      this.#failures = 0;
      return answer;
    } catch (error) {
      if (error instanceof StsNoAnswerError && ++this.#failures >= this.#limits.failures)
        this.#openUntilMs = this.#clock.monotonicMs() + this.#limits.pauseMs;
      throw error;
    } finally {
      this.#running--;
    }
  }

  /** Counts a proof that STS refused. */
  recordRejection(address: string): void {
    this.#rejections.charge(address);
  }
}

export function stsUnavailable(): AppError {
  return new AppError('UNAVAILABLE', 'AWS STS cannot judge a sign-in now. Sessions that exist go on.', {
    retryAfterSeconds: 2,
  });
}
