import type { Clock } from '../kernel/clock.ts';

/**
 * Finds the lanes that are a worker's in the database though it runs no attempt there: the answer to its claim was lost, or the
 * attempt could not be settled. Its lease lives on, so nobody else would ever take them.
 */
export class OrphanedClaims {
  readonly #clock: Clock;
  readonly #graceMs: number;
  /** By fence: when it was first seen without an attempt. */
  #since = new Map<number, number>();

  /** @param graceMs for the answer to a claim that is still on its way */
  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** @returns the fences that nobody has attended to for longer than the grace. */
  overdue(heldFences: readonly number[], isAttended: (fence: number) => boolean): number[] {
    const nowMs = this.#clock.monotonicMs();
    const idle = heldFences.filter((fence) => !isAttended(fence));
    this.#since = new Map(idle.map((fence) => [fence, this.#since.get(fence) ?? nowMs]));
    return [...this.#since].flatMap(([fence, sinceMs]) => (nowMs - sinceMs >= this.#graceMs ? [fence] : []));
  }
}
