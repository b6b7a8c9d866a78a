import pg from 'pg';
import { DatabaseUnavailableError } from '../errors.ts';
import { decodeRow, encodeParams, type WireValue } from './codec.ts';
import type { Queryable } from './db.ts';
import { codeOf, endsSession, isUnavailable } from './sqlstate.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';

type Row = Record<string, WireValue>;

/** A pooled connection in use; knows whether it can be reused. */
export class PostgresSession implements Queryable {
  readonly #client: pg.ClientBase;
  #broken = false;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  get broken(): boolean {
    return this.#broken;
  }

  async query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]> {
    const values = encodeParams(statement, params);
    const { rows } = await this.send({ name: statement.name, text: statement.text, values });
    return rows.map((row) => decodeRow(statement, row));
  }

  /**
   * Sends one query. Errors of the server are thrown unchanged ({code, constraint, …}). Any other error means that the connection is
   * broken; it is not used again.
   */
  async send(
    query: string | pg.QueryConfig | (pg.QueryConfig & { query_timeout: number }),
  ): Promise<pg.QueryResult<Row>> {
    if (this.#broken) throw new DatabaseUnavailableError('the connection to the database broke');
    try {
      return await this.#client.query<Row>(query);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) {
        this.#broken = true;
        throw new DatabaseUnavailableError('the connection to the database broke', error);
      }
      const code = codeOf(error);
      if (endsSession(code)) this.#broken = true;
      if (isUnavailable(code)) throw new DatabaseUnavailableError('the database cannot answer now', error);
      throw error;
    }
  }
}
