import { createHash } from 'node:crypto';
import { type FileHandle, link, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifExists, systemCodeOf } from './errors.ts';

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface Written {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Writes a new file (0600) and forces it to the disk. Removes it when anything fails. */
export async function writeDurably(path: string, chunks: Chunks): Promise<Written> {
  const file = await open(path, 'wx', 0o600);
  try {
    const written = await writeAll(file, chunks);
    await file.sync();
    await file.close();
    return written;
  } catch (error) {
    await file.close().catch(() => {});
    await unlink(path).catch(() => {});
    throw error;
  }
}

async function writeAll(file: FileHandle, chunks: Chunks): Promise<Written> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

/**
 * Gives a complete file its name, unless the name exists, and forces the name to the disk.
 * @returns false when the name exists
 */
export async function publishDurably(temporary: string, path: string): Promise<boolean> {
  try {
    // A link, because a rename would silently replace a file that another writer has published meanwhile.
    await link(temporary, path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') {
      // The writer that published it may have crashed before the name was on the disk.
      await syncDirectory(dirname(path));
      return false;
    }
    if (code === undefined || !NO_HARD_LINKS.has(code)) throw error;
    if (await exists(path)) return false;
    await rename(temporary, path);
  }
  await syncDirectory(dirname(path));
  return true;
}

async function exists(path: string): Promise<boolean> {
  return (await ifExists(lstat(path))) !== undefined;
}

/** Creates a folder (0700) with its parents, and forces each new name to the disk. */
export async function makeDirectoryDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** Forces the names in a folder to the disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
