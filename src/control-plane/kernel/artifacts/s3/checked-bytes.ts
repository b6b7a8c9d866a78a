import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ArtifactError, asArtifactError } from '../artifact-error.ts';
import type { ArtifactSource } from '../artifact-store.ts';

export interface Measured {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A stream that is counted and hashed while it is read. */
export interface CheckedBytes {
  readonly stream: Readable;
  /** Of the bytes read so far; complete when the stream has ended. */
  measured(): Measured;
  isWhole(): boolean;
  /** The error of the source, if it failed. */
  failure(): { readonly error: unknown } | undefined;
}

/** Passes bytes on. With `wanted`, the stream fails at its end with `ARTIFACT_CORRUPT` when the checksum differs. */
export function checkedBytes(what: string, source: AsyncIterable<Uint8Array>, wanted?: string): CheckedBytes {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let whole = false;
  let failure: { error: unknown } | undefined;
  const digest = () => hash.copy().digest('hex');
  async function* pass(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        yield chunk;
      }
      whole = true;
      if (wanted !== undefined && digest() !== wanted) {
        throw new ArtifactError('ARTIFACT_CORRUPT', `${what}: SHA-256 is ${digest()}, expected ${wanted}`);
      }
    } catch (error) {
      failure = { error: asArtifactError(error, what) };
      throw failure.error;
    }
  }
  return {
    // Not in object mode, so that back-pressure counts bytes.
    stream: Readable.from(pass(), { objectMode: false }),
    measured: () => ({ sha256: digest(), sizeBytes }),
    isWhole: () => whole,
    failure: () => failure,
  };
}

export async function measure(bytes: AsyncIterable<Uint8Array>): Promise<Measured> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** @returns whether the bytes can be read again */
export function isRepeatable(source: ArtifactSource): boolean {
  return !(source instanceof Readable);
}

export async function* bytesOf(source: ArtifactSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else yield* source instanceof Readable ? source : createReadStream(source.file);
}
