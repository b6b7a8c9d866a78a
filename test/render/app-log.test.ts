import { expect, test } from 'vitest';
import { logLineText } from '../../src/render/app-log.ts';

const line = {
  seq: 7,
  at: '2026-01-01T15:04:05.678Z',
  instanceId: 'ins_1',
  release: 3,
  replica: 1,
  run: null,
  stream: 'stdout' as const,
  text: 'listening \u001b[32mon 8080',
};

test.each([
  [line, false, '15:04:05Z listening on 8080'],
  [line, true, '15:04:05Z [release 3 replica 1] listening on 8080'],
  [{ ...line, release: null, replica: null }, true, '15:04:05Z listening on 8080'],
  [{ ...line, run: 12 }, true, '15:04:05Z [run 12] listening on 8080'],
  [{ ...line, text: '' }, false, '15:04:05Z'],
])('a line of a service has its time, and its instance where there are several', (given, labelled, text) => {
  expect(logLineText(given, labelled)).toBe(text);
});
