import { PGlite, type PGliteOptions, type Results, types } from '@electric-sql/pglite';
import { DatabaseUnavailableError, messageOf, SetupError } from '../errors.ts';
import { decodeRow, encodeParams, type WireValue } from './codec.ts';
import type { Queryable } from './db.ts';
import { codeOf, isUnavailable } from './sqlstate.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';

/** For callers of the API. */
const DISK_FULL = 'The disk of the database is full: nothing can be stored until there is room again.';

/** With these the engine leaves every value as PostgreSQL's text, which `codec.ts` reads. */
const AS_TEXT = {
  parsers: Object.fromEntries(Object.keys(types.parsers).map((oid) => [oid, (wire: string) => wire])),
};

/**
 * Start parameters with which the engine asks its file system for fsync. The package's own have -F (never ask), and its
 * default method, fdatasync, is not passed on to a file system.
 */
export const FSYNC_START_PARAMS = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  ...['-c', 'fsync=on', '-c', 'wal_sync_method=fsync'],
];

/** The engine's one session. It is never called again after a failure that it does not survive: it would hang or damage. */
export class PgliteEngine implements Queryable {
  readonly #pg: PGlite;
  #failure: DatabaseUnavailableError | undefined;

  private constructor(pg: PGlite) {
    this.#pg = pg;
    // Values go in and come out as text: the engine's own encoders would encode a second time, its array parsers halfway.
    pg.serializers = {};
    pg.parsers = {};
  }

  /** @throws SetupError with the last words of an engine that does not start. */
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
          hint: 'a data directory of a newer ocpctl needs that version; a damaged one is restored from a backup',
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

  /** A failed engine is only let go of: it has nothing that was acknowledged and is not in the files. */
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
        'the embedded database has stopped; nothing acknowledged is lost, restart the server',
        withoutValues(error),
      );
      return this.#failure;
    }
    if (code === '25006' || code === '53100') {
      return new DatabaseUnavailableError(
        'the disk of the database is full',
        withoutValues(error),
        DISK_FULL,
      );
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

/** The engine's errors carry the values of the statement, which may be secrets, into every log that prints an error. */
function withoutValues(error: unknown): unknown {
  if (error instanceof Error) {
    Reflect.deleteProperty(error, 'params');
    Reflect.deleteProperty(error, 'query');
    Reflect.deleteProperty(error, 'queryOptions');
  }
  return error;
}
