import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDurationMs, shortDuration } from '../../src/contract/duration.ts';

describe('durations', () => {
  it.each([
    ['90m', 5_400_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['0', 0],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', 'h', '5', '5 h', '-5h', '1e3s', '5y', '5hours', '1..5h', `${'9'.repeat(30)}d`])(
    'refuses %j',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined();
    },
  );

  it('reads back whatever it prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toBe(ms);
      }),
    );
  });

  it.each([
    [0, '0s'],
    [999, '0s'],
    [42_000, '42s'],
    [190_000, '3m10s'],
    [18_000_000, '5h'],
    [183_600_000, '2d3h'],
    [-90_000, '-1m30s'],
  ])('prints %i ms shortly as %s', (ms, text) => {
    expect(shortDuration(ms)).toBe(text);
  });
});
