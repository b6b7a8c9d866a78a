import { describe, expect, it } from 'vitest';
import { generatedName } from '../../src/cli/cluster-request.ts';
import { durationHours, keyValues, moment, wholeNumber } from '../../src/cli/flag-values.ts';

const now = new Date('2026-01-01T12:00:00Z');

describe('flag values', () => {
  it('reads moments: RFC 3339 with a zone, or a distance', () => {
    expect(moment('until', '2h', now, 'future').toISOString()).toBe('2026-01-01T14:00:00.000Z');
    expect(moment('since', '2h', now, 'past').toISOString()).toBe('2026-01-01T10:00:00.000Z');
    expect(moment('until', '2026-01-02T00:00:00+02:00', now, 'future').toISOString()).toBe(
      '2026-01-01T22:00:00.000Z',
    );
    for (const text of ['2026-01-02', '2026-01-02T00:00:00', 'tomorrow', '2026-13-01T00:00:00Z']) {
      expect(() => moment('until', text, now, 'future'), text).toThrow('is no time');
    }
  });

  it('reads hours, counts and pairs', () => {
    expect(durationHours('ttl', '90m')).toBe(1.5);
    expect(() => durationHours('ttl', '0')).toThrow('must be more than 0');
    expect(wholeNumber('limit', '7', 1)).toBe(7);
    for (const text of ['0', '-1', '1.5', 'x', '', '1e3'])
      expect(() => wholeNumber('limit', text, 1), text).toThrow();
    expect(keyValues('tag', ['a=1', 'b=', 'a=2=3'])).toEqual({ a: '2=3', b: '' });
    expect(() => keyValues('tag', ['=x'])).toThrow('is not key=value');
  });

  it('makes names that every platform takes', () => {
    for (let index = 0; index < 200; index++)
      expect(generatedName()).toMatch(/^[a-z][a-z0-9-]{4,20}[a-z0-9]$/);
  });
});
