import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { ConcurrencyLimiter } from '../limits/concurrency-limiter.ts';
import { IpRateLimiter, networkOf } from '../limits/ip-rate-limiter.ts';
import { StsNoAnswerError } from './sts-client.ts';

export interface StsCircuitBreakerLimits {
  /** Calls to one region at the same time. */
  readonly concurrent: number;
  /** Of them, those for one address. */
  readonly concurrentPerAddress: number;
  /** Rejected proofs of one address in a minute, and at once. */
  readonly rejectionsPerMinute: number;
  /** After this many calls to a region without an answer in a row, it is not called for `pauseMs`. */
  readonly failures: number;
  readonly pauseMs: number;
}

export const STS_CIRCUIT_BREAKER_LIMITS: StsCircuitBreakerLimits = {
  concurrent: 20,
  concurrentPerAddress: 10,
  rejectionsPerMinute: 60,
  failures: 5,
  pauseMs: 5_000,
};

/** What is known of one region. The client chooses the region, so a silent one must not affect the others. */
interface RegionState {
  readonly byAddress: ConcurrencyLimiter;
  running: number;
  failures: number;
  openUntilMs: number;
}

/** Limits calls to STS, which throttles per account: a flood of invalid proofs would block sign-ins of everyone else. */
export class StsCircuitBreaker {
  readonly #limits: StsCircuitBreakerLimits;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #rejections: IpRateLimiter;
  /** Proofs are checked before, so that only regions of AWS are in here. */
  readonly #regions = new Map<string, RegionState>();

  constructor(limits: StsCircuitBreakerLimits, clock: Pick<Clock, 'monotonicMs'>) {
    const { rejectionsPerMinute: perMinute } = limits;
    this.#limits = limits;
    this.#clock = clock;
    this.#rejections = new IpRateLimiter({ perMinute, burst: perMinute }, clock);
  }

  /** Runs one call to STS in a region. @throws AppError 429 or 503 when no call may be made now; StsNoAnswerError passes through */
  async run<T>(address: string, region: string, question: () => Promise<T>): Promise<T> {
    const { allowed, retryAfterSeconds } = this.#rejections.peek(address);
    if (!allowed) throw tooMany('Too many failed sign-ins from this address.', retryAfterSeconds);
    const state = this.#stateOf(region);
    if (state.running >= this.#limits.concurrent || this.#clock.monotonicMs() < state.openUntilMs)
      throw stsUnavailable(region);
    const network = networkOf(address);
    if (!state.byAddress.acquire(network))
      throw tooMany(`Too many sign-ins at the same time from this address in ${region}.`, 1);
    state.running++;
    try {
      const answer = await question();
      state.failures = 0;
      return answer;
    } catch (error) {
      this.#recordFailure(state, address, error);
      throw error;
    } finally {
      state.running--;
      state.byAddress.release(network);
    }
  }

  /** Counts a proof that STS rejected. */
  recordRejection(address: string): void {
    this.#rejections.charge(address);
  }

  /** STS throttles the account of a caller: that says nothing about the region, and counts as a rejection of the address. */
  #recordFailure(state: RegionState, address: string, error: unknown): void {
    if (!(error instanceof StsNoAnswerError)) return;
    if (error.throttled) this.recordRejection(address);
    else if (++state.failures >= this.#limits.failures)
      state.openUntilMs = this.#clock.monotonicMs() + this.#limits.pauseMs;
  }

  #stateOf(region: string): RegionState {
    const known = this.#regions.get(region);
    if (known) return known;
    const byAddress = new ConcurrencyLimiter(this.#limits.concurrentPerAddress);
    const state = { byAddress, running: 0, failures: 0, openUntilMs: 0 };
    this.#regions.set(region, state);
    return state;
  }
}

function tooMany(detail: string, retryAfterSeconds: number): AppError {
  return new AppError('RATE_LIMITED', detail, {
    retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)),
  });
}

export function stsUnavailable(region: string): AppError {
  return new AppError(
    'UNAVAILABLE',
    `AWS STS in ${region} does not answer. Existing sessions keep working; another region may answer.`,
    {
      retryAfterSeconds: 2,
    },
  );
}
