import { type ArtifactStore, assertKey, normalizePrefix } from '../artifact-store.ts';
import { openBucket, type S3StoreOptions } from './bucket.ts';
import { checkedBytes } from './checked-bytes.ts';
import { presignGet } from './presigned-url.ts';
import { listObjects, readObject } from './read-object.ts';
import { asS3Error } from './s3-errors.ts';
import { writeObject } from './write-object.ts';

export interface S3Store extends ArtifactStore {
  /**
   * A URL that reads one artifact without credentials for at most 900 seconds. It is a bearer token: give it to the caller and never
   * log it.
   */
  presignedGet(key: string, expiresSeconds: number): Promise<string>;
}

const MAX_PRESIGNED_SECONDS = 900;

/**
 * Stores artifacts in an S3 bucket. Writes are conditional, so that of several writers of a key one wins. Content is sent with SHA-256
 * checksums, in parts when it is large. In a versioned bucket a removal leaves the old version to the lifecycle rules of the bucket.
 */
export function s3Store(options: S3StoreOptions): S3Store {
  const bucket = openBucket(options);
  const root = normalizePrefix(options.prefix ?? '');
  const base = root === '' ? '' : `${root}/`;
  const nameOf = (key: string): string => {
    assertKey(key);
    return `${base}${key}`;
  };

  return {
    async put(key, source, { sha256 } = {}) {
      return writeObject(bucket, { name: nameOf(key), what: `artifact ${key}`, source, wanted: sha256 });
    },
    async get(key, { sha256 } = {}) {
      const what = `artifact ${key}`;
      return checkedBytes(what, await readObject(bucket, nameOf(key), what), sha256).stream;
    },
    // A listing, because a 404 of HEAD does not say whether the object or the bucket is missing.
    head: (key) =>
      mapErrors(`artifact ${key}`, async () => {
        const name = nameOf(key);
        const [first] = await listObjects(bucket, name, 1);
        return first?.key === name ? { ...first, key } : undefined;
      }),
    list: (prefix) =>
      mapErrors(`artifacts of ${prefix}`, async () => {
        const folder = normalizePrefix(prefix);
        const objects = await listObjects(bucket, folder === '' ? base : `${base}${folder}/`);
        return objects
          .map((object) => ({ ...object, key: object.key.slice(base.length) }))
          .filter(({ key }) => isKey(key))
          .sort((a, b) => (a.key < b.key ? -1 : 1));
      }),
    remove: (key) =>
      mapErrors(`artifact ${key}`, async () => {
        const name = nameOf(key);
        const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
        const client = await bucket.client();
        await client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: name }));
      }),
    keyOf(uri) {
      const start = `s3://${bucket.name}/${base}`;
      const key = uri.startsWith(start) ? uri.slice(start.length) : '';
      assertKey(key);
      return key;
    },
    presignedGet: (key, expiresSeconds) =>
      mapErrors(`artifact ${key}`, async () =>
        presignGet(await bucket.client(), {
          bucket: bucket.name,
          name: nameOf(key),
          expiresSeconds: Math.min(expiresSeconds, MAX_PRESIGNED_SECONDS),
        }),
      ),
  };
}

/** Objects that others stored in the bucket may have any name. */
function isKey(text: string): boolean {
  try {
    assertKey(text);
    return true;
  } catch {
    return false;
  }
}

async function mapErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asS3Error(error, what);
  }
}
