/** Limits how much of each key is in use at the same time, in this process. Keys of which nothing is in use take no memory. */
export class ConcurrencyLimiter {
  readonly #perKey: number;
  readonly #inUse = new Map<string, number>();

  constructor(perKey: number) {
    this.#perKey = perKey;
  }

  /** @returns whether the limit permits one more; then `release` must be called once */
  acquire(key: string): boolean {
    const inUse = this.#inUse.get(key) ?? 0;
    if (inUse >= this.#perKey) return false;
    this.#inUse.set(key, inUse + 1);
    return true;
  }

  release(key: string): void {
    const left = (this.#inUse.get(key) ?? 1) - 1;
    if (left === 0) this.#inUse.delete(key);
    else this.#inUse.set(key, left);
  }
}
