import fs from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { DatabaseUnavailableError } from '../errors.ts';

/** The calls that make files durable: passed in, so that a test can watch their order and let them fail. */
export type DurableFiles = Pick<typeof fs, 'openSync' | 'closeSync' | 'fsyncSync' | 'fsync'>;

const WAL_SEGMENT = /\/pg_wal\/[0-9A-F]{24}$/;

/**
 * Makes the commits of the embedded engine durable. The engine asks for fsync wherever PostgreSQL does, but its file
 * system has none; `DurableNodeFs` brings the requests here. Those for WAL segments, one for each commit, are put off to
 * `durable()`, where commits that wait at the same time share one call that does not block the event loop. All others
 * (checkpoints, directories) are done at once. No data page is written while the WAL before it is still put off, which
 * is the rule that recovery rests on.
 */
export class WalSync {
  readonly #files: DurableFiles;
  /** Segments with a handle of ours: the engine may close its own before the deferred call. */
  readonly #handles = new Map<string, number>();
  #requested = new Set<string>();
  #inFlight = new Set<string>();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: DatabaseUnavailableError | undefined;
  #bytes = 0;

  constructor(files: DurableFiles = fs) {
    this.#files = files;
  }

  /** @returns the bytes written to the WAL since the last call. */
  takeBytes(): number {
    const bytes = this.#bytes;
    this.#bytes = 0;
    return bytes;
  }

  /** Resolves when all that the engine has committed until now is on the disk; rejects for good once an fsync failed. */
  durable(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#requested.size === 0) return this.#next ?? this.#running ?? Promise.resolve();
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  /** The engine wants this file on the disk. */
  fsyncRequested(path: string): void {
    if (WAL_SEGMENT.test(path)) {
      this.#handle(path);
      this.#requested.add(path);
      return;
    }
    const handle = this.#files.openSync(path, 'r');
    try {
      this.#files.fsyncSync(handle);
    } finally {
      this.#files.closeSync(handle);
    }
  }

  /** The engine is about to change this file. */
  beforeChange(path: string, bytes = 0): void {
    if (path.includes('/pg_wal/')) {
      this.#bytes += bytes;
      return;
    }
    if (this.#requested.size + this.#inFlight.size === 0) return;
    for (const segment of new Set([...this.#requested, ...this.#inFlight]))
      this.#files.fsyncSync(this.#handle(segment));
    this.#requested.clear();
  }

  async close(): Promise<void> {
    await this.durable().finally(() => {
      for (const handle of this.#handles.values()) this.#files.closeSync(handle);
      this.#handles.clear();
    });
  }

  #start(): Promise<void> {
    this.#inFlight = this.#requested;
    this.#requested = new Set();
    this.#running = Promise.all([...this.#inFlight].map((path) => this.#fsync(this.#handle(path))))
      .then(() => undefined)
      .catch((error: unknown) => {
        // What the system dropped after a failed fsync is not written by a second one: only recovery finds out what is true.
        this.#failure = new DatabaseUnavailableError(
          'the database could not be written to the disk; restart the server',
          error,
        );
        throw this.#failure;
      })
      .finally(() => {
        this.#closeAllBut([...this.#inFlight].at(-1));
        this.#inFlight = new Set();
        this.#running = undefined;
      });
    return this.#running;
  }

  #fsync(handle: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#files.fsync(handle, (error) => (error ? reject(error) : resolve()));
    });
  }

  #handle(segment: string): number {
    const handle = this.#handles.get(segment) ?? this.#files.openSync(segment, 'r+');
    this.#handles.set(segment, handle);
    return handle;
  }

  #closeAllBut(current: string | undefined): void {
    for (const [path, handle] of this.#handles) {
      if (path === current || this.#requested.has(path)) continue;
      this.#files.closeSync(handle);
      this.#handles.delete(path);
    }
  }
}

interface Node {
  readonly name: string;
}

/** The part of Emscripten's NODEFS that is used here; paths are those of the machine. */
interface EmscriptenNodeFs {
  realPath(node: Node): string;
  /** Turns a system error into the engine's errno. */
  tryFSOperation<T>(operation: () => T): T;
  readonly stream_ops: {
    write(
      stream: { node: Node },
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ): number;
    fsync?(stream: { node: Node }): number;
  };
  readonly node_ops: {
    setattr(node: Node, attributes: object): void;
    rename(node: Node, newFolder: Node, newName: string): void;
    unlink(folder: Node, name: string): void;
  };
}

/** The engine's file system on a folder of the machine, with the fsync that the original lacks. */
export class DurableNodeFs extends NodeFS {
  readonly #wal: WalSync;

  constructor(directory: string, wal: WalSync) {
    super(directory);
    this.#wal = wal;
  }

  override async init(pg: PGlite, options: Parameters<NodeFS['init']>[1]): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const attach = (module: object) => attachTo((module as { NODEFS: EmscriptenNodeFs }).NODEFS, this.#wal);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), attach] } };
  }
}

function attachTo(nodefs: EmscriptenNodeFs, wal: WalSync): void {
  const { write } = nodefs.stream_ops;
  const { setattr, rename, unlink } = nodefs.node_ops;
  Object.assign(nodefs.stream_ops, {
    fsync: (stream) => {
      nodefs.tryFSOperation(() => wal.fsyncRequested(nodefs.realPath(stream.node)));
      return 0;
    },
    write: (stream, buffer, offset, length, position) => {
      nodefs.tryFSOperation(() => wal.beforeChange(nodefs.realPath(stream.node), length));
      return write(stream, buffer, offset, length, position);
    },
  } satisfies EmscriptenNodeFs['stream_ops']);
  Object.assign(nodefs.node_ops, {
    setattr: (node, attributes) => {
      nodefs.tryFSOperation(() => wal.beforeChange(nodefs.realPath(node)));
      setattr(node, attributes);
    },
    rename: (node, newFolder, newName) => {
      nodefs.tryFSOperation(() => wal.beforeChange(nodefs.realPath(node)));
      rename(node, newFolder, newName);
    },
    unlink: (folder, name) => {
      nodefs.tryFSOperation(() => wal.beforeChange(`${nodefs.realPath(folder)}/${name}`));
      unlink(folder, name);
    },
  } satisfies EmscriptenNodeFs['node_ops']);
}
