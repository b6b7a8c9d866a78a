import type { Readable } from 'node:stream';
import { ArtifactError } from './artifact-error.ts';

/** Bytes to store: a stream, a buffer, or a local file. */
export type ArtifactSource = Readable | Uint8Array | { readonly file: string };

export interface StoredArtifact {
  /** Identifies the artifact: `directory:KEY` or `s3://BUCKET/KEY`; `keyOf` returns the key. */
  readonly uri: string;
  /** Of the stored bytes, in lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface ArtifactInfo {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/**
 * Stores snapshots and logs. An artifact is written once and never changes, so a late writer cannot overwrite what a later attempt
 * relies on. All methods throw ArtifactError.
 */
export interface ArtifactStore {
  /**
   * Stores durably. Storing the same content again succeeds; other content under the same key is `ARTIFACT_CONFLICT`.
   * With `sha256`, bytes with another checksum are `ARTIFACT_CORRUPT`.
   */
  put(key: string, source: ArtifactSource, expect?: { readonly sha256?: string }): Promise<StoredArtifact>;
  /**
   * Reads. With `sha256`, the stream fails at its end with `ARTIFACT_CORRUPT` when the checksum differs: do not use the bytes before
   * it has ended. `ARTIFACT_NOT_FOUND` for an unknown key.
   */
  get(key: string, expect?: { readonly sha256?: string }): Promise<Readable>;
  head(key: string): Promise<ArtifactInfo | undefined>;
  /** Everything below a prefix (`clu_1/job_2`, or '' for all), sorted by key. */
  list(prefix: string): Promise<ArtifactInfo[]>;
  /** Succeeds also when there is nothing to remove. */
  remove(key: string): Promise<void>;
  /**
   * Removes what writers that were killed left incomplete. S3 has none: the lifecycle rule of the bucket does it.
   * @returns how many incomplete artifacts were removed
   */
  removeIncomplete?(): Promise<number>;
  keyOf(uri: string): string;
}

/** The folder of a key is part of the name of a file in the directory store: at most 255 bytes. */
const MAX_KEY_CHARACTERS = 200;
const MAX_SEGMENTS = 12;
/** Begins with a letter or digit, which excludes `..` and hidden files. */
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** @throws ArtifactError `ARTIFACT_KEY_INVALID` unless all segments between `/` consist of letters, digits, `.`, `_` and `-` */
export function assertKey(key: string): void {
  const segments = key.split('/');
  const sound =
    key.length <= MAX_KEY_CHARACTERS &&
    segments.length <= MAX_SEGMENTS &&
    segments.every((segment) => SEGMENT.test(segment));
  if (!sound) throw new ArtifactError('ARTIFACT_KEY_INVALID', `invalid artifact key: ${JSON.stringify(key)}`);
}

/** @returns the prefix without a trailing slash, validated like a key; '' is valid */
export function normalizePrefix(prefix: string): string {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (folder !== '') assertKey(folder);
  return folder;
}
