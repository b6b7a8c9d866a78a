import { describe, expect, it } from 'vitest';
import { generatedName } from '../../src/cli/clusters/cluster-request.ts';
import {
  choiceList,
  durationHours,
  hostPort,
  keyValues,
  timestamp,
  wholeNumber,
} from '../../src/cli/flags/flag-values.ts';

const now = new Date('2026-01-01T12:00:00Z');

describe('flag values', () => {
  it('reads moments: RFC 3339 with a zone, or a distance', () => {
    expect(timestamp('until', '2h', now, 'future').toISOString()).toBe('2026-01-01T14:00:00.000Z');
    expect(timestamp('since', '2h', now, 'past').toISOString()).toBe('2026-01-01T10:00:00.000Z');
    expect(timestamp('until', '2026-01-02T00:00:00+02:00', now, 'future').toISOString()).toBe(
      '2026-01-01T22:00:00.000Z',
    );
    for (const text of ['2026-01-02', '2026-01-02T00:00:00', 'tomorrow', '2026-13-01T00:00:00Z']) {
      expect(() => timestamp('until', text, now, 'future'), text).toThrow('invalid time');
    }
  });

  it('reads hours, counts and pairs', () => {
    expect(durationHours('ttl', '90m')).toBe(1.5);
    expect(() => durationHours('ttl', '0')).toThrow('must be more than 0');
    expect(wholeNumber('limit', '7', 1)).toBe(7);
    for (const text of ['0', '-1', '1.5', 'x', '', '1e3'])
      expect(() => wholeNumber('limit', text, 1), text).toThrow();
    expect(keyValues('tag', ['a=2=3', 'b='])).toEqual({ a: '2=3', b: '' });
    expect(() => keyValues('tag', ['a=1', 'b=', 'a=1'])).toThrow('--tag sets "a" twice');
    expect(() => keyValues('tag', ['=x'])).toThrow('use KEY=VALUE');
  });

  it('makes names that every platform takes', () => {
    for (let index = 0; index < 200; index++)
      expect(generatedName()).toMatch(/^[a-z][a-z0-9-]{4,20}[a-z0-9]$/);
  });

  it('reads addresses, and names the flag of one that is none', () => {
    expect(hostPort('listen', '127.0.0.1:0')).toEqual({ host: '127.0.0.1', port: 0 });
    expect(hostPort('listen', '[::1]:8420')).toEqual({ host: '::1', port: 8420 });
    for (const text of ['::1:8420', '127.0.0.1', ':8420', '127.0.0.1:65536', '127.0.0.1:x'])
      expect(() => hostPort('metrics-listen', text)).toThrow(
        `invalid address "${text}" for --metrics-listen`,
      );
  });

  it('reads known words, and lists them for one that is not', () => {
    const read = (text: string) => choiceList('role', text, ['api', 'worker']);
    expect(read('worker, api')).toEqual(['worker', 'api']);
    expect(read('Worker')).toEqual(['worker']);
    expect(choiceList('role', ['API', 'worker'], ['api', 'worker'])).toEqual(['api', 'worker']);
    expect(() => read('api,boss')).toThrow(
      expect.objectContaining({ message: 'invalid value "boss" for --role: use one or more of api, worker' }),
    );
  });
});
