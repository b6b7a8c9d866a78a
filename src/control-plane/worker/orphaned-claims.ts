import type { Clock } from '../kernel/clock.ts';

/**
 * Finds lanes that a worker holds in the database without running an attempt: the answer to its claim was lost, or the
 * attempt could not be settled. Its lease is renewed, so no other worker would reclaim them.
 */
export class OrphanedClaims {
  readonly #clock: Clock;
  readonly #graceMs: number;
  /** When each fence was first seen without an attempt. */
  #since = new Map<number, number>();

  /** @param graceMs for the answer to a claim that is still on its way */
  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** @returns the fences without an attempt for longer than the grace period. */
  overdue(heldFences: readonly number[], hasAttempt: (fence: number) => boolean): number[] {
    const nowMs = this.#clock.monotonicMs();
    const idle = heldFences.filter((fence) => !hasAttempt(fence));
    this.#since = new Map(idle.map((fence) => [fence, this.#since.get(fence) ?? nowMs]));
    return [...this.#since].flatMap(([fence, sinceMs]) => (nowMs - sinceMs >= this.#graceMs ? [fence] : []));
  }
}
