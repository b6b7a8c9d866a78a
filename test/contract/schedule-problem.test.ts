import { Cron } from 'croner';
import { expect, test } from 'vitest';
import { scheduleProblem } from '../../src/contract/schedule-problem.ts';

const read = (expression: string) => new Cron(expression, { mode: '5-part', paused: true });

test.each(['*/5 * * * *', '0 3 * * mon-fri', '@daily', '@hourly', '0 0 L * *', ' 0  3 1,15 * * '])(
  '%j is a schedule',
  (expression) => {
    expect(scheduleProblem(expression, read)).toBeUndefined();
  },
);

test.each([
  ['61 * * * *', 'invalid value for minute: 61'],
  ['0 25 * * *', 'invalid value for hour: 25'],
  ['* * * *', 'it has 4 of the five fields minute, hour, day, month, weekday'],
  ['0 * * * * *', 'it has 6 of the five fields minute, hour, day, month, weekday'],
  ['2027-01-01T00:00:00', 'it has 1 of the five fields minute, hour, day, month, weekday'],
  ['*/0 * * * *', 'syntax error, illegal stepping: 0'],
  ['a b c d e', 'configuration entry 1 (a) contains illegal characters'],
  ['0 0 30 2 *', 'its time never comes'],
])('%j is not a schedule: %s', (expression, reason) => {
  expect(scheduleProblem(expression, read)).toBe(`"${expression}" is not a schedule: ${reason}`);
});

test('a nickname that names an event is refused', () => {
  expect(scheduleProblem('@reboot', read)).toContain('@reboot is not supported');
});
