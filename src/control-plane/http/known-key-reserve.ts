import type { FastifyRequest } from 'fastify';
import type { Clock } from '../kernel/clock.ts';
import { IpRateLimiter, networkOf } from '../kernel/limits/ip-rate-limiter.ts';

/** A key id is public; anything else in its position could be a secret. */
const CLAIMED_KEY = /Credential=([A-Z0-9]{8,40})\//;
/** Enough for a client that sends ten requests at once and loses some signatures to a wrong clock. */
const RATE = { perMinute: 60, burst: 60 };
const MAX_KEYS = 10_000;

/** @returns the id of the key that a request says it is signed with, which proves nothing */
export function claimedKeyOf({ headers }: FastifyRequest): string | undefined {
  return CLAIMED_KEY.exec(headers.authorization ?? '')?.[1];
}

/**
 * A key that has signed a request from an address lately keeps a budget of its own there. So other clients of the address (behind NAT or a proxy)
 * that use up its budget with junk do not lock out those who sign. The memory is bounded: the key that was used longest ago goes first.
 */
export class KnownKeyReserve {
  readonly #limiter: IpRateLimiter;
  readonly #known = new Set<string>();
  readonly #taken = new WeakSet<FastifyRequest>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#limiter = new IpRateLimiter(RATE, clock, MAX_KEYS);
  }

  /** Takes the request from the budget of its key, if the key is known at this address and has one left. */
  take(request: FastifyRequest): boolean {
    const source = sourceOf(request);
    if (source === undefined || !this.#known.has(source) || !this.#limiter.take(source).allowed) return false;
    this.#taken.add(request);
    return true;
  }

  /** The signature was verified. @returns whether the request had been taken from this reserve; then it is refunded */
  recordVerified(request: FastifyRequest): boolean {
    const source = sourceOf(request);
    if (source === undefined) return false;
    this.#known.delete(source);
    this.#known.add(source);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KEYS && oldest !== undefined) this.#known.delete(oldest);
    if (!this.#taken.delete(request)) return false;
    this.#limiter.refund(source);
    return true;
  }
}

function sourceOf(request: FastifyRequest): string | undefined {
  const key = claimedKeyOf(request);
  return key && `${key} ${networkOf(request.ip)}`;
}
