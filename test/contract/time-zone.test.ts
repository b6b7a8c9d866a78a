import { expect, test } from 'vitest';
import { timezoneProblem } from '../../src/contract/time-zone.ts';

test.each([
  'EST',
  'CET',
  'UTC+2',
  '+02:00',
  'Europe/Berln',
  '',
  '2020-01-01T00:00[Europe/Berlin]',
  'Europe/Berlin[u-ca=iso8601]',
])('"%s" is not a time zone', (timezone) => {
  expect(timezoneProblem(timezone)).toContain('use UTC, or a name such as Europe/Berlin');
});

test.each([
  'UTC',
  'Europe/Berlin',
  'europe/berlin',
  'Asia/Calcutta',
  'Etc/GMT+5',
  'America/Argentina/Buenos_Aires',
])('"%s" is one', (timezone) => {
  expect(timezoneProblem(timezone)).toBeUndefined();
});
