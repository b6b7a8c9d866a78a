import { expect, test } from 'vitest';
import { classifyToolFailure } from '../../../../src/control-plane/clusters/installer/classify-tool-failure.ts';

const aws = (status: number, code: string, message: string) =>
  `failed to create IAM role: operation error IAM: CreateRole, https response error StatusCode: ${status}, RequestID: 5f0c8a52, api error ${code}: ${message}`;

test.each([
  [aws(403, 'AccessDenied', 'may not do iam:CreateRole'), 'PERMISSIONS_INSUFFICIENT', false],
  [
    aws(403, 'AccessDenied', 'not authorized, with an explicit deny in a service control policy'),
    'DENIED_BY_SERVICE_CONTROL_POLICY',
    false,
  ],
  [aws(403, 'ExpiredToken', 'the token has ended'), 'CREDENTIALS_EXPIRED', true],
  [aws(409, 'LimitExceeded', 'Cannot exceed quota for RolesPerAccount: 1000'), 'IAM_LIMIT_EXCEEDED', false],
  [aws(400, 'Throttling', 'Rate exceeded'), 'API_RATE_LIMIT_EXCEEDED', true],
  ['Failed to create the ServiceID: 403 Forbidden', 'PERMISSIONS_INSUFFICIENT', false],
  ['Failed to create the ServiceID: 401 Unauthorized', 'CREDENTIALS_INVALID', false],
  ['BXNIM0415E: Provided API key could not be found.', 'IBM_API_KEY_INVALID', false],
  ['Failed to create the ServiceID: 429 Too Many Requests', 'API_RATE_LIMIT_EXCEEDED', true],
  [
    'error: unable to read image quay.io/x@sha256:0: unauthorized: authentication required',
    'PULL_SECRET_REFUSED',
    false,
  ],
  ['error: manifest unknown: manifest unknown', 'RELEASE_IMAGE_MISSING', false],
])('%s', (line, reason, retryable) => {
  const failure = classifyToolFailure(['Saved something before', line]);
  expect(failure).toMatchObject({ reason, retryable });
  expect(failure?.hint).not.toBe('');
  expect(failure?.evidence ?? failure?.cause).toContain(line.slice(0, 20));
});

test('what no one knows may pass, and is left to another attempt', () => {
  expect(classifyToolFailure(['dial tcp: lookup iam.cloud.ibm.com: i/o timeout'])).toBeUndefined();
  expect(classifyToolFailure([])).toBeUndefined();
});
