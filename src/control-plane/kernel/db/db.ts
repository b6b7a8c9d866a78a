import type { Columns, Statement, ValuesOf } from './statement.ts';

/** Runs statements: the database, or a transaction. */
export interface Queryable {
  query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]>;
}

/** A transaction in progress. Register work that must wait for the commit with `afterCommit`. */
export interface Tx extends Queryable {
  afterCommit(work: () => void): void;
}

/**
 * The database port: the same SQL on PostgreSQL (`postgres.ts`) and on the embedded engine (`pglite.ts`).
 * int8 is read as a number (beyond 2^53 it is an error), timestamptz as a Date, jsonb parsed.
 */
export interface Db extends Queryable {
  readonly engine: 'postgres' | 'pglite';
  /** For the renewal of leases only: with PostgreSQL a connection of its own. The embedded engine has one connection for everything. */
  readonly reserved: Queryable;
  /** Runs `work` in a READ COMMITTED transaction: commits when it resolves, rolls back when it rejects. */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Calls `onPayload` for each NOTIFY on the channel, and `onReconnect` when notifications may have been missed.
   * @returns a function that stops listening.
   */
  listen(
    channel: string,
    onPayload: (payload: string) => void,
    onReconnect?: () => void,
  ): Promise<() => Promise<void>>;
  notify(channel: string, payload: string): Promise<void>;
  /** Runs several statements in one transaction. For migrations and tests only. */
  script(text: string): Promise<void>;
  close(): Promise<void>;
}

/** SQLSTATE 23505, as `isUniqueViolation(error, 'things_name_taken')`. */
export function isUniqueViolation(thrown: unknown, constraint: string): boolean {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'code' in thrown &&
    thrown.code === '23505' &&
    'constraint' in thrown &&
    thrown.constraint === constraint
  );
}

/** Channel names are inserted into LISTEN without quotes. */
export function assertChannel(channel: string): void {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) throw new TypeError(`invalid channel name: ${channel}`);
}
