import * as z from 'zod';

/*
 * A snapshot is a tar.gz: `files/` + each directory and file in the order of their paths, then `manifest.json`. Owners and times are 0,
 * because no program that uses them reads either, so the same contents and modes give the same bytes.
 */
export const FILES_PREFIX = 'files/';
export const MANIFEST_NAME = 'manifest.json';
/** Permission bits. Setuid, setgid and sticky bits are not stored. */
export const MODE_BITS = 0o777;

const path = z.string();
const mode = z.int().min(0).max(MODE_BITS);
const manifestSchema = z.strictObject({
  version: z.literal(1),
  directories: z.array(z.strictObject({ path, mode })),
  files: z.array(
    z.strictObject({ path, mode, size: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  /** Links, sockets and devices that were in the directory. They are not stored. */
  skipped: z.array(path),
});
export type SnapshotManifest = z.infer<typeof manifestSchema>;
export type SnapshotFile = SnapshotManifest['files'][number];
export type SnapshotDirectory = SnapshotManifest['directories'][number];

export type SnapshotProblem =
  | 'NAME'
  | 'TYPE'
  | 'MODE'
  | 'DUPLICATE'
  | 'ORDER'
  | 'LIMIT'
  | 'CORRUPT'
  | 'MANIFEST'
  /** A large file shrank while it was read: another attempt may succeed. */
  | 'CHANGED'
  /** The target directory of a restore exists. */
  | 'TARGET';

/** A directory cannot be stored as a snapshot, or an archive is not a valid snapshot. Nothing was written. */
export class SnapshotError extends Error {
  readonly problem: SnapshotProblem;
  constructor(problem: SnapshotProblem, message: string, options: { cause?: unknown } = {}) {
    super(`snapshot: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SnapshotError';
    this.problem = problem;
  }
}

export function encodeManifest(manifest: SnapshotManifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
}

/** @throws SnapshotError when the bytes are not a manifest of a known version */
export function parseManifest(bytes: Uint8Array): SnapshotManifest {
  try {
    return manifestSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new SnapshotError('MANIFEST', 'its manifest cannot be read', { cause: error });
  }
}
