import { AsyncLocalStorage } from 'node:async_hooks';
import type { Queryable, Tx } from './db.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';

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

/** What the work of a transaction gets. Its statements run one after the other, also when the work does not wait in between. */
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

  /** Refuses further statements and waits for those that are on their way. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#last.catch(() => undefined);
  }

  committed(): void {
    for (const work of this.#afterCommit) work();
  }
}

/** PostgreSQL answers the COMMIT of a transaction in which a statement had failed with ROLLBACK, and no error. */
export function assertCommitted(command: string | undefined): void {
  if (command !== 'COMMIT') throw new Error('rolled back: a statement of this transaction had failed');
}
