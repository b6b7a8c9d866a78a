import { describe, expect, it } from 'vitest';
import {
  AwsError,
  isThrottling,
  toAwsError,
} from '../../../../../src/control-plane/clusters/clouds/aws/aws-error.ts';

/** As the SDK throws it. */
const refused = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error(`${name} of AWS`), { name, $metadata: { httpStatusCode } });

describe('errors of AWS', () => {
  it.each([
    ['ExpiredToken', 'CREDENTIALS_INVALID', false],
    ['InvalidClientTokenId', 'CREDENTIALS_INVALID', false],
    ['UnauthorizedOperation', 'ACCESS_DENIED', false],
    ['RequestLimitExceeded', 'CLOUD_THROTTLED', true],
    ['InternalFailure', 'CLOUD_UNAVAILABLE', true],
  ])('%s is %s', (name, code, retryable) => {
    const error = toAwsError(refused(name), 'listing roles');
    expect(error).toMatchObject({ code, retryable });
    expect(error.message).toMatch(/^listing roles: .*/);
    expect(error.message).toContain(name);
    expect(error.hint).not.toBe('');
  });

  it.each([
    ['with an explicit deny in a service control policy', 'DENIED_BY_SERVICE_CONTROL_POLICY', 'organization'],
    [
      'because no service control policy allows the iam:ListRoles action',
      'DENIED_BY_SERVICE_CONTROL_POLICY',
      'organization',
    ],
    [
      'with an explicit deny in a resource control policy',
      'DENIED_BY_SERVICE_CONTROL_POLICY',
      'organization',
    ],
    ['with an explicit deny in a permissions boundary', 'ACCESS_DENIED', 'permissions boundary'],
    [
      'because no permissions boundary allows the iam:ListRoles action',
      'ACCESS_DENIED',
      'permissions boundary',
    ],
    ['because no session policy allows the iam:ListRoles action', 'ACCESS_DENIED', 'session'],
    ['because no VPC endpoint policy allows the iam:ListRoles action', 'ACCESS_DENIED', 'VPC endpoint'],
    [
      'with an explicit deny in an identity-based policy',
      'ACCESS_DENIED',
      'remove the Deny of iam:ListRoles',
    ],
    [
      'because no identity-based policy allows the iam:ListRoles action',
      'ACCESS_DENIED',
      'worker-policy.json',
    ],
    ['', 'ACCESS_DENIED', 'worker-policy.json'],
  ])('R3: denied "%s": %s, the remedy names the policy', (why, code, remedy) => {
    const message = `User: arn:aws:iam::1:user/w is not authorized to perform: iam:ListRoles ${why}`;
    const error = toAwsError(Object.assign(refused('AccessDenied', 403), { message }), 'listing roles');
    expect(error).toMatchObject({ code, retryable: false });
    expect(error.hint).toContain(remedy);
    expect(error.message).toContain('iam:ListRoles');
  });

  it.each([
    [
      'SignatureDoesNotMatch',
      'Signature expired: 20261128T140000Z is now earlier than 20261128T144500Z (20261128T150000Z - 15 min.)',
      '60 minutes behind AWS',
    ],
    [
      'InvalidSignatureException',
      'Signature not yet current: 20261128T153000Z is still later than 20261128T150500Z (20261128T150000Z + 5 min.)',
      '30 minutes ahead of AWS',
    ],
    [
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      'more than 5 minutes off',
    ],
  ])('R3: %s of another time: the clock of the worker', (name, message, figures) => {
    const error = toAwsError(Object.assign(refused(name, 403), { message }), 'listing buckets');
    expect(error).toMatchObject({ code: 'WORKER_CLOCK_WRONG', retryable: true });
    expect(error.message).toContain(figures);
  });

  it('R3: a signature that does not match for another reason is one of wrong credentials', () => {
    expect(toAwsError(refused('SignatureDoesNotMatch', 403), 'x')).toMatchObject({
      code: 'CREDENTIALS_INVALID',
    });
  });

  it('knows throttling by its name and by its status, and by nothing else', () => {
    expect(isThrottling(refused('Throttling'))).toBe(true);
    expect(isThrottling(refused('Whatever', 429))).toBe(true);
    expect(isThrottling(refused('InternalFailure', 503))).toBe(false);
    expect(isThrottling(new Error('Throttling'))).toBe(false);
  });

  it('leaves its own errors as they are', () => {
    const error = new AwsError('ACCESS_DENIED', 'm', { hint: 'h', retryable: false });
    expect(toAwsError(error, 'again')).toBe(error);
  });
});
