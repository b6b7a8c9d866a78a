import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract as extractTar } from 'tar-stream';
import {
  type ArchiveEntry,
  ArchiveRules,
  SOURCE_ARCHIVE_LIMITS,
  type SourceArchiveLimits,
} from './archive-rules.ts';
import { SourceError } from './source-error.ts';

/** Headers and padding of a file in a tar, and of its long name. */
const OVERHEAD_BYTES = 4096;

export interface ArchiveOptions {
  /** Of the archive as it was uploaded. @default not checked */
  readonly sha256?: string;
  /** @default SOURCE_ARCHIVE_LIMITS */
  readonly limits?: SourceArchiveLimits;
}

/**
 * Reads a tar.gz to its end. `visit` gets each entry that may be unpacked, and has to read the content of files that it wants.
 * @returns the hash of the tar in it, which does not depend on what compressed it
 * @throws SourceError when it is not what its hash says: then nothing that was visited may be kept; errors of the stream and of `visit`
 */
export async function readArchive(
  stream: Readable,
  { sha256, limits = SOURCE_ARCHIVE_LIMITS }: ArchiveOptions,
  visit: (entry: ArchiveEntry, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<string> {
  const rules = new ArchiveRules(limits);
  const tar = extractTar();
  const maxRawBytes = limits.maxBytes + limits.maxFiles * OVERHEAD_BYTES;
  const uploaded = hashing(Number.POSITIVE_INFINITY);
  const unpacked = hashing(maxRawBytes);
  const visitAll = async () => {
    for await (const item of tar) {
      const entry = rules.take(item.header);
      if (entry !== undefined) await visit(entry, item as AsyncIterable<Uint8Array>);
      item.resume();
    }
  };
  const results = await Promise.allSettled([
    visitAll(),
    pipeline(stream, uploaded.stream, createGunzip(), unpacked.stream, tar),
  ]);
  // An entry that is rejected also breaks the pipeline; its reason is the cause.
  const causes = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const cause =
    causes.find((each) => each instanceof SourceError) ?? causes.find((each) => !isOfFormat(each));
  if (cause !== undefined) throw cause;
  if (causes.length > 0)
    throw new SourceError('CORRUPT', 'not a complete tar.gz archive', { cause: causes[0] });
  if (sha256 !== undefined && uploaded.digest() !== sha256)
    throw new SourceError('MISMATCH', 'the archive is not the one of this hash');
  return unpacked.digest();
}

function hashing(maxBytes: number): { readonly stream: Transform; digest(): string } {
  const hash = createHash('sha256');
  let seen = 0;
  const stream = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      seen += chunk.length;
      hash.update(chunk);
      if (seen > maxBytes) done(new SourceError('LIMIT', 'it unpacks to more than is allowed'));
      else done(null, chunk);
    },
  });
  return { stream, digest: () => hash.digest('hex') };
}

/** Errors of zlib have a code of theirs, streams that end early too; those of tar-stream are plain sentences. */
function isOfFormat(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  const isEarlyEnd = code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'STREAM_DESTROYED';
  return code.startsWith('Z_') || isEarlyEnd || /\btar\b|Unexpected end of data/.test(error.message);
}
