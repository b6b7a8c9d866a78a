import { expect, test } from 'vitest';
import { parseRetryAfter, UnreachableError } from '../../src/client/api-error.ts';

const NOW = new Date('2026-03-01T12:00:00Z');

test.each([
  [undefined, undefined],
  ['2', 2],
  ['Sun, 01 Mar 2026 12:00:05 GMT', 5],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After %j means %j seconds', (value, seconds) => {
  expect(parseRetryAfter(value, NOW)).toBe(seconds);
});

test.each([
  ['ECONNREFUSED', 'connection refused', true],
  ['ECONNRESET', 'connection reset', true],
  ['ENOTFOUND', 'host not found', false],
  ['ETIMEDOUT', 'connection timed out', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'original words', false],
  ['CERT_HAS_EXPIRED', 'original words', false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'original words', false],
  ['HPE_INVALID_CONSTANT', 'original words', false],
])('%s is explained', (code, words, retryable) => {
  const error = new UnreachableError(
    'https://ocpctl.test',
    Object.assign(new Error('original words'), { code }),
  );
  expect(error.message).toBe(`cannot reach https://ocpctl.test: ${words}`);
  expect([error.reason, error.retryable]).toEqual([code, retryable]);
});

test('a certificate that is not trusted is explained as one', () => {
  const cause = Object.assign(new Error('x'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  expect(new UnreachableError('https://ocpctl.test', cause).hint).toContain('NODE_EXTRA_CA_CERTS');
});
