import { expect, test } from 'vitest';
import { IpRateLimiter } from '../../../../src/control-plane/kernel/limits/ip-rate-limiter.ts';

function limiter(burst = 3, maxSources = 100) {
  let nowMs = 5_000;
  const sources = new IpRateLimiter({ perMinute: 60, burst }, { monotonicMs: () => nowMs }, maxSources);
  return {
    sources,
    pass: (ms: number) => {
      nowMs += ms;
    },
    passes: (address: string) => {
      for (let count = 0; ; count++) if (!sources.take(address).allowed) return count;
    },
  };
}

test('an address has its burst, and then what comes back', () => {
  const { sources, pass, passes } = limiter();
  expect(passes('192.0.2.1')).toBe(3);
  expect(passes('192.0.2.2')).toBe(3);
  pass(400);
  expect(sources.take('192.0.2.1').retryAfterSeconds).toBeCloseTo(0.6, 6);
  pass(600);
  expect(passes('192.0.2.1')).toBe(1);
  pass(3_600_000);
  expect(passes('192.0.2.1')).toBe(3);
});

test('what turned out to be someone’s does not count', () => {
  const { sources } = limiter();
  for (let i = 0; i < 50; i++) {
    expect(sources.take('192.0.2.1').allowed).toBe(true);
    sources.refund('192.0.2.1');
  }
  expect(sources.size).toBe(0);
  sources.refund('192.0.2.9');
  expect(sources.take('192.0.2.1').remaining).toBe(2);
});

test('memory is bounded: the address that was silent longest is forgotten first', () => {
  const { sources, passes } = limiter(3, 10);
  passes('192.0.2.250');
  for (let i = 0; i < 9; i++) sources.take(`198.51.100.${i}`);
  expect(sources.take('192.0.2.250').allowed).toBe(false);
  for (let i = 0; i < 1_000; i++) {
    sources.take(`203.0.113.${i}`);
    if (i % 5 === 0) expect(sources.take('192.0.2.250').allowed).toBe(false);
    expect(sources.size).toBeLessThanOrEqual(10);
  }
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
  ['2001:db8::1', '2001:0DB8:0:0:1:2:3:4'],
  ['::1', '0:0:0:0:5::'],
  ['fe80::1%eth0', 'fe80::2'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
])('%s and %s are one source', (one, other) => {
  const { passes } = limiter();
  expect(passes(one)).toBe(3);
  expect(passes(other)).toBe(0);
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ['::1', '1::'],
])('%s and %s are two', (one, other) => {
  const { passes } = limiter();
  expect(passes(one)).toBe(3);
  expect(passes(other)).toBe(3);
});

test('a look takes nothing; a charge takes also what is not there', () => {
  const { sources, pass, passes } = limiter();
  for (let i = 0; i < 10; i++) expect(sources.peek('192.0.2.1').remaining).toBe(3);
  for (let i = 0; i < 5; i++) sources.charge('192.0.2.1');
  expect(sources.peek('192.0.2.1')).toMatchObject({ allowed: false, retryAfterSeconds: 3 });
  pass(3_000);
  expect(passes('192.0.2.1')).toBe(1);
});
