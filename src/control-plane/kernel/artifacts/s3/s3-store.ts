import { Readable } from 'node:stream';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import {
  type ArtifactInfo,
  type ArtifactSource,
  type ArtifactStore,
  assertKey,
  normalizePrefix,
  type StoredArtifact,
} from '../artifact-store.ts';
import { ArtifactError } from '../errors.ts';
import { bytesOf, checkedBytes, isRepeatable, type Measured, measure } from './checked-bytes.ts';
import { presignGet } from './presigned-url.ts';
import { asS3Error, s3CodeOf } from './s3-errors.ts';

export interface S3StoreOptions {
  readonly bucket: string;
  /** Folder of the bucket that everything is kept below; '' is the whole bucket. */
  readonly prefix?: string;
  readonly region: string;
  /** Another service that speaks S3; buckets are then part of the path, not of the host name. */
  readonly endpoint?: string;
  /** Encrypts under this key of KMS; without it under a key that S3 manages. */
  readonly kmsKeyId?: string;
  /** Default: the SDK's own chain (environment, shared files, instance role). */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
}

export interface S3Store extends ArtifactStore {
  /**
   * A URL that reads one artifact without credentials until it expires (seconds, at most 900): a bearer token, for
   * the one who asked and never for a log.
   */
  presignedGet(key: string, expiresSeconds: number): Promise<string>;
}

const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
const MAX_ATTEMPTS = 5;
const PUT_TRIES = 3;
const MAX_PRESIGNED_SECONDS = 900;
/** S3 says with these that another writer of the key was there first, or that a repeated call had succeeded before. */
const TAKEN = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchUpload']);

/**
 * Keeps artifacts in a bucket of S3. The write is conditional, so that of many writers of a key one wins; content
 * travels with SHA-256 checksums and in parts when it is long. The SDK is loaded with the first call.
 */
export function s3Store(options: S3StoreOptions): S3Store {
  const root = normalizePrefix(options.prefix ?? '');
  const base = root === '' ? '' : `${root}/`;
  const nameOf = (key: string): string => {
    assertKey(key);
    return `${base}${key}`;
  };
  let opened: Promise<S3Client> | undefined;
  const client = (): Promise<S3Client> => {
    opened ??= openClient(options);
    return opened;
  };
  const at: Place = { ...options, client };

  return {
    put: (key, source, expect = {}) => {
      const what = `artifact ${key}`;
      return guarded(what, () => put(at, nameOf(key), what, source, expect.sha256));
    },
    get: (key, expect = {}) => {
      const what = `artifact ${key}`;
      return guarded(what, async () => {
        const body = await read(at, nameOf(key), what);
        return checkedBytes(what, body, expect.sha256).stream;
      });
    },
    // Not HEAD: its 404 has no body, and a bucket that is gone would look like an artifact that never was.
    head: (key) =>
      guarded(`artifact ${key}`, async () => {
        const name = nameOf(key);
        const found = await list(at, name, base, 1);
        return found.find((info) => info.key === key);
      }),
    list: (prefix) =>
      guarded(`artifacts of ${prefix}`, async () => {
        const folder = normalizePrefix(prefix);
        const found = await list(at, folder === '' ? base : `${base}${folder}/`, base);
        return found.sort((a, b) => (a.key < b.key ? -1 : 1));
      }),
    remove: (key) =>
      guarded(`artifact ${key}`, async () => {
        const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
        const s3 = await client();
        await s3.send(new DeleteObjectCommand({ Bucket: options.bucket, Key: nameOf(key) }));
      }),
    keyOf(uri) {
      const start = `s3://${options.bucket}/${base}`;
      const key = uri.startsWith(start) ? uri.slice(start.length) : '';
      assertKey(key);
      return key;
    },
    presignedGet: (key, expiresSeconds) =>
      guarded(`artifact ${key}`, async () => {
        const seconds = Math.min(expiresSeconds, MAX_PRESIGNED_SECONDS);
        return presignGet(await client(), options.bucket, nameOf(key), seconds);
      }),
  };
}

interface Place extends S3StoreOptions {
  client(): Promise<S3Client>;
}

async function openClient({ region, endpoint, credentials }: S3StoreOptions): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    region,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
    // What is read is checked against our own SHA-256 of the whole, which S3 does not keep for uploads in parts.
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

async function put(
  at: Place,
  name: string,
  what: string,
  source: ArtifactSource,
  wanted: string | undefined,
): Promise<StoredArtifact> {
  const uri = `s3://${at.bucket}/${name}`;
  for (let tries = 1; ; tries++) {
    const { measured, taken } = await upload(at, name, what, source, wanted);
    if (taken === undefined) return { uri, ...measured };
    const stored = await measureStored(at, name, what);
    if (stored !== undefined) {
      // The upload may have been refused before all was read: what is left says what the whole was.
      if (stored.sha256 === (wanted ?? measured.sha256)) return { uri, ...stored };
      throw new ArtifactError('ARTIFACT_CONFLICT', `${what} is stored already, with another content`);
    }
    // Whoever was in our way has given up.
    if (tries === PUT_TRIES || !isRepeatable(source)) throw asS3Error(taken.error, what);
  }
}

interface UploadEnd {
  readonly measured: Measured;
  /** The refusal, when the name is taken. */
  readonly taken?: { readonly error: unknown };
}

async function upload(
  at: Place,
  name: string,
  what: string,
  source: ArtifactSource,
  wanted: string | undefined,
): Promise<UploadEnd> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const client = await at.client();
  const body = checkedBytes(what, bytesOf(source), wanted);
  try {
    await new Upload({
      client,
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
      params: {
        Bucket: at.bucket,
        Key: name,
        Body: body.stream,
        IfNoneMatch: '*',
        ChecksumAlgorithm: 'SHA256',
        ...encryption(at.kmsKeyId),
      },
    }).done();
    return { measured: body.measured() };
  } catch (error) {
    const failure = body.failure();
    if (failure !== undefined) throw failure.error;
    if (!TAKEN.has(s3CodeOf(error) ?? '')) throw asS3Error(error, what);
    return { measured: body.measured(), taken: { error } };
  } finally {
    body.stream.destroy();
  }
}

function encryption(kmsKeyId: string | undefined) {
  if (kmsKeyId === undefined) return { ServerSideEncryption: 'AES256' } as const;
  return { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: true } as const;
}

async function read(at: Place, name: string, what: string): Promise<AsyncIterable<Uint8Array>> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const client = await at.client();
  const { Body } = await client.send(new GetObjectCommand({ Bucket: at.bucket, Key: name }));
  if (!(Body instanceof Readable)) throw new ArtifactError('STORAGE_UNAVAILABLE', `${what}: no content came`);
  return inOurErrors(Body, what);
}

async function* inOurErrors(bytes: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw asS3Error(error, what);
  }
}

async function measureStored(at: Place, name: string, what: string): Promise<Measured | undefined> {
  try {
    return await measure(await read(at, name, what));
  } catch (error) {
    if (s3CodeOf(error) === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** All pages, or the first with `limit`. Objects of others, whose names are no keys of ours, are left out. */
async function list(at: Place, prefix: string, base: string, limit?: number): Promise<ArtifactInfo[]> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const client = await at.client();
  const found: ArtifactInfo[] = [];
  for (let token: string | undefined, more = true; more; ) {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: at.bucket,
        Prefix: prefix,
        ...(limit === undefined ? {} : { MaxKeys: limit }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
      const key = Key.slice(base.length);
      if (isKey(key)) found.push({ key, sizeBytes: Size, modifiedAt: LastModified });
    }
    token = page.NextContinuationToken;
    more = limit === undefined && token !== undefined;
  }
  return found;
}

function isKey(text: string): boolean {
  try {
    assertKey(text);
    return true;
  } catch {
    return false;
  }
}

async function guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ArtifactError || s3CodeOf(error) !== undefined ? asS3Error(error, what) : error;
  }
}
