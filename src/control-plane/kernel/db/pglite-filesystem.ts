import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { BaseFilesystem, type FsStats } from '@electric-sql/pglite/basefs';
import type { PgliteDurability } from './pglite-durability.ts';
import { codeOf } from './sqlstate.ts';

/** The engine's numbers for the system's errors (those of WASI); any other error is told as EIO. */
const ERRNO: Readonly<Record<string, number>> = {
  EACCES: 2,
  EBADF: 8,
  EDQUOT: 19,
  EEXIST: 20,
  EFBIG: 22,
  EINVAL: 28,
  EISDIR: 31,
  EMFILE: 33,
  ENFILE: 41,
  ENOENT: 44,
  ENOSPC: 51,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  EPERM: 63,
  EROFS: 69,
};
const EIO = 29;

/** An error as `BaseFilesystem` has to throw it: the code is the engine's number. */
class EngineFileError extends Error {
  readonly code: number;
  constructor(cause: unknown) {
    super('a file operation of the embedded database failed', { cause });
    this.name = 'EngineFileError';
    this.code = ERRNO[codeOf(cause) ?? ''] ?? EIO;
  }
}

/** The embedded engine's files in a folder of this machine; every change goes through `PgliteDurability`. */
export class PgliteFilesystem extends BaseFilesystem {
  readonly #root: string;
  readonly #durability: PgliteDurability;
  readonly #open = new Map<number, string>();

  constructor(root: string, durability: PgliteDurability) {
    super(root);
    this.#root = root;
    this.#durability = durability;
  }

  override chmod(path: string, mode: number): void {
    this.#change(path, (file) => fs.chmodSync(file, mode));
  }

  override open(path: string): number {
    return inEngineErrors(() => {
      const handle = fs.openSync(this.#file(path), 'r+');
      this.#open.set(handle, nameOf(path));
      return handle;
    });
  }

  override close(handle: number): void {
    inEngineErrors(() => fs.closeSync(handle));
    this.#open.delete(handle);
  }

  override fstat(handle: number): FsStats {
    return inEngineErrors(() => statsOf(fs.fstatSync(handle)));
  }

  override lstat(path: string): FsStats {
    return inEngineErrors(() => statsOf(fs.lstatSync(this.#file(path))));
  }

  override readdir(path: string): string[] {
    return inEngineErrors(() => fs.readdirSync(this.#file(path)));
  }

  override read(
    handle: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    return inEngineErrors(() => fs.readSync(handle, buffer, offset, length, position));
  }

  override write(
    handle: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    const path = this.#open.get(handle) ?? '';
    // The engine passes its whole memory, as a plain ArrayBuffer whatever the type says.
    const memory: unknown = buffer;
    const bytes = memory instanceof ArrayBuffer ? new Uint8Array(memory) : buffer;
    return inEngineErrors(() =>
      this.#durability.write(path, length, () => fs.writeSync(handle, bytes, offset, length, position)),
    );
  }

  override truncate(path: string, length: number): void {
    this.#change(path, (file) => fs.truncateSync(file, length));
  }

  override utimes(path: string, atimeMs: number, mtimeMs: number): void {
    this.#change(path, (file) => fs.utimesSync(file, atimeMs / 1000, mtimeMs / 1000));
  }

  override writeFile(path: string, data: string | Uint8Array, options: { mode?: number } = {}): void {
    this.#change(path, (file) => fs.writeFileSync(file, data, options));
    this.#change(dirname(path), () => {});
  }

  override mkdir(path: string, options: { recursive?: boolean; mode?: number } = {}): void {
    this.#change(path, (folder) => fs.mkdirSync(folder, options));
    this.#change(dirname(path), () => {});
  }

  override rename(from: string, to: string): void {
    this.#rename(from, to, () => fs.renameSync(this.#file(from), this.#file(to)));
    for (const [handle, path] of this.#open) if (path === nameOf(from)) this.#open.set(handle, nameOf(to));
  }

  override unlink(path: string): void {
    this.#rename(path, undefined, () => fs.unlinkSync(this.#file(path)));
  }

  override rmdir(path: string): void {
    this.#rename(path, undefined, () => fs.rmdirSync(this.#file(path)));
  }

  #change(path: string, work: (file: string) => void): void {
    inEngineErrors(() => this.#durability.change(nameOf(path), () => work(this.#file(path))));
  }

  #rename(from: string, to: string | undefined, work: () => void): void {
    inEngineErrors(() =>
      this.#durability.rename(nameOf(from), to === undefined ? undefined : nameOf(to), work),
    );
  }

  #file(path: string): string {
    return join(this.#root, path);
  }
}

/** @returns `base/1/1259` for the engine's `/base/1/1259`, and `.` for its `/`. */
function nameOf(path: string): string {
  return path.replace(/^\/+/, '') || '.';
}

function inEngineErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new EngineFileError(error);
  }
}

function statsOf(stats: fs.Stats): FsStats {
  const { dev, ino, mode, nlink, uid, gid, rdev, size, blksize, blocks, atimeMs, mtimeMs, ctimeMs } = stats;
  const times = { atime: atimeMs, mtime: mtimeMs, ctime: ctimeMs };
  return { dev, ino, mode, nlink, uid, gid, rdev, size, blksize, blocks, ...times };
}
