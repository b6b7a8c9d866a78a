import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { createGunzip } from 'node:zlib';
import { type Extract, extract as extractTar } from 'tar-stream';
import { systemCodeOf } from '../errors.ts';
import { ArtifactError, asArtifactError } from './artifact-error.ts';
import {
  FILES_PREFIX,
  MANIFEST_NAME,
  MODE_BITS,
  parseManifest,
  type SnapshotDirectory,
  SnapshotError,
  type SnapshotFile,
  type SnapshotManifest,
} from './snapshot-format.ts';
import {
  createInventory,
  type Inventory,
  overLimit,
  SNAPSHOT_LIMITS,
  type SnapshotLimits,
} from './snapshot-inventory.ts';

/**
 * Unpacks a snapshot into a directory that must not exist. Everything is written into a new directory (0700) beside it, checked
 * against the manifest, and then renamed, so that the target is complete or does not exist.
 * @throws SnapshotError when the archive is not a valid snapshot or differs from its manifest; ArtifactError when the disk is full or
 * the source fails
 */
export async function restoreSnapshot(
  archive: Readable,
  target: string,
  limits: SnapshotLimits = SNAPSHOT_LIMITS,
): Promise<SnapshotManifest> {
  await assertFree(target);
  const staging = `${target}.restoring-${randomUUID()}`;
  try {
    await mkdir(staging, { mode: 0o700 });
    const extraction = new Extraction(staging, limits);
    await extractAll(archive, extraction, limits);
    const manifest = extraction.verify();
    // Deepest first, because the mode of a directory may deny access to its entries.
    for (const { path, mode } of [...manifest.directories].reverse()) await chmod(join(staging, path), mode);
    await rename(staging, target);
    return manifest;
  } catch (error) {
    archive.destroy();
    await rm(staging, { recursive: true, force: true });
    throw asArtifactError(error, 'restoring a snapshot');
  }
}

async function extractAll(archive: Readable, extraction: Extraction, limits: SnapshotLimits): Promise<void> {
  const tar = extractTar();
  const [taken, fed] = await Promise.allSettled([
    extraction.take(tar),
    pipeline(archive, capped(limits.maxArchiveBytes), createGunzip(), capped(limits.maxRawBytes), tar),
  ]);
  // A rejected entry also breaks the pipeline; the reason of the rejection is the cause.
  const causes = [taken, fed].flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const cause = causes.find(isOurs) ?? causes.at(-1);
  if (cause === undefined) return;
  throw isOurs(cause) || systemCodeOf(cause) !== undefined
    ? cause
    : new SnapshotError('CORRUPT', 'not a complete tar.gz archive', { cause });
}

function isOurs(error: unknown): boolean {
  return error instanceof SnapshotError || error instanceof ArtifactError;
}

type Entry = Extract extends AsyncIterable<infer Item> ? Item : never;

class Extraction {
  readonly #folder: string;
  readonly #inventory: Inventory;
  readonly #maxManifestBytes: number;
  readonly #files: SnapshotFile[] = [];
  readonly #directories: SnapshotDirectory[] = [];
  #manifest: SnapshotManifest | undefined;

  constructor(folder: string, limits: SnapshotLimits) {
    this.#folder = folder;
    this.#inventory = createInventory(limits);
    this.#maxManifestBytes = limits.maxManifestBytes;
  }

  async take(tar: Extract): Promise<void> {
    for await (const entry of tar) await this.#takeEntry(entry);
  }

  /** @returns the manifest, when the extracted files match it exactly */
  verify(): SnapshotManifest {
    const manifest = this.#manifest;
    if (manifest === undefined) throw new SnapshotError('MANIFEST', 'it has no manifest');
    const same =
      isDeepStrictEqual(manifest.files, this.#files) &&
      isDeepStrictEqual(manifest.directories, this.#directories);
    if (!same) throw new SnapshotError('MANIFEST', 'its contents are not what its manifest says');
    return manifest;
  }

  async #takeEntry(entry: Entry): Promise<void> {
    const { name, type, size, mode } = entry.header;
    const content = entry as AsyncIterable<Uint8Array>;
    if (this.#manifest !== undefined) throw new SnapshotError('ORDER', 'something follows the manifest');
    if (type !== 'file' && type !== 'directory') {
      throw new SnapshotError(
        'TYPE',
        `${JSON.stringify(name.slice(0, 200))} is neither a file nor a directory`,
      );
    }
    if ((mode & ~MODE_BITS) !== 0)
      throw new SnapshotError('MODE', `${name} has the mode ${mode.toString(8)}`);
    if (name === MANIFEST_NAME && type === 'file') {
      if (size > this.#maxManifestBytes) throw overLimit('its manifest is too large');
      this.#manifest = parseManifest(await readWhole(content));
      return;
    }
    const path = pathOf(name, type);
    this.#inventory.add({ path, type, size });
    if (type === 'directory') await this.#makeDirectory(path, mode, size);
    else await this.#writeFile(path, mode, size, content);
  }

  async #makeDirectory(path: string, mode: number, size: number): Promise<void> {
    if (size !== 0) throw new SnapshotError('TYPE', `the directory ${path} has content`);
    await mkdir(join(this.#folder, path), { mode: 0o700 });
    this.#directories.push({ path, mode });
  }

  async #writeFile(
    path: string,
    mode: number,
    size: number,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const hash = createHash('sha256');
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(join(this.#folder, path), flags, 0o600);
    try {
      for await (const chunk of content) {
        hash.update(chunk);
        for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
      }
      await file.chmod(mode);
    } finally {
      await file.close();
    }
    this.#files.push({ path, mode, size, sha256: hash.digest('hex') });
  }
}

async function readWhole(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function pathOf(name: string, type: 'file' | 'directory'): string {
  if (!name.startsWith(FILES_PREFIX)) {
    throw new SnapshotError('NAME', `${JSON.stringify(name.slice(0, 200))} is not below ${FILES_PREFIX}`);
  }
  const path = name.slice(FILES_PREFIX.length);
  return type === 'directory' && path.endsWith('/') ? path.slice(0, -1) : path;
}

function capped(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(overLimit(`it has more than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
}

async function assertFree(target: string): Promise<void> {
  const found = await lstat(target).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw asArtifactError(error, 'restoring a snapshot');
  });
  if (found !== undefined) throw new SnapshotError('TARGET', `${target} exists already`);
}
