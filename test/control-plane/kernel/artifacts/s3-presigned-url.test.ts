import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { presignGet } from '../../../../src/control-plane/kernel/artifacts/s3/presigned-url.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SESSION = { ...KEYS, sessionToken: 'session/token+1=' };

// Signatures made with botocore 1.44.5 for the same object, keys and moment.
const VECTORS = [
  ['keys', KEYS, undefined, '053434a0c07ad20abd290df813bca00e216c4a7fbc598be23653b43c68b6d92d'],
  ['keys', KEYS, 'http://127.0.0.1:9999', 'e20cff4c205be72cf3c325c130dd3c8024de5bfb6ec6d359c09bcacd8f1521ff'],
  ['a session', SESSION, undefined, 'df105f46ef4ca40aba429aee5a7d0ef70f9df636c89acceb1724e80bd11d9ac4'],
  [
    'a session',
    SESSION,
    'http://127.0.0.1:9999',
    'ec554884c7987a355d58cb2013889eac31233feedf4d303705c239b8e26df486',
  ],
] as const;

describe('presigned URL', () => {
  it.each(VECTORS)(
    'is the one that botocore makes, with %s (%s, endpoint %s)',
    async (_, credentials, endpoint, signature) => {
      const client = new S3Client({
        region: 'us-west-2',
        credentials,
        ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      });
      const url = new URL(
        await presignGet(client, {
          bucket: 'artifacts-bucket',
          name: 'base/clu_1/job_2/snapshot-1.tar.gz',
          expiresSeconds: 300,
          now: new Date('2026-01-02T03:04:05Z'),
        }),
      );
      const address = `${url.origin}${url.pathname}`;
      expect(address).toBe(
        endpoint === undefined
          ? 'https://artifacts-bucket.s3.us-west-2.amazonaws.com/base/clu_1/job_2/snapshot-1.tar.gz'
          : 'http://127.0.0.1:9999/artifacts-bucket/base/clu_1/job_2/snapshot-1.tar.gz',
      );
      expect(url.searchParams.get('X-Amz-Signature')).toBe(signature);
      expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host');
    },
  );
});
