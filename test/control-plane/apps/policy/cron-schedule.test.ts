import { expect, test } from 'vitest';
import { CronSchedule, problemsOfSchedule } from '../../../../src/control-plane/apps/policy/cron-schedule.ts';

const at = (time: string) => new Date(`${time}Z`);
const timesOf = (schedule: CronSchedule, from: string, count: number) => {
  const times: string[] = [];
  for (let time = at(from); times.length < count; ) {
    const next = schedule.next(time);
    if (next === undefined) break;
    times.push(next.toISOString().slice(0, 16));
    time = next;
  }
  return times;
};

test('a schedule is read in its time zone: a time that the change of clocks leaves out runs after it, one that comes twice runs once', () => {
  const nightly = new CronSchedule('30 2 * * *', 'Europe/Berlin');
  expect(timesOf(nightly, '2026-03-27T12:00:00', 3)).toEqual([
    ...['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30'],
  ]);
  expect(timesOf(nightly, '2026-10-24T12:00:00', 2)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30']);
});

test('of times that were missed the newest is taken; the present moment counts, the next one does not', () => {
  const schedule = new CronSchedule('*/5 * * * *');
  const newest = (due: string, now: string) => schedule.newest(at(due), at(now)).toISOString().slice(11, 19);
  expect(newest('2026-01-01T00:05:00', '2026-01-01T00:05:00')).toBe('00:05:00');
  expect(newest('2026-01-01T00:05:00', '2026-01-01T00:05:00.400')).toBe('00:05:00');
  expect(newest('2026-01-01T00:05:00', '2026-01-01T00:09:59.900')).toBe('00:05:00');
  expect(newest('2026-01-01T00:05:00', '2026-01-01T00:10:00')).toBe('00:10:00');
  expect(newest('2026-01-01T00:05:00', '2026-01-01T13:12:11')).toBe('13:10:00');
});

const cron = { kind: 'cron', schedule: '@daily' } as const;
test.each([
  [cron, cron, []],
  [{ kind: 'cron' }, {}, ['settings.schedule']],
  [{ ...cron, timezone: 'EST' }, {}, ['settings.timezone']],
  [{ ...cron, replicas: 1 }, {}, []],
  [{ ...cron, replicas: 2 }, { replicas: 2 }, ['settings.replicas']],
  [
    { ...cron, health: { path: '/' }, volume: { name: 'a', path: '/a' } },
    { health: { path: '/' }, volume: { name: 'a', path: '/a' } },
    ['settings.health', 'settings.volume'],
  ],
  [{ kind: 'web', schedule: '@daily' }, {}, ['settings.schedule']],
  [{ timezone: 'UTC', timeoutSeconds: 5 }, {}, ['settings.timezone', 'settings.timeoutSeconds']],
  [{ kind: 'worker' }, {}, []],
] as const)(
  '%j: what a cron service has no other has, and the other way round',
  (settings, given, fields) => {
    expect(problemsOfSchedule(settings, given).map(({ field }) => field)).toEqual(fields);
  },
);
