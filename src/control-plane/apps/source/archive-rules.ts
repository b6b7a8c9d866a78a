import { posix } from 'node:path';
import type { Header } from 'tar-stream';
import { SourceError } from './source-error.ts';

export interface SourceArchiveLimits {
  readonly maxFiles: number;
  /** Of all files together, unpacked. */
  readonly maxBytes: number;
}

const MIB = 1024 * 1024;
export const SOURCE_ARCHIVE_LIMITS: SourceArchiveLimits = { maxFiles: 50_000, maxBytes: 256 * MIB };

const MAX_PATH_BYTES = 1024;
const MAX_NAME_BYTES = 255;
const MAX_DEPTH = 64;

export type ArchiveEntry =
  | { readonly path: string; readonly type: 'file'; readonly size: number; readonly isProgram: boolean }
  | { readonly path: string; readonly type: 'symlink'; readonly target: string }
  | { readonly path: string; readonly type: 'directory' };

/** Decides entry by entry what may be unpacked: what leads out, or would be written through another entry, may not. */
export class ArchiveRules {
  readonly #limits: SourceArchiveLimits;
  /** Files and links. */
  readonly #leaves = new Set<string>();
  readonly #directories = new Set<string>();
  #bytes = 0;

  constructor(limits: SourceArchiveLimits) {
    this.#limits = limits;
  }

  /** @throws SourceError; @returns undefined for the root itself */
  take({ name, type, size = 0, mode = 0, linkname }: Header): ArchiveEntry | undefined {
    const path = name.replace(/^(\.\/+)+/, '').replace(/\/+$/, '');
    if ((path === '' || path === '.') && type === 'directory') return undefined;
    assertPath(path);
    this.#addParents(path);
    if (type === 'directory') {
      this.#addDirectory(path);
      return { path, type };
    }
    this.#addLeaf(path);
    if (type === 'symlink') return { path, type, target: assertTarget(path, linkname ?? '') };
    // A name that ends with a slash is a directory, whatever the type says.
    if (type !== 'file' || name.endsWith('/'))
      throw new SourceError(
        'UNSAFE',
        `${shown(path)} is a ${type ?? 'thing'}, not a file, directory or symbolic link`,
      );
    this.#bytes += size;
    if (this.#bytes > this.#limits.maxBytes)
      throw new SourceError('LIMIT', `more than ${Math.floor(this.#limits.maxBytes / MIB)} MiB`);
    return { path, type, size, isProgram: (mode & 0o100) !== 0 };
  }

  #addParents(path: string): void {
    for (let at = posix.dirname(path); at !== '.'; at = posix.dirname(at)) this.#addDirectory(at);
  }

  #addDirectory(path: string): void {
    if (this.#leaves.has(path))
      throw new SourceError('UNSAFE', `${shown(path)} is a directory and something else`);
    this.#directories.add(path);
    this.#assertCount();
  }

  #addLeaf(path: string): void {
    if (this.#leaves.has(path) || this.#directories.has(path))
      throw new SourceError('UNSAFE', `${shown(path)} is there twice`);
    this.#leaves.add(path);
    this.#assertCount();
  }

  #assertCount(): void {
    const { maxFiles } = this.#limits;
    // Directories as well: each takes an inode.
    if (this.#leaves.size > maxFiles || this.#directories.size > maxFiles)
      throw new SourceError('LIMIT', `more than ${maxFiles} files`);
  }
}

function assertPath(path: string): void {
  const names = path.split('/');
  const isSound =
    Buffer.byteLength(path) <= MAX_PATH_BYTES &&
    names.length <= MAX_DEPTH &&
    !FORBIDDEN.test(path) &&
    names.every(
      (name) => name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= MAX_NAME_BYTES,
    );
  if (!isSound) throw new SourceError('UNSAFE', `invalid path ${shown(path)}`);
}

/** Control characters, and the replacement character for bytes that are not UTF-8. */
const FORBIDDEN = /[\p{Cc}\u{fffd}]/u;

/**
 * Up by `..` through directories of the archive, then down by names: a detour over another link, which could lead out, is not possible.
 * @returns the target
 */
function assertTarget(path: string, target: string): string {
  const reached = posix.join(posix.dirname(path), target);
  const isInside =
    target !== '' &&
    !posix.isAbsolute(target) &&
    reached !== '..' &&
    !reached.startsWith('../') &&
    posix.normalize(target) === target.replace(/^\.\//, '');
  if (!isInside || FORBIDDEN.test(target))
    throw new SourceError('UNSAFE', `the link ${shown(path)} leads out of the source: ${shown(target)}`);
  return target;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
