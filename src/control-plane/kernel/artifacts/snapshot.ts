import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type Pack, pack as packTar } from 'tar-stream';
import { systemCodeOf } from '../errors.ts';
import {
  encodeManifest,
  FILES_PREFIX,
  MANIFEST_NAME,
  MODE_BITS,
  SnapshotError,
  type SnapshotManifest,
} from './snapshot-format.ts';
import {
  createInventory,
  type Inventory,
  overLimit,
  SNAPSHOT_LIMITS,
  type SnapshotLimits,
} from './snapshot-inventory.ts';

/** Files up to this size are read again when they changed while they were read; larger ones are streamed. */
const SETTLE_BYTES = 8 * 1024 * 1024;
const SETTLE_TRIES = 3;

export interface SnapshotOptions {
  /** Paths to leave out: `cache/` with everything below it, or one file. */
  readonly exclude: readonly string[];
  readonly limits?: SnapshotLimits;
}

export interface Snapshot {
  /** The tar.gz. Fails with SnapshotError when the directory cannot be stored. */
  readonly stream: Readable;
  /** Available when the stream has ended. */
  manifest(): SnapshotManifest;
}

/**
 * Packs a directory: regular files and directories with their permission bits, and a manifest with the SHA-256 of each file. Of a file
 * that grows meanwhile, the length at the time of reading is stored; a file that vanishes is left out. The mode of the directory itself
 * is not stored: a restored one has 0700.
 */
export function createSnapshot(directory: string, options: SnapshotOptions): Snapshot {
  const tar = packTar();
  const manifest: SnapshotManifest = { version: 1, directories: [], files: [], skipped: [] };
  const stream = pipeline(Readable.from(tar), createGzip(), () => {});
  const filler = new Filler(tar, directory, manifest, options.limits ?? SNAPSHOT_LIMITS);
  filler.fill(options.exclude).catch((error: Error) => tar.destroy(error));
  return {
    stream,
    manifest() {
      if (!stream.readableEnded) throw new Error('the snapshot is not complete yet');
      return manifest;
    },
  };
}

class Filler {
  readonly #tar: Pack;
  readonly #root: string;
  readonly #manifest: SnapshotManifest;
  readonly #inventory: Inventory;
  readonly #maxManifestBytes: number;

  constructor(tar: Pack, root: string, manifest: SnapshotManifest, limits: SnapshotLimits) {
    this.#tar = tar;
    this.#root = root;
    this.#manifest = manifest;
    this.#inventory = createInventory(limits);
    this.#maxManifestBytes = limits.maxManifestBytes;
  }

  async fill(exclude: readonly string[]): Promise<void> {
    const excluded = new Set(exclude.map((path) => path.replace(/\/$/, '')));
    await this.#addDirectory('', excluded);
    const manifest = encodeManifest(this.#manifest);
    if (manifest.length > this.#maxManifestBytes) throw overLimit('its manifest is too large');
    await this.#write(MANIFEST_NAME, 0o600, manifest);
    this.#tar.finalize();
  }

  async #addDirectory(folder: string, excluded: ReadonlySet<string>): Promise<void> {
    const reading = readdir(join(this.#root, folder), { withFileTypes: true });
    // Subdirectories may vanish, the root may not.
    const entries = folder === '' ? await reading : await orIfMissing(reading, []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (excluded.has(path)) continue;
      if (entry.isFile()) await this.#addFile(path);
      else if (entry.isDirectory()) {
        const found = await orIfMissing(lstat(join(this.#root, path)), undefined);
        if (found === undefined) continue;
        const mode = found.mode & MODE_BITS;
        this.#inventory.add({ path, type: 'directory', size: 0 });
        this.#manifest.directories.push({ path, mode });
        await this.#write(`${FILES_PREFIX}${path}/`, mode, undefined);
        await this.#addDirectory(path, excluded);
      } else this.#manifest.skipped.push(path);
    }
  }

  async #addFile(path: string): Promise<void> {
    // NOFOLLOW and NONBLOCK, because it may have become a link or a pipe since the directory was read.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await orIfMissing(open(join(this.#root, path), flags), undefined);
    if (file === undefined) return;
    try {
      const found = await file.stat();
      const mode = found.mode & MODE_BITS;
      const content = found.size <= SETTLE_BYTES ? await readSettled(file) : undefined;
      const size = content?.length ?? found.size;
      this.#inventory.add({ path, type: 'file', size });
      const sha256 =
        content === undefined
          ? await this.#stream(`${FILES_PREFIX}${path}`, mode, file, size)
          : await this.#write(`${FILES_PREFIX}${path}`, mode, content);
      this.#manifest.files.push({ path, mode, size, sha256 });
    } finally {
      await file.close();
    }
  }

  async #write(name: string, mode: number, content: Buffer | undefined): Promise<string> {
    const type = content === undefined ? 'directory' : 'file';
    await this.#entry(
      { name, mode, type, size: content?.length ?? 0 },
      content === undefined ? [] : [content],
    );
    return createHash('sha256')
      .update(content ?? '')
      .digest('hex');
  }

  async #stream(name: string, mode: number, file: FileHandle, size: number): Promise<string> {
    const hash = createHash('sha256');
    async function* content() {
      let read = 0;
      for await (const chunk of file.createReadStream({ start: 0, end: size - 1, autoClose: false })) {
        hash.update(chunk);
        read += chunk.length;
        yield chunk;
      }
      if (read < size) throw new SnapshotError('CHANGED', `${name} shrank while it was read`);
    }
    await this.#entry({ name, mode, type: 'file', size }, content());
    return hash.digest('hex');
  }

  async #entry(
    header: { name: string; mode: number; type: 'file' | 'directory'; size: number },
    content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const epoch = new Date(0);
    const written = new Promise<void>((resolve, reject) => {
      const sink = this.#tar.entry({ ...header, mtime: epoch, uid: 0, gid: 0 }, (error) =>
        error ? reject(error) : resolve(),
      );
      if (header.type === 'directory') return;
      pipeline(content, sink, (error) => error && reject(error));
    });
    await written;
  }
}

/** Reads a small file, and again up to three times when it changed meanwhile. A log that keeps growing is stored as it is then. */
async function readSettled(file: FileHandle): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    const before = await file.stat();
    const content = await readPrefix(file, before.size);
    const after = await file.stat();
    const settled = before.size === after.size && before.mtimeMs === after.mtimeMs;
    if (settled || tries === SETTLE_TRIES) return content;
  }
}

async function readPrefix(file: FileHandle, size: number): Promise<Buffer> {
  const content = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(content, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return content.subarray(0, filled);
}

/** ELOOP: the file has become a link. ENXIO: it has become a pipe. */
async function orIfMissing<T, F>(work: Promise<T>, otherwise: F): Promise<T | F> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(systemCodeOf(error) ?? '')) return otherwise;
    throw error;
  }
}
