import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.ts';
import { type Budget, budgetOf, intervalSeconds, type Rate } from './rate.ts';

/**
 * Requests of one network address that have not proven who sends them, counted in this process only: what it stops must not reach
 * the database. Remembers a bounded number of addresses; of more than that, the one that was silent longest is forgotten.
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

  /** How many addresses are remembered now. */
  get size(): number {
    return this.#arrivals.size;
  }

  /** Takes one from the address's budget, if one is left. */
  take(address: string): Budget {
    const source = sourceOf(address);
    const { allowed } = this.#stateOf(source);
    this.#add(source, allowed ? 1 : 0);
    return budgetOf(this.#rate, this.#stateOf(source).aheadSeconds, allowed);
  }

  /** What is left of the address's budget, for a request that is paid for later. */
  peek(address: string): Budget {
    const { aheadSeconds, allowed } = this.#stateOf(sourceOf(address));
    return budgetOf(this.#rate, aheadSeconds, allowed);
  }

  /** Takes one whether or not it is left: what was let in together is paid for one after the other. */
  charge(address: string): void {
    this.#add(sourceOf(address), 1);
  }

  /** The request turned out to be somebody's: it counts against them, no longer against the address. */
  refund(address: string): void {
    const source = sourceOf(address);
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

/** Whoever has one IPv6 address has the 2^64 beside it: they are one source. */
function sourceOf(address: string): string {
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
