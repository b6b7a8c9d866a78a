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
