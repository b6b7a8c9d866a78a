import { statfsSync } from 'node:fs';
import { DatabaseUnavailableError } from '../errors.ts';
import { assertChannel, type Db, type Tx } from './db.ts';
import { type DatabaseDirectory, openDatabaseDirectory } from './pglite-directory.ts';
import { type DurableFiles, PgliteDurability } from './pglite-durability.ts';
import { PgliteEngine } from './pglite-engine.ts';
import { PgliteFilesystem } from './pglite-filesystem.ts';
import { type MaintenanceOptions, PgliteMaintenance } from './pglite-maintenance.ts';
import type { Columns, Statement, ValuesOf } from './statement.ts';
import { assertCommitted, OpenTx, TransactionScope } from './transaction.ts';

export interface PgliteOptions extends MaintenanceOptions {
  /** Folder of the database; in memory if absent. */
  readonly dataDir?: string;
  /** A new database as tar.gz (`makeDump`), used when there is none yet: saves seconds and memory. */
  readonly loadDump?: Uint8Array;
  /** Moves `clock_now()`: for tests and drills. */
  readonly clockOffsetMs?: number;
  readonly files?: DurableFiles;
  /** Called before the engine starts, which takes many seconds on a busy host. */
  readonly onStarting?: (directory: Pick<DatabaseDirectory, 'data' | 'wasShutDown'>) => void;
  /** Free bytes for the data directory. */
  readonly freeBytes?: (directory: string) => number;
}

/** The engine fails when it cannot create a WAL segment (16 MB), so it is read-only while less than this is free. */
const RESERVED_BYTES = 48 * 1024 * 1024;

interface Storage extends DatabaseDirectory {
  readonly durability: PgliteDurability;
}

/**
 * Opens the embedded PostgreSQL, and adds what PGlite lacks: a lock on the directory, commits that are on the disk before they are
 * acknowledged, VACUUM and CHECKPOINT, and a read-only mode while the disk is almost full.
 * @throws SetupError when the directory is in use, belongs to another major version, or is damaged
 */
export async function openPglite(options: PgliteOptions = {}): Promise<Db> {
  if (options.dataDir === undefined) {
    const dump = options.loadDump && { loadDataDir: new Blob([Buffer.from(options.loadDump)]) };
    return ready(await PgliteEngine.start(dump ?? {}), options, undefined);
  }
  const directory = await openDatabaseDirectory(options.dataDir, async () => options.loadDump ?? makeDump());
  const durability = new PgliteDurability(directory.data, options.files);
  const storage = { ...directory, durability };
  try {
    options.onStarting?.(directory);
    const fs = new PgliteFilesystem(directory.data, durability);
    return await ready(await PgliteEngine.start({ fs }), options, storage);
  } catch (error) {
    storage.lock.release();
    throw error;
  }
}

/**
 * Takes seconds and 0.8 GB of memory, so the build stores the result.
 * @param prepare for example migrates the database
 * @returns a new database as tar.gz
 */
export async function makeDump(prepare?: (db: Db) => Promise<unknown>): Promise<Uint8Array> {
  const engine = await PgliteEngine.start({});
  const db = await ready(engine, {});
  try {
    await prepare?.(db);
    await engine.exec('checkpoint');
    return await engine.dump();
  } finally {
    await db.close();
  }
}

async function ready(engine: PgliteEngine, options: PgliteOptions, storage?: Storage): Promise<Db> {
  const offsetMs = options.clockOffsetMs;
  if (offsetMs !== undefined) await engine.exec(`set ocpctl.clock_offset = '${Number(offsetMs)}ms'`);
  return new PgliteDb(engine, options, storage);
}

class PgliteDb implements Db {
  readonly engine = 'pglite';
  readonly reserved = this;
  readonly #session: PgliteEngine;
  readonly #options: PgliteOptions;
  readonly #storage: Storage | undefined;
  readonly #scope = new TransactionScope();
  readonly #maintenance: PgliteMaintenance;
  #turn: Promise<unknown> = Promise.resolve();
  #readOnly = false;
  #closing: Promise<void> | undefined;

  constructor(session: PgliteEngine, options: PgliteOptions, storage: Storage | undefined) {
    this.#session = session;
    this.#options = options;
    this.#storage = storage;
    this.#maintenance = new PgliteMaintenance((work) => this.#exclusively(() => work(session)), options);
  }

  async query<P extends Columns, R extends Columns>(
    statement: Statement<P, R>,
    params: ValuesOf<P>,
  ): Promise<ValuesOf<R>[]> {
    this.#scope.assertOutside(statement.name);
    return this.#durably(() => this.#session.query(statement, params));
  }

  async tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.#scope.assertOutside('tx');
    const tx = new OpenTx(this.#session);
    const result = await this.#durably(async () => {
      await this.#session.exec('begin isolation level read committed');
      try {
        const value = await this.#scope.run(() => work(tx));
        await tx.end();
        const [commit] = await this.#session.exec('commit');
        assertCommitted(commit?.command);
        return value;
      } catch (error) {
        await tx.end();
        await this.#session.rollback();
        throw error;
      }
    });
    tx.committed();
    return result;
  }

  async listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    assertChannel(channel);
    const unlisten = await this.#exclusively(() => this.#session.listen(channel, onPayload));
    return () => this.#exclusively(unlisten);
  }

  async notify(channel: string, payload: string): Promise<void> {
    assertChannel(channel);
    await this.#exclusively(() => this.#session.execWith('select pg_notify($1, $2)', [channel, payload]));
  }

  async script(text: string): Promise<void> {
    await this.#durably(async () => {
      try {
        await this.#session.exec(text);
      } finally {
        await this.#session.rollback();
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#maintenance.stop();
    try {
      await this.#turn;
      await this.#session.close();
      this.#storage?.durability.close();
    } finally {
      this.#storage?.lock.release();
    }
  }

  /** Everything that `work` committed, or read of other commits, is on the disk when this resolves. */
  async #durably<T>(work: () => Promise<T>): Promise<T> {
    const result = await this.#exclusively(async () => {
      await this.#checkFreeSpace();
      return work();
    });
    await this.#storage?.durability.durable();
    this.#maintenance.recordUse(this.#storage?.durability.takeWalBytes() ?? 0);
    return result;
  }

  /** Runs one call at a time, because the engine has one session. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new DatabaseUnavailableError('the database is closed'));
    const result = this.#turn.then(() => {
      this.#session.assertUsable();
      return work();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Makes the engine read-only while the disk is almost full: writes then fail with a DatabaseUnavailableError. */
  async #checkFreeSpace(): Promise<void> {
    if (!this.#storage) return;
    const free = (this.#options.freeBytes ?? freeBytes)(this.#storage.data);
    const readOnly = free < RESERVED_BYTES;
    if (readOnly === this.#readOnly) return;
    await this.#session.exec(`set default_transaction_read_only = ${readOnly ? 'on' : 'off'}`);
    this.#readOnly = readOnly;
  }
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
