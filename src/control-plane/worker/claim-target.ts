import type { WakeTarget } from '../kernel/jobs/sqs/wake-queue.ts';

/** Lets a receiver of wake-ups wait for free slots and for the next claim of a worker. */
export class ClaimTarget implements WakeTarget {
  readonly #claimNow: () => void;
  #slots = 0;
  #hasEnded = false;
  #forSlots: ((slots: number) => void)[] = [];
  #forClaim: ((done: boolean) => void)[] = [];

  /** @param claimNow begins a claim, after the one that may be in progress */
  constructor(claimNow: () => void) {
    this.#claimNow = claimNow;
  }

  async freeSlots(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#slots > 0) return this.#slots;
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      this.#forSlots.push((slots) => {
        signal.removeEventListener('abort', stop);
        resolve(slots);
      });
    });
  }

  async claim(): Promise<boolean> {
    if (this.#hasEnded) return false;
    return new Promise((resolve) => {
      this.#forClaim.push(resolve);
      this.#claimNow();
    });
  }

  /** A claim begins. @returns what tells those who asked before it whether it was made, and how many slots are free after it */
  begin(): (made: boolean, freeSlots: number) => void {
    const asked = this.#forClaim;
    this.#forClaim = [];
    return (made, freeSlots) => {
      for (const resolve of asked) resolve(made);
      this.#slots = freeSlots;
      if (freeSlots === 0) return;
      for (const resolve of this.#forSlots) resolve(freeSlots);
      this.#forSlots = [];
    };
  }

  /** No claim comes any more. */
  end(): void {
    this.#hasEnded = true;
    this.begin()(false, 0);
  }
}
