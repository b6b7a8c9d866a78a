import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Finds a query on the database itself inside a transaction of the same database. On the embedded engine it would wait
 * for ever (one session), on PostgreSQL for a second connection of the pool: both are refused at once.
 */
export class TransactionScope {
  readonly #storage = new AsyncLocalStorage<{ open: boolean }>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const scope = { open: true };
    try {
      return await this.#storage.run(scope, work);
    } finally {
      scope.open = false;
    }
  }

  assertOutside(what: string): void {
    if (this.#storage.getStore()?.open === true) {
      throw new Error(`${what}: use the transaction's own query inside a transaction`);
    }
  }
}

/** Work to do once a transaction is committed, in order. */
export class AfterCommit {
  readonly #work: (() => void)[] = [];

  readonly add = (work: () => void): void => {
    this.#work.push(work);
  };

  run(): void {
    for (const work of this.#work) work();
  }
}
