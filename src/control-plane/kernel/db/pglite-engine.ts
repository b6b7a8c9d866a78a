import { PGlite, type PGliteOptions, type Results, types } from '@electric-sql/pglite';
import { DatabaseFullError, DatabaseUnavailableError, messageOf, SetupError } from '../errors.ts';
import { decodeRow, encodeParams, type WireValue } from './codec.ts';
import type { Queryable } from './db.ts';
import { codeOf, isUnavailable } from './sqlstate.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';

/** Makes the engine return every value in the text format of PostgreSQL, which `codec.ts` reads. */
const AS_TEXT = {
  parsers: Object.fromEntries(Object.keys(types.parsers).map((oid) => [oid, (wire: string) => wire])),
};

/** The only session of the engine. After a fatal failure it is not called again, because it could hang or damage data. */
export class PgliteEngine implements Queryable {
  readonly #pg: PGlite;
  #failure: DatabaseUnavailableError | undefined;

  private constructor(pg: PGlite) {
    this.#pg = pg;
    // Values are passed as text; the encoders and array parsers of the engine would convert them a second time.
    pg.serializers = {};
    pg.parsers = {};
  }

  /** @throws SetupError with the last log lines of an engine that does not start */
  static async start(options: PGliteOptions): Promise<PgliteEngine> {
    const lastLines: string[] = [];
    const onStderr = (line: string): boolean => {
      lastLines.push(line);
      return false;
    };
    try {
      return new PgliteEngine(await PGlite.create({ ...options, onStderr }));
    } catch (error) {
      throw new SetupError(
        `the embedded database does not start: ${lastLines.slice(-3).join(' ') || messageOf(error)}`,
        {
          hint: 'if a newer ocpctl created the data directory, use that version; restore a damaged one from a backup',
          cause: error,
        },
      );
    }
  }

  /** @throws DatabaseUnavailableError once the engine has failed. */
  assertUsable(): void {
    if (this.#failure) throw this.#failure;
  }

  async query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]> {
    const values = encodeParams(statement, params);
    const { rows } = await this.#call(() =>
      this.#pg.query<Record<string, WireValue>>(statement.text, values, AS_TEXT),
    );
    return rows.map((row) => decodeRow(statement, row));
  }

  /** Runs SQL text of one or more statements. */
  exec(text: string): Promise<Results[]> {
    return this.#call(() => this.#pg.exec(text));
  }

  async execWith(text: string, values: WireValue[]): Promise<void> {
    await this.#call(() => this.#pg.query(text, values, AS_TEXT));
  }

  async rollback(): Promise<void> {
    if (!this.#failure && this.#pg.isInTransaction()) await this.exec('rollback');
  }

  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#call(() => this.#pg.listen(channel, onPayload));
  }

  describe(text: string): ReturnType<PGlite['describeQuery']> {
    return this.#call(() => this.#pg.describeQuery(text));
  }

  async dump(): Promise<Uint8Array> {
    const dump = await this.#call(() => this.#pg.dumpDataDir('gzip'));
    return new Uint8Array(await dump.arrayBuffer());
  }

  /** A failed engine is not closed: everything acknowledged is in its files. */
  async close(): Promise<void> {
    if (!this.#failure) await this.#pg.close();
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    this.assertUsable();
    try {
      return await work();
    } catch (error) {
      throw this.#classify(error);
    }
  }

  #classify(error: unknown): unknown {
    const code = codeOf(error);
    if (code === undefined || isFatal(error)) {
      this.#failure = new DatabaseUnavailableError(
        'the embedded database has failed; acknowledged writes are not lost, restart the server',
        withoutValues(error),
      );
      return this.#failure;
    }
    if (code === '25006' || code === '53100') {
      return new DatabaseFullError(withoutValues(error));
    }
    return isUnavailable(code)
      ? new DatabaseUnavailableError('the database cannot answer now', withoutValues(error))
      : withoutValues(error);
  }
}

function isFatal(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'severity' in error &&
    (error.severity === 'PANIC' || error.severity === 'FATAL')
  );
}

/** Removes the values of the statement from an error of the engine, because they may be secrets. */
function withoutValues(error: unknown): unknown {
  if (error instanceof Error) {
    Reflect.deleteProperty(error, 'params');
    Reflect.deleteProperty(error, 'query');
    Reflect.deleteProperty(error, 'queryOptions');
  }
  return error;
}
