import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { generateInfraId } from '../../src/sandbox/assets/state-file.ts';
import { goDuration, kitchenTime, waitingUpTo } from '../../src/sandbox/log/go-time.ts';

test.each([
  ['demo', 'demo-bbbbb', false],
  ['my.dotted..name', 'my-dotted-name-bbbbb', false],
  ['a-name-of-thirty-one-characters', 'a-name-of-thirty-one-bbbbb', true],
  ['cut-right-after-dash--x', 'cut-right-after-dash-bbbbb', true],
])('the infraID of %s is %s', (name, infraID, truncated) => {
  expect(generateInfraId(name, () => 0)).toEqual({ infraID, truncated });
});

test('the suffix is random, without vowels and look-alikes, and the whole has 27 characters at most', () => {
  const made = Array.from({ length: 200 }, () => generateInfraId('x'.repeat(54), randomInt).infraID);
  for (const infraID of made) expect(infraID).toMatch(/^x{21}-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(new Set(made).size).toBeGreaterThan(190);
});

test('times and durations read as in the installer log', () => {
  expect(kitchenTime(new Date('2026-01-02T00:05:00Z'))).toBe('12:05AM UTC');
  expect(waitingUpTo(15, 'for it...', new Date('2026-01-02T14:37:00Z'))).toBe(
    'Waiting up to 15m0s (until 2:52PM UTC) for it...',
  );
  expect([3_000, 61_000, 3_605_000].map(goDuration)).toEqual(['3s', '1m1s', '1h0m5s']);
});
