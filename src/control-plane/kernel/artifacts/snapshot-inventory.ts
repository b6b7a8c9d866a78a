import { SnapshotError } from './snapshot-format.ts';

export interface SnapshotLimits {
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
  readonly maxTotalBytes: number;
  /** Of the compressed archive. */
  readonly maxArchiveBytes: number;
  /** Of the tar inside, headers and padding included. */
  readonly maxRawBytes: number;
  readonly maxManifestBytes: number;
  /** Directories above a file, plus one. */
  readonly maxDepth: number;
}

const MIB = 1024 * 1024;
/** An install directory has a few hundred files and, without unpacked binaries, tens of MiB; log bundles are the largest files. */
export const SNAPSHOT_LIMITS: SnapshotLimits = {
  maxEntries: 20_000,
  maxEntryBytes: 512 * MIB,
  maxTotalBytes: 1024 * MIB,
  maxArchiveBytes: 1024 * MIB,
  maxRawBytes: 1088 * MIB,
  maxManifestBytes: 16 * MIB,
  maxDepth: 16,
};

const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 1024;
/** Control characters, the backslash (a separator on Windows), and the replacement character for bytes that are not UTF-8. */
const FORBIDDEN = /[\p{Cc}\\\u{fffd}]/u;

export interface Inventory {
  /** Validates and adds an entry, parents first. @throws SnapshotError when it must not be in a snapshot */
  add(entry: { readonly path: string; readonly type: 'file' | 'directory'; readonly size: number }): void;
}

/**
 * The rules for entries of a snapshot. Creating and restoring use the same rules, so that an entry which cannot be restored is found
 * before the cloud is touched, and not when its undo data is needed.
 */
export function createInventory(limits: SnapshotLimits): Inventory {
  const directories = new Set<string>(['']);
  const taken = new Set<string>();
  let totalBytes = 0;
  return {
    add({ path, type, size }) {
      assertPath(path, limits);
      // On some file systems names that differ in case or normalization are one file.
      const folded = path.normalize('NFC').toLowerCase();
      if (taken.has(folded)) throw new SnapshotError('DUPLICATE', `duplicate entry ${JSON.stringify(path)}`);
      taken.add(folded);
      if (taken.size > limits.maxEntries) throw overLimit(`more than ${limits.maxEntries} entries`);
      const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
      if (!directories.has(parent)) throw new SnapshotError('ORDER', `${path} comes before its directory`);
      if (type === 'directory') directories.add(path);
      totalBytes += size;
      if (size > limits.maxEntryBytes) throw overLimit(`${path} has more than ${limits.maxEntryBytes} bytes`);
      if (totalBytes > limits.maxTotalBytes)
        throw overLimit(`more than ${limits.maxTotalBytes} bytes in all`);
    },
  };
}

export function overLimit(what: string): SnapshotError {
  return new SnapshotError('LIMIT', what);
}

function assertPath(path: string, limits: SnapshotLimits): void {
  const segments = path.split('/');
  const sound =
    !FORBIDDEN.test(path) &&
    Buffer.byteLength(path) <= MAX_PATH_BYTES &&
    segments.every(
      (segment) =>
        segment !== '' &&
        segment !== '.' &&
        segment !== '..' &&
        Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES,
    );
  if (!sound) throw new SnapshotError('NAME', `invalid path ${JSON.stringify(path.slice(0, 200))}`);
  if (segments.length > limits.maxDepth)
    throw overLimit(`${path} is more than ${limits.maxDepth} levels deep`);
}
