import { AppError } from '../errors.ts';
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

const MAX_ADDRESSES = 10_000;

/** Keeps junk from STS and from us: it throttles per account, and whoever floods it locks others out. */
export class StsGate {
  readonly #limits: StsGateLimits;
  readonly #monotonicMs: () => number;
  readonly #refusals = new Map<string, { count: number; atMs: number }>();
  #asking = 0;
  #silences = 0;
  #closedUntilMs = 0;

  constructor(limits: StsGateLimits, monotonicMs: () => number) {
    this.#limits = limits;
    this.#monotonicMs = monotonicMs;
  }

  /** Runs one question to STS. @throws AppError 429 or 503 when it may not be asked now; StsSilentError passes through */
  async ask<T>(address: string, question: () => Promise<T>): Promise<T> {
    if (this.#refusalsOf(address) > this.#limits.refusalsPerMinute - 1) {
      throw new AppError('RATE_LIMITED', 'Too many sign-ins from this address were refused.', {
        retryAfterSeconds: 10,
      });
    }
    if (this.#asking >= this.#limits.concurrent || this.#monotonicMs() < this.#closedUntilMs)
      throw stsUnavailable();
    this.#asking++;
    try {
      const answer = await question();
      this.#silences = 0;
      return answer;
    } catch (error) {
      if (error instanceof StsSilentError && ++this.#silences >= this.#limits.silences)
        this.#closedUntilMs = this.#monotonicMs() + this.#limits.pauseMs;
      throw error;
    } finally {
      this.#asking--;
    }
  }

  /** Counts a proof that STS refused. */
  noteRefusal(address: string): void {
    const count = this.#refusalsOf(address) + 1;
    this.#refusals.delete(address);
    this.#refusals.set(address, { count, atMs: this.#monotonicMs() });
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > MAX_ADDRESSES && oldest !== undefined) this.#refusals.delete(oldest);
  }

  /** What is left of an address's refusals: they wear off evenly. */
  #refusalsOf(address: string): number {
    const known = this.#refusals.get(address);
    if (!known) return 0;
    const wornOff = ((this.#monotonicMs() - known.atMs) / 60_000) * this.#limits.refusalsPerMinute;
    return Math.max(0, known.count - wornOff);
  }
}

export function stsUnavailable(): AppError {
  return new AppError('UNAVAILABLE', 'AWS STS cannot judge a sign-in now. Sessions that exist go on.', {
    retryAfterSeconds: 2,
  });
}
