import { ArtifactError } from '../artifact-error.ts';
import type { ArtifactSource, StoredArtifact } from '../artifact-store.ts';
import type { Bucket } from './bucket.ts';
import { bytesOf, checkedBytes, isRepeatable, type Measured } from './checked-bytes.ts';
import { measureObject } from './read-object.ts';
import { asS3Error, s3CodeOf } from './s3-errors.ts';

const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
const TRIES = 3;
/** Another writer of the name was first, or a call that the SDK repeated had already succeeded. */
const TAKEN = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchUpload']);

interface ObjectToWrite {
  readonly name: string;
  /** For messages. */
  readonly what: string;
  readonly source: ArtifactSource;
  /** Required SHA-256 of the content. */
  readonly wanted: string | undefined;
}

/** Writes a new object. Succeeds when it exists with the same content. */
export async function writeObject(bucket: Bucket, object: ObjectToWrite): Promise<StoredArtifact> {
  const { name, what, source } = object;
  const uri = `s3://${bucket.name}/${name}`;
  for (let tries = 1; ; tries++) {
    const { measured, taken } = await upload(bucket, object);
    if (taken === undefined) return { uri, ...measured };
    const stored = await measureObject(bucket, name, what);
    if (stored?.sha256 === measured.sha256) return { uri, ...stored };
    if (stored !== undefined) {
      throw new ArtifactError('ARTIFACT_CONFLICT', `${what} already exists with different content`);
    }
    // The other writer has failed.
    if (tries === TRIES || !isRepeatable(source)) throw asS3Error(taken.error, what);
  }
}

interface UploadEnd {
  readonly measured: Measured;
  /** The error of S3, when the name exists. */
  readonly taken?: { readonly error: unknown };
}

async function upload(bucket: Bucket, { name, what, source, wanted }: ObjectToWrite): Promise<UploadEnd> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const client = await bucket.client();
  const bytes = checkedBytes(what, bytesOf(source), wanted);
  try {
    // One request for content that fits in a part. When it fails, the parts that were sent are deleted.
    await new Upload({
      client,
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
      params: {
        Bucket: bucket.name,
        Key: name,
        Body: bytes.stream,
        IfNoneMatch: '*',
        ChecksumAlgorithm: 'SHA256',
        ...encryption(bucket.kmsKeyId),
        ...retention(bucket.retainDays),
      },
    }).done();
    return { measured: bytes.measured() };
  } catch (error) {
    const failure = bytes.failure();
    if (failure !== undefined) throw failure.error;
    if (!bytes.isWhole() || !TAKEN.has(s3CodeOf(error) ?? '')) throw asS3Error(error, what);
    return { measured: bytes.measured(), taken: { error } };
  } finally {
    bytes.stream.destroy();
  }
}

function encryption(kmsKeyId: string | undefined) {
  if (kmsKeyId === undefined) return { ServerSideEncryption: 'AES256' } as const;
  return { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: true } as const;
}

const DAY_MS = 86_400_000;

function retention(days: number | undefined) {
  if (days === undefined) return {};
  const until = new Date(Date.now() + days * DAY_MS);
  return { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } as const;
}
