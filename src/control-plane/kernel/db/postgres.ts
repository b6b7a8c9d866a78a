import pg from 'pg';
import { DatabaseUnavailableError, messageOf, SetupError } from '../errors.ts';
import { assertChannel, type Db, type Tx } from './db.ts';
import { PostgresListener } from './postgres-listener.ts';
import { PostgresSession } from './postgres-session.ts';
import { connectionSettings, type PostgresOptions, SCRIPT_TIMEOUT_MS } from './postgres-settings.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';
import { AfterCommit, TransactionScope } from './transaction-scope.ts';

const OLDEST_SUPPORTED = 140_000;

/**
 * Connects to PostgreSQL 14 or newer.
 * @throws SetupError when the server cannot be reached, refuses us, or is too old.
 */
export async function openPostgres(options: PostgresOptions): Promise<Db> {
  const db = new PostgresDb(options);
  try {
    const version = await db.serverVersion();
    if (version >= OLDEST_SUPPORTED) return db;
    throw new SetupError(`this server is PostgreSQL ${Math.floor(version / 10_000)}`, {
      hint: 'ocpctl needs PostgreSQL 14 or newer',
    });
  } catch (error) {
    await db.close();
    if (error instanceof SetupError) throw error;
    const reason = error instanceof DatabaseUnavailableError ? (error.cause ?? error) : error;
    throw new SetupError(`cannot use the PostgreSQL server: ${explain(reason)}`, {
      hint: 'check DATABASE_URL (postgresql://user:password@host:5432/database) and that the server runs',
      cause: error,
    });
  }
}

/** A refused connection to a name with several addresses is an AggregateError, whose own message is empty. */
function explain(reason: unknown): string {
  return reason instanceof AggregateError ? reason.errors.map(messageOf).join(', ') : messageOf(reason);
}

class PostgresDb implements Db {
  readonly engine = 'postgres';
  readonly #pool: pg.Pool;
  readonly #listener: PostgresListener;
  readonly #scope = new TransactionScope();
  #closed = false;

  constructor(options: PostgresOptions) {
    const settings = connectionSettings(options);
    this.#pool = new pg.Pool({ ...settings, max: options.poolSize ?? 10 });
    // The pool drops a connection that breaks while idle and opens another at the next query: nothing else to do.
    this.#pool.on('error', () => undefined);
    // One that breaks while it is lent out has no listener of the pool's, and would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#listener = new PostgresListener(settings);
  }

  query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]> {
    this.#scope.assertOutside(statement.name);
    return this.#lend((session) => session.run(statement, params));
  }

  async tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.#scope.assertOutside('tx');
    const afterCommit = new AfterCommit();
    const result = await this.#lend(async (session) => {
      const tx = new PostgresTx(session, afterCommit);
      await session.send('begin isolation level read committed');
      try {
        const value = await this.#scope.run(() => work(tx));
        await tx.commit();
        return value;
      } catch (error) {
        await tx.rollback();
        throw error;
      }
    });
    afterCommit.run();
    return result;
  }

  listen(
    channel: string,
    onPayload: (payload: string) => void,
    onReconnect?: () => void,
  ): Promise<() => Promise<void>> {
    assertChannel(channel);
    return this.#listener.subscribe(channel, { onPayload, onReconnect });
  }

  async notify(channel: string, payload: string): Promise<void> {
    assertChannel(channel);
    await this.#lend((session) =>
      session.send({ text: 'select pg_notify($1, $2)', values: [channel, payload] }),
    );
  }

  async script(text: string): Promise<void> {
    await this.#lend((session) => session.send({ text, query_timeout: SCRIPT_TIMEOUT_MS }));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#listener.close();
    await this.#pool.end();
  }

  /** @returns for example 150018 for 15.18. */
  async serverVersion(): Promise<number> {
    const { rows } = await this.#lend((session) =>
      session.send("select current_setting('server_version_num') as version"),
    );
    return Number(rows[0]?.['version']);
  }

  async #lend<T>(work: (session: PostgresSession) => Promise<T>): Promise<T> {
    if (this.#closed) throw new DatabaseUnavailableError('the database is closed');
    const client = await this.#connect();
    const session = new PostgresSession(client);
    try {
      return await work(session);
    } finally {
      client.release(session.broken);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw new DatabaseUnavailableError('the database cannot be reached', error);
    }
  }
}

/** Its statements run one after the other, also when the caller does not wait in between. */
class PostgresTx implements Tx {
  readonly afterCommit: (work: () => void) => void;
  readonly #session: PostgresSession;
  #last: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(session: PostgresSession, afterCommit: AfterCommit) {
    this.#session = session;
    this.afterCommit = afterCommit.add;
  }

  query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]> {
    if (this.#over) return Promise.reject(new Error(`${statement.name}: its transaction is over`));
    const run = () => this.#session.run(statement, params);
    const result = this.#last.then(run, run);
    this.#last = result;
    return result;
  }

  async commit(): Promise<void> {
    await this.#finishStatements();
    const { command } = await this.#session.send('commit');
    // PostgreSQL answers the COMMIT of a transaction in which a statement had failed with ROLLBACK, and no error.
    if (command !== 'COMMIT') throw new Error('rolled back: a statement of this transaction had failed');
  }

  /** After a failure here the session is broken, so the server rolls back; the caller throws the first error. */
  async rollback(): Promise<void> {
    await this.#finishStatements();
    await this.#session.send('rollback').catch(() => undefined);
  }

  async #finishStatements(): Promise<void> {
    this.#over = true;
    await this.#last.catch(() => undefined);
  }
}
