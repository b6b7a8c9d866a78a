import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { IpRateLimiter } from '../limits/ip-rate-limiter.ts';
import { StsNoAnswerError } from './sts-client.ts';

export interface StsCircuitBreakerLimits {
  /** Calls to STS at the same time. */
  readonly concurrent: number;
  /** Rejected proofs of one address in a minute, and at once. */
  readonly rejectionsPerMinute: number;
  /** After this many calls without an answer in a row, no calls are made for `pauseMs`. */
  readonly failures: number;
  readonly pauseMs: number;
}

export const STS_CIRCUIT_BREAKER_LIMITS: StsCircuitBreakerLimits = {
  concurrent: 20,
  rejectionsPerMinute: 60,
  failures: 5,
  pauseMs: 5_000,
};

/** Limits calls to STS, which throttles per account: a flood of invalid proofs would block sign-ins of everyone else. */
export class StsCircuitBreaker {
  readonly #limits: StsCircuitBreakerLimits;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #rejections: IpRateLimiter;
  #running = 0;
  #failures = 0;
  #openUntilMs = 0;

  constructor(limits: StsCircuitBreakerLimits, clock: Pick<Clock, 'monotonicMs'>) {
    const { rejectionsPerMinute: perMinute } = limits;
    this.#limits = limits;
    this.#clock = clock;
    this.#rejections = new IpRateLimiter({ perMinute, burst: perMinute }, clock);
  }

  /** Runs one call to STS. @throws AppError 429 or 503 when no call may be made now; StsSilentError passes through */
  async run<T>(address: string, question: () => Promise<T>): Promise<T> {
    const { allowed, retryAfterSeconds } = this.#rejections.peek(address);
    if (!allowed) {
      throw new AppError('RATE_LIMITED', 'Too many failed sign-ins from this address.', {
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

  /** Counts a proof that STS rejected. */
  recordRejection(address: string): void {
    this.#rejections.charge(address);
  }
}

export function stsUnavailable(): AppError {
  return new AppError(
    'UNAVAILABLE',
    'AWS STS does not answer, so no one can sign in now. Existing sessions keep working.',
    {
      retryAfterSeconds: 2,
    },
  );
}
