import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseUnavailableError } from '../errors.ts';
import { codeOf } from './sqlstate.ts';

/** The calls that make files durable: passed in, so that a test can watch their order and let them fail. */
export type DurableFiles = Pick<typeof fs, 'openSync' | 'closeSync' | 'fsyncSync' | 'fsync'>;

/** Tells recovery where in the WAL to start. */
const CONTROL_FILE = 'global/pg_control';

/**
 * Decides when what the embedded engine wrote is forced to the disk. PGlite never does, so the rules on which PostgreSQL's recovery
 * rests (https://www.postgresql.org/docs/current/wal-internals.html) are kept here: a commit is acknowledged when its WAL is on the
 * disk (`durable`), another file changes only when the WAL written before is, and the control file only when everything else is.
 * Commits that wait at the same time share one fsync, which does not block the event loop. Paths are relative to the database.
 */
export class PgliteDurability {
  readonly #root: string;
  readonly #files: DurableFiles;
  /** What has changed since it was last forced to the disk. */
  #wal = new Set<string>();
  readonly #data = new Set<string>();
  /** WAL whose fsync is under way. */
  #inFlight = new Set<string>();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: DatabaseUnavailableError | undefined;
  #walBytes = 0;

  constructor(root: string, files: DurableFiles = fs) {
    this.#root = root;
    this.#files = files;
  }

  /** @returns the bytes written to the WAL since the last call. */
  takeWalBytes(): number {
    const bytes = this.#walBytes;
    this.#walBytes = 0;
    return bytes;
  }

  /** Resolves when all that the engine has committed until now is on the disk; rejects for good once an fsync failed. */
  durable(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#wal.size === 0) return this.#next ?? this.#running ?? Promise.resolve();
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  write(path: string, bytes: number, work: () => number): number {
    if (isWal(path)) this.#walBytes += bytes;
    return this.change(path, work);
  }

  /** Runs a change of a file, or of the names in a directory, after what must be on the disk before it. */
  change<T>(path: string, work: () => T): T {
    if (this.#failure) throw this.#failure;
    if (!isWal(path)) this.#force(this.#wal, this.#inFlight);
    if (path === CONTROL_FILE) this.#force(this.#data);
    try {
      return work();
    } finally {
      (isWal(path) ? this.#wal : this.#data).add(path);
      if (path === CONTROL_FILE) this.#force(this.#data);
    }
  }

  /** The same for a file that gets another name, or none. */
  rename(from: string, to: string | undefined, work: () => void): void {
    this.change(dirname(from), work);
    for (const changed of [this.#wal, this.#data, this.#inFlight]) {
      if (changed.delete(from) && to !== undefined) changed.add(to);
    }
    if (to !== undefined) this.change(dirname(to), () => {});
  }

  /** Forces what is left to the disk: the engine is closed. */
  close(): void {
    if (this.#failure) throw this.#failure;
    this.#force(this.#wal, this.#inFlight, this.#data);
  }

  #start(): Promise<void> {
    this.#inFlight = this.#wal;
    this.#wal = new Set();
    this.#running = Promise.all([...this.#inFlight].map((path) => this.#fsync(path)))
      .then(() => undefined)
      .catch((error: unknown) => {
        throw this.#failed(error);
      })
      .finally(() => {
        this.#inFlight = new Set();
        this.#running = undefined;
      });
    return this.#running;
  }

  async #fsync(path: string): Promise<void> {
    // Opened at once: the engine may rename the file before the call is over.
    const handle = this.#open(path);
    if (handle === undefined) return;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#files.fsync(handle, (error) => (error ? reject(error) : resolve()));
      });
    } finally {
      this.#files.closeSync(handle);
    }
  }

  #force(...changed: readonly Set<string>[]): void {
    try {
      for (const path of new Set(changed.flatMap((paths) => [...paths]))) {
        const handle = this.#open(path);
        if (handle === undefined) continue;
        try {
          this.#files.fsyncSync(handle);
        } finally {
          this.#files.closeSync(handle);
        }
      }
    } catch (error) {
      throw this.#failed(error);
    }
    for (const paths of changed) if (paths !== this.#inFlight) paths.clear();
  }

  /** @returns undefined for a file that is gone. */
  #open(path: string): number | undefined {
    try {
      return this.#files.openSync(join(this.#root, path), 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** What the system dropped after a failed fsync is not written by a second one: only recovery finds out what is true. */
  #failed(cause: unknown): DatabaseUnavailableError {
    this.#failure ??= new DatabaseUnavailableError(
      'the database could not be written to the disk; restart the server',
      cause,
    );
    return this.#failure;
  }
}

function isWal(path: string): boolean {
  return path === 'pg_wal' || path.startsWith('pg_wal/');
}
