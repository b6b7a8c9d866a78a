import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';

export interface S3StoreOptions {
  readonly bucket: string;
  /** Folder of the bucket that everything is kept below; without it the whole bucket is ours. */
  readonly prefix?: string;
  readonly region: string;
  /** Another service that speaks S3; buckets are then part of the path, not of the host name. */
  readonly endpoint?: string | undefined;
  /** Encrypts under this key of KMS; without it under a key that S3 manages. */
  readonly kmsKeyId?: string | undefined;
  /** Nobody can change or remove an object for so many days (object lock, compliance mode); the bucket must allow it. */
  readonly retainDays?: number;
  /** Default: the SDK's own chain (environment, shared files, instance role). */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
}

/** The bucket with its client, which is made, and whose package is loaded, at the first call. */
export interface Bucket {
  readonly name: string;
  readonly kmsKeyId: string | undefined;
  readonly retainDays: number | undefined;
  client(): Promise<S3Client>;
}

const MAX_ATTEMPTS = 5;

export function openBucket(options: S3StoreOptions): Bucket {
  let opened: Promise<S3Client> | undefined;
  return {
    name: options.bucket,
    kmsKeyId: options.kmsKeyId,
    retainDays: options.retainDays,
    client: () => {
      opened ??= openClient(options);
      return opened;
    },
  };
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
