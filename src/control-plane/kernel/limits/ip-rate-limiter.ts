import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { type Budget, budgetOf, intervalSeconds, type Rate } from './rate.ts';

/**
 * Limits unauthenticated requests of one network address. It counts in this process only, so that what it blocks never reaches the
 * database. The number of addresses is bounded: the least recently used one is dropped.
 */
export class IpRateLimiter {
  readonly #rate: Rate;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #maxSources: number;
  /** Theoretical arrival times in monotonic seconds; the order is that of the last use. */
  readonly #arrivals = new Map<string, number>();

  constructor(rate: Rate, clock: Pick<Clock, 'monotonicMs'>, maxSources = 10_000) {
    this.#rate = rate;
    this.#clock = clock;
    this.#maxSources = maxSources;
  }

  /** Number of addresses that are counted now. */
  get size(): number {
    return this.#arrivals.size;
  }

  /** Takes one request from the budget of the address, if one is left. */
  take(address: string): Budget {
    const source = networkOf(address);
    const { allowed } = this.#stateOf(source);
    this.#add(source, allowed ? 1 : 0);
    return budgetOf(this.#rate, this.#stateOf(source).aheadSeconds, allowed);
  }

  /** What is left of the budget, without taking from it. */
  peek(address: string): Budget {
    const { aheadSeconds, allowed } = this.#stateOf(networkOf(address));
    return budgetOf(this.#rate, aheadSeconds, allowed);
  }

  /** Takes one request even if none is left: for requests that were accepted together and counted later. */
  charge(address: string): void {
    this.#add(networkOf(address), 1);
  }

  /** Returns one request to the budget: it was authenticated, and so counts against its principal. */
  refund(address: string): void {
    const source = networkOf(address);
    const tat = this.#arrivals.get(source);
    if (tat === undefined) return;
    const before = tat - intervalSeconds(this.#rate);
    if (before <= this.#now()) this.#arrivals.delete(source);
    else this.#arrivals.set(source, before);
  }

  #stateOf(source: string): { readonly aheadSeconds: number; readonly allowed: boolean } {
    const interval = intervalSeconds(this.#rate);
    const aheadSeconds = Math.max(0, (this.#arrivals.get(source) ?? 0) - this.#now());
    return { aheadSeconds, allowed: aheadSeconds + interval <= this.#rate.burst * interval + 1e-9 };
  }

  #add(source: string, requests: number): void {
    const tat = Math.max(this.#arrivals.get(source) ?? 0, this.#now());
    this.#arrivals.delete(source);
    this.#arrivals.set(source, tat + requests * intervalSeconds(this.#rate));
    if (this.#arrivals.size <= this.#maxSources) return;
    const [oldest] = this.#arrivals.keys();
    if (oldest !== undefined) this.#arrivals.delete(oldest);
  }

  #now(): number {
    return this.#clock.monotonicMs() / 1000;
  }
}

/** All IPv6 addresses of one /64 network count as one source, because one host can use any of them. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
