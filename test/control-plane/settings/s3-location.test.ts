import { expect, test } from 'vitest';
import { parseS3Location } from '../../../src/control-plane/kernel/settings/setting-values.ts';
import { serverConfig } from '../../../src/control-plane/settings/server-config.ts';

test.each([
  ['s3://bucket', { bucket: 'bucket', prefix: '' }],
  ['s3://bucket/', { bucket: 'bucket', prefix: '' }],
  ['s3://my.bucket-1/a/b_c.d/', { bucket: 'my.bucket-1', prefix: 'a/b_c.d' }],
])('%s is a location in a bucket', (text, location) => {
  expect(parseS3Location(text)).toEqual(location);
});

test.each([
  's3://',
  's3://B/x',
  's3://-bucket',
  's3://bucket//x',
  's3://bucket/a b',
  'gs://bucket',
  'bucket',
  '',
])('%j is none', (text) => {
  expect(parseS3Location(text)).toBeUndefined();
});

test.each(['OCPCTL_ARTIFACTS', 'OCPCTL_AUDIT_ANCHORS'])(
  '%s with a bucket that is none is refused before anything starts',
  (variable) => {
    expect(() => serverConfig({ sandbox: true }, { [variable]: 's3://bucket//x' })).toThrow(
      /must be .* s3:\/\/BUCKET\/PREFIX/,
    );
  },
);
