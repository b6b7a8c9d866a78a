import type { Clock } from '../kernel/clock.ts';
import { LeaseLostError, messageOf } from '../kernel/errors.ts';
import type { Renewal, WorkerLease } from './lease.ts';

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly leaseMs: number;
  /** The lease as it is now; a lost one is replaced by `onLost`. */
  readonly lease: () => WorkerLease;
  readonly onRenewed: (renewal: Renewal) => Promise<void>;
  /** The local deadline passed, or the database says that the lease is over: ends what runs and begins a new lease. */
  readonly onLost: () => Promise<void>;
  /** How long a renewal took, in milliseconds. */
  readonly onDuration: (ms: number) => void;
  readonly log: { warn(fields: object, message: string): void };
}

/** Renews a worker's lease every third of its length, or at once when asked to. */
export class Heartbeat {
  readonly #o: HeartbeatOptions;
  #early = new AbortController();

  constructor(options: HeartbeatOptions) {
    this.#o = options;
  }

  /** Beats now instead of later. */
  beatNow(): void {
    this.#early.abort();
  }

  async run(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      this.#early = new AbortController();
      const early = AbortSignal.any([this.#early.signal, stopped]);
      await this.#o.clock.sleep(this.#o.leaseMs / 3, early).catch(() => {});
      if (stopped.aborted) return;
      const renewal = await this.#renew();
      await (renewal ? this.#o.onRenewed(renewal) : this.#o.onLost());
    }
  }

  /** Tries until it succeeds or the local deadline passes. */
  async #renew(): Promise<Renewal | undefined> {
    const { clock, leaseMs, log } = this.#o;
    const lease = this.#o.lease();
    while (lease.remainingMs > 0) {
      const startedMs = clock.monotonicMs();
      try {
        const renewal = await this.#beforeDeadline(lease);
        this.#report(clock.monotonicMs() - startedMs);
        return renewal;
      } catch (error) {
        if (error instanceof LeaseLostError) return undefined;
        log.warn(
          { error: messageOf(error), remainingMs: lease.remainingMs },
          'cannot renew the lease; trying again',
        );
        await clock.sleep(Math.min(leaseMs / 30, Math.max(1, lease.remainingMs)));
      }
    }
    return undefined;
  }

  /** After a third of the lease the next renewal is due: the process or the database is too busy. */
  #report(ms: number): void {
    const { leaseMs, log, onDuration } = this.#o;
    onDuration(ms);
    if (ms > leaseMs / 3) log.warn({ ms: Math.round(ms), leaseMs }, 'lease renewal was slow');
  }

  /** A renewal that the database never answers must not outlast the lease. */
  async #beforeDeadline(lease: WorkerLease): Promise<Renewal> {
    const answered = new AbortController();
    const late = this.#o.clock.sleep(Math.max(1, lease.remainingMs), answered.signal).then(() => {
      throw new LeaseLostError(lease.identity.id, 0);
    });
    late.catch(() => {});
    return Promise.race([lease.renew(), late]).finally(() => answered.abort());
  }
}
