import type { Readable } from 'node:stream';
import { ArtifactError } from './artifact-error.ts';

/** Bytes to store: a stream, a block, or a file of this machine. */
export type ArtifactSource = Readable | Uint8Array | { readonly file: string };

export interface StoredArtifact {
  /** Names the artifact within its engine, as `directory:KEY` or `s3://BUCKET/KEY`; `keyOf` turns it back. */
  readonly uri: string;
  /** Of the bytes as stored, in lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface ArtifactInfo {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/**
 * Where snapshots and logs are kept. An artifact is written once: what was acknowledged is durable and never changes,
 * so a late writer cannot spoil what somebody relies on. All methods throw ArtifactError.
 */
export interface ArtifactStore {
  /**
   * Stores durably. The same content under the same key again is fine; other content is `ARTIFACT_CONFLICT`.
   * With `sha256` nothing but these bytes is accepted (`ARTIFACT_CORRUPT`).
   */
  put(key: string, source: ArtifactSource, expect?: { readonly sha256?: string }): Promise<StoredArtifact>;
  /**
   * Reads. With `sha256` the stream fails with `ARTIFACT_CORRUPT` instead of ending when the bytes are others: trust
   * what came only after the end. `ARTIFACT_NOT_FOUND` when there is none.
   */
  get(key: string, expect?: { readonly sha256?: string }): Promise<Readable>;
  head(key: string): Promise<ArtifactInfo | undefined>;
  /** Everything below a folder of keys (`clu_1/job_2`; all with ''), sorted by key. */
  list(prefix: string): Promise<ArtifactInfo[]>;
  /** Removes; nothing to remove is fine. */
  remove(key: string): Promise<void>;
  keyOf(uri: string): string;
}

const MAX_KEY_CHARACTERS = 512;
const MAX_SEGMENTS = 12;
/** Begins with a letter or digit, so neither `..` nor a hidden file can be said. */
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Throws `ARTIFACT_KEY_INVALID` unless the key is segments of letters, digits, `.`, `_` and `-`, divided by `/`. */
export function assertKey(key: string): void {
  const segments = key.split('/');
  const sound =
    key.length <= MAX_KEY_CHARACTERS &&
    segments.length <= MAX_SEGMENTS &&
    segments.every((segment) => SEGMENT.test(segment));
  if (!sound) throw new ArtifactError('ARTIFACT_KEY_INVALID', `not an artifact key: ${JSON.stringify(key)}`);
}

/** @returns the prefix without a slash at its end, checked like a key; '' stays ''. */
export function normalizePrefix(prefix: string): string {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (folder !== '') assertKey(folder);
  return folder;
}
