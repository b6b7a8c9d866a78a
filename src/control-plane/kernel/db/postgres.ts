import pg from 'pg';
import { DatabaseUnavailableError, SetupError } from '../errors.ts';
import { assertChannel, type Db, type Queryable, type Tx } from './db.ts';
import { connectError } from './postgres-failure.ts';
import { PostgresListener } from './postgres-listener.ts';
import { PostgresSession } from './postgres-session.ts';
import { connectionSettings, type PostgresOptions, SCRIPT_TIMEOUT_MS } from './postgres-settings.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';
import { assertCommitted, OpenTx, TransactionScope } from './transaction.ts';

const MIN_SERVER_VERSION = 140_000;

/**
 * Connects to PostgreSQL 14 or newer.
 * @throws SetupError when the server denies access, has no such database, or is too old
 * @throws DatabaseUnavailableError when it cannot be reached or does not answer now
 */
export async function openPostgres(options: PostgresOptions): Promise<Db> {
  const db = new PostgresDb(options);
  try {
    const version = await db.serverVersion();
    if (version >= MIN_SERVER_VERSION) return db;
    throw new SetupError(`unsupported server version: PostgreSQL ${Math.floor(version / 10_000)}`, {
      hint: 'ocpctl needs PostgreSQL 14 or newer',
    });
  } catch (error) {
    await db.close();
    throw error instanceof SetupError ? error : connectError(error);
  }
}

class PostgresDb implements Db {
  readonly engine = 'postgres';
  readonly reserved: Queryable;
  readonly #pool: pg.Pool;
  readonly #reservedPool: pg.Pool;
  readonly #notifyPool: pg.Pool;
  readonly #listener: PostgresListener;
  readonly #scope = new TransactionScope();
  #closed = false;

  constructor(options: PostgresOptions) {
    const settings = connectionSettings(options);
    this.#pool = createPool({ ...settings, max: options.poolSize ?? 10 });
    this.#reservedPool = createPool({ ...settings, max: 1 });
    this.#notifyPool = createPool({ ...settings, max: 1 });
    this.reserved = {
      query: (statement, params) =>
        this.#lend((session) => session.query(statement, params), this.#reservedPool),
    };
    this.#listener = new PostgresListener(settings);
  }

  async query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]> {
    this.#scope.assertOutside(statement.name);
    return this.#lend((session) => session.query(statement, params));
  }

  async tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.#scope.assertOutside('tx');
    return this.#lend(async (session) => {
      await session.send('begin isolation level read committed');
      const tx = new OpenTx(session);
      try {
        const result = await this.#scope.run(() => work(tx));
        await tx.end();
        assertCommitted((await session.send('commit')).command);
        return { tx, result };
      } catch (error) {
        await tx.end();
        // If this fails too, the session is broken and the server rolls back; the first error is thrown.
        await session.send('rollback').catch(() => undefined);
        throw error;
      }
    }).then(({ tx, result }) => {
      tx.committed();
      return result;
    });
  }

  async listen(
    channel: string,
    onPayload: (payload: string) => void,
    onReconnect?: () => void,
  ): Promise<() => Promise<void>> {
    assertChannel(channel);
    return this.#listener.subscribe(channel, { onPayload, onReconnect });
  }

  async notify(channel: string, payload: string): Promise<void> {
    assertChannel(channel);
    // Not in the queue of the pool: it wakes those who wait.
    const query = { name: 'db.notify', text: 'select pg_notify($1, $2)', values: [channel, payload] };
    await this.#lend((session) => session.send(query), this.#notifyPool);
  }

  async script(text: string): Promise<void> {
    await this.#lend(async (session) => {
      try {
        await session.send({ text, query_timeout: SCRIPT_TIMEOUT_MS });
      } finally {
        // A failed script may leave the session in a transaction block.
        await session.send('rollback').catch(() => undefined);
      }
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#listener.close();
    await Promise.all([this.#pool, this.#reservedPool, this.#notifyPool].map((pool) => pool.end()));
  }

  /** @returns for example 150018 for 15.18 */
  async serverVersion(): Promise<number> {
    const { rows } = await this.#lend((session) =>
      session.send("select current_setting('server_version_num') as version"),
    );
    return Number(rows[0]?.['version']);
  }

  async #lend<T>(work: (session: PostgresSession) => Promise<T>, pool = this.#pool): Promise<T> {
    if (this.#closed) throw new DatabaseUnavailableError('the database is closed');
    const client = await connect(pool);
    const session = new PostgresSession(client);
    try {
      return await work(session);
    } finally {
      client.release(session.broken);
    }
  }
}

function createPool(settings: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(settings);
  // The pool replaces a connection that breaks while idle.
  pool.on('error', () => undefined);
  // Without a listener, an error of a connection in use would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new DatabaseUnavailableError('the database cannot be reached', error);
  }
}
