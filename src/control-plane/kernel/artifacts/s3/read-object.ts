import { Readable } from 'node:stream';
import { ArtifactError } from '../artifact-error.ts';
import type { ArtifactInfo } from '../artifact-store.ts';
import type { Bucket } from './bucket.ts';
import { type Measured, measure } from './checked-bytes.ts';
import { asS3Error } from './s3-errors.ts';

/** @throws ArtifactError `ARTIFACT_NOT_FOUND`, `STORAGE_UNAVAILABLE`, now or while the bytes are read */
export async function readObject(
  bucket: Bucket,
  name: string,
  what: string,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const client = await bucket.client();
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket.name, Key: name }));
    if (!(Body instanceof Readable)) {
      throw new ArtifactError('STORAGE_UNAVAILABLE', `${what}: response without content`);
    }
    return inOurErrors(Body, what);
  } catch (error) {
    throw asS3Error(error, what);
  }
}

async function* inOurErrors(bytes: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw asS3Error(error, what);
  }
}

/** @returns undefined when the object does not exist */
export async function measureObject(
  bucket: Bucket,
  name: string,
  what: string,
): Promise<Measured | undefined> {
  try {
    return await measure(await readObject(bucket, name, what));
  } catch (error) {
    if (error instanceof ArtifactError && error.code === 'ARTIFACT_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Objects whose names begin with `prefix`: all pages, or the first page with at most `limit`. */
export async function listObjects(bucket: Bucket, prefix: string, limit?: number): Promise<ArtifactInfo[]> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const client = await bucket.client();
  const found: ArtifactInfo[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket.name,
        Prefix: prefix,
        ...(limit === undefined ? {} : { MaxKeys: limit }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
      found.push({ key: Key, sizeBytes: Size, modifiedAt: LastModified });
    }
    token = page.NextContinuationToken;
  } while (token !== undefined && limit === undefined);
  return found;
}
