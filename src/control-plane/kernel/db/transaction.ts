import { AsyncLocalStorage } from 'node:async_hooks';
import type { Queryable, Tx } from './db.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';

/**
 * Detects a query on the database inside a transaction of the same database, and throws. On the embedded engine, which has one
 * session, it would wait forever; on PostgreSQL it would wait for a second connection of the pool.
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

/** A transaction as its work sees it. Statements run one after the other, even when the work does not wait for them. */
export class OpenTx implements Tx {
  readonly #session: Queryable;
  readonly #afterCommit: (() => void)[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(session: Queryable) {
    this.#session = session;
  }

  query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]> {
    if (this.#over) return Promise.reject(new Error(`${statement.name}: its transaction is over`));
    const run = () => this.#session.query(statement, params);
    const result = this.#last.then(run, run);
    this.#last = result;
    return result;
  }

  afterCommit(work: () => void): void {
    this.#afterCommit.push(work);
  }

  /** Rejects further statements and waits for running ones. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#last.catch(() => undefined);
  }

  committed(): void {
    for (const work of this.#afterCommit) work();
  }
}

/** PostgreSQL answers COMMIT with ROLLBACK, and without an error, when a statement of the transaction had failed. */
export function assertCommitted(command: string | undefined): void {
  if (command !== 'COMMIT') throw new Error('rolled back: a statement of this transaction had failed');
}
