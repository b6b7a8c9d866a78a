import { AppError } from '../errors.ts';
import { SourceLimiter } from '../limits/source-limiter.ts';
import type { Clock } from '../time.ts';
import { StsSilentError } from './sts-wire.ts';

export interface StsGateLimits {
  /** Questions to STS at a time. */
  readonly concurrent: number;
  /** Refused proofs of one address: so many at once, and so many more a minute. */
  readonly refusalsPerMinute: number;
  /** After so many silent answers in a row STS is left alone for `pauseMs`. */
  readonly silences: number;
  readonly pauseMs: number;
}

export const STS_GATE_LIMITS: StsGateLimits = {
  concurrent: 20,
  refusalsPerMinute: 60,
  silences: 5,
  pauseMs: 5_000,
};

/** Keeps junk from STS and from us: it throttles per account, and whoever floods it locks others out. */
export class StsGate {
  readonly #limits: StsGateLimits;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #refusals: SourceLimiter;
  #asking = 0;
  #silences = 0;
  #closedUntilMs = 0;

  constructor(limits: StsGateLimits, clock: Pick<Clock, 'monotonicMs'>) {
    const { refusalsPerMinute } = limits;
    this.#limits = limits;
    this.#clock = clock;
    this.#refusals = new SourceLimiter({ perMinute: refusalsPerMinute, burst: refusalsPerMinute }, clock);
  }

  /** Runs one question to STS. @throws AppError 429 or 503 when it may not be asked now; StsSilentError passes through */
  async ask<T>(address: string, question: () => Promise<T>): Promise<T> {
    const { allowed, retryAfterSeconds } = this.#refusals.look(address);
    if (!allowed) {
      throw new AppError('RATE_LIMITED', 'Too many sign-ins from this address were refused.', {
        retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)),
      });
    }
    if (this.#asking >= this.#limits.concurrent || this.#clock.monotonicMs() < this.#closedUntilMs)
      throw stsUnavailable();
    this.#asking++;
    try {
      const answer = await question();
      this.#silences = 0;
      return answer;
    } catch (error) {
      if (error instanceof StsSilentError && ++this.#silences >= this.#limits.silences)
        this.#closedUntilMs = this.#clock.monotonicMs() + this.#limits.pauseMs;
      throw error;
    } finally {
      this.#asking--;
    }
  }

  /** Counts a proof that STS refused. */
  noteRefusal(address: string): void {
    this.#refusals.charge(address);
  }
}

export function stsUnavailable(): AppError {
  return new AppError('UNAVAILABLE', 'AWS STS cannot judge a sign-in now. Sessions that exist go on.', {
    retryAfterSeconds: 2,
  });
}
