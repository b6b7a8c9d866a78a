import { expect, test } from 'vitest';
import { equalJitterMs, fullJitterMs } from '../../../src/control-plane/kernel/backoff.ts';

const BACKOFF = { baseMs: 500, maxMs: 20_000 };
const ATTEMPTS = [1, 2, 3, 9];

test('full jitter is anything between nothing and a span that doubles up to the maximum', () => {
  expect(ATTEMPTS.map((attempt) => fullJitterMs(BACKOFF, attempt, () => 1))).toEqual([
    500, 1_000, 2_000, 20_000,
  ]);
  expect(ATTEMPTS.map((attempt) => fullJitterMs(BACKOFF, attempt, () => 0))).toEqual([0, 0, 0, 0]);
});

test('equal jitter is at least half of that span', () => {
  expect(ATTEMPTS.map((attempt) => equalJitterMs(BACKOFF, attempt, () => 1))).toEqual([
    500, 1_000, 2_000, 20_000,
  ]);
  expect(ATTEMPTS.map((attempt) => equalJitterMs(BACKOFF, attempt, () => 0))).toEqual([
    250, 500, 1_000, 10_000,
  ]);
});
