import { expect, test } from 'vitest';
import { periodFromFlags } from '../../../src/cli/reports/period.ts';

const NOW = new Date('2026-11-28T18:00:00Z');

test.each([
  [{}, '2026-11-01T00:00:00Z', undefined],
  [{ from: 'last-month' }, '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'],
  [{ from: 'last-month', to: 'this-month' }, '2026-10-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  [{ from: '30d' }, '2026-10-29T18:00:00Z', undefined],
  [{ from: '30d', to: '1d' }, '2026-10-29T18:00:00Z', '2026-11-27T18:00:00Z'],
  [{ from: '2026-11-02', to: 'now' }, '2026-11-02T00:00:00Z', '2026-11-28T18:00:00Z'],
  [{ from: '2026-11-01T18:00:00+01:00' }, '2026-11-01T17:00:00Z', undefined],
  [
    { from: '2026-10-25', to: '2026-10-26', timezone: 'Europe/Berlin' },
    '2026-10-24T22:00:00Z',
    '2026-10-25T23:00:00Z',
  ],
  [{ from: 'last-month', timezone: 'America/New_York' }, '2026-10-01T04:00:00Z', '2026-11-01T04:00:00Z'],
])('%j begins at %s and ends at %s', async (flags, from, to) => {
  expect(await periodFromFlags({ timezone: 'UTC', ...flags }, NOW)).toEqual({
    from: new Date(from),
    to: to === undefined ? undefined : new Date(to),
  });
});

test('the first day of a month at midnight of the zone', async () => {
  const newYear = new Date('2026-12-31T23:30:00Z');
  const { from } = await periodFromFlags({ timezone: 'Europe/Berlin' }, newYear);
  expect(from).toEqual(new Date('2026-12-31T23:00:00Z'));
});
