import { describe, expect, test } from 'vitest';
import {
  isPermitted,
  urlProblem,
} from '../../../../src/control-plane/kernel/notifications/address-filter.ts';
import {
  nextStep,
  RETRY_DELAYS_MS,
} from '../../../../src/control-plane/kernel/notifications/delivery-schedule.ts';

describe('when a delivery is tried again', () => {
  const unreachable = { kind: 'unreachable', text: 'ECONNREFUSED' } as const;
  const rejected = (httpStatus: number, retryAfterMs?: number) =>
    ({ kind: 'rejected', httpStatus, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }) as const;

  test('ten attempts over 75 h 35 min, as Standard Webhooks recommends; then it is a dead letter', () => {
    const steps = Array.from({ length: 10 }, (_, index) => nextStep(unreachable, index + 1, 0));
    expect(steps.map(({ status }) => status)).toEqual([...Array(9).fill('PENDING'), 'FAILED']);
    const hours = RETRY_DELAYS_MS.reduce((sum, ms) => sum + ms, 0) / 3_600_000;
    expect(hours).toBeCloseTo(75 + 35 / 60, 1);
    expect(steps[1]).toMatchObject({ retryInMs: 300_000, result: 'ECONNREFUSED' });
  });

  test('waits are spread by up to a tenth', () => {
    expect(nextStep(unreachable, 2, 1)).toMatchObject({ retryInMs: 330_000 });
  });

  test.each([
    [400, 3],
    [401, 3],
    [404, 3],
    [302, 3],
    [408, 10],
    [429, 10],
    [500, 10],
    [503, 10],
  ])('HTTP %i is given up after attempt %i', (status, attempts) => {
    expect(nextStep(rejected(status), attempts - 1, 0).status).toBe('PENDING');
    expect(nextStep(rejected(status), attempts, 0)).toEqual({ status: 'FAILED', result: `HTTP ${status}` });
  });

  test('HTTP 410 disables the target; what can never succeed is not tried again', () => {
    expect(nextStep(rejected(410), 1, 0)).toMatchObject({ status: 'FAILED', disables: true });
    expect(nextStep({ ...unreachable, isFinal: true }, 1, 0).status).toBe('FAILED');
  });

  test('Retry-After is waited for, a day at most', () => {
    expect(nextStep(rejected(429, 60_000), 1, 0)).toMatchObject({ retryInMs: 60_000 });
    expect(nextStep(rejected(429, 1), 2, 0)).toMatchObject({ retryInMs: 300_000 });
    expect(nextStep(rejected(503, 1e12), 1, 0)).toMatchObject({ retryInMs: 24 * 3_600_000 });
  });
});

describe('addresses that no event is sent to', () => {
  test.each([
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://127.1/',
    'https://0.0.0.0/',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:a9fe:a9fe::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
  ])('%s', (text) => {
    expect(urlProblem(new URL(text), [])).toBe('must not be a private or reserved address');
  });

  test('plain HTTP and credentials are rejected', () => {
    expect(urlProblem(new URL('http://example.com/'), [])).toBe('must be an https URL');
    expect(urlProblem(new URL('ftp://example.com/'), ['10.0.0.0/8'])).toBe('must be an https URL');
    expect(urlProblem(new URL('https://u:p@example.com/'), [])).toBe('must not contain credentials');
  });

  test('plain HTTP never goes to a public address', () => {
    expect(urlProblem(new URL('http://93.184.215.14/'), ['10.0.0.0/8'])).toMatch(/must be an https URL/);
    expect(isPermitted('93.184.215.14', 'http:', ['10.0.0.0/8'])).toBe(false);
  });

  test('public addresses are permitted, private ones only in the networks of the settings', () => {
    expect(urlProblem(new URL('https://93.184.215.14/'), [])).toBeUndefined();
    expect(urlProblem(new URL('https://[2606:2800:21f:cb07::1]/'), [])).toBeUndefined();
    expect(urlProblem(new URL('http://10.1.2.3/'), ['10.1.0.0/16'])).toBeUndefined();
    expect(isPermitted('10.2.0.1', 'https:', ['10.1.0.0/16', 'fd00::/8'])).toBe(false);
    expect(isPermitted('fd00::1', 'https:', ['10.1.0.0/16', 'fd00::/8'])).toBe(true);
    expect(isPermitted('::ffff:10.1.0.1', 'http:', ['10.1.0.0/16'])).toBe(true);
  });
});
