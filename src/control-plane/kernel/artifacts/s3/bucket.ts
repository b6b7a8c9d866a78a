import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';

export interface S3StoreOptions {
  readonly bucket: string;
  /** Prefix of all keys in the bucket; without it the store uses the whole bucket. */
  readonly prefix?: string;
  readonly region: string;
  /** Another service with the S3 API; the bucket is then part of the path instead of the host name. */
  readonly endpoint?: string | undefined;
  /** KMS key for encryption; without it S3 uses a key that it manages. */
  readonly kmsKeyId?: string | undefined;
  /** Days in which no one can change or delete an object (object lock in compliance mode, which the bucket must allow). */
  readonly retainDays?: number;
  /** Default: the credential chain of the SDK (environment, shared files, instance role). */
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
}

/** A bucket and its client. The SDK is loaded at the first call. */
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
    // Reads are verified with our own SHA-256 of the whole object, which S3 does not compute for multipart uploads.
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}
