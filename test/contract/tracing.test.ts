import { expect, test } from 'vitest';
import { parseTraceparent, traceIdOf, tracesUrl } from '../../src/contract/tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('reads traceparent as W3C Trace Context says, also of later versions, and ignores what is invalid', () => {
  const valid = `00-${TRACE}-${SPAN}-01`;
  expect(parseTraceparent(valid)).toBe(valid);
  expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)).toBe(valid);
  expect(traceIdOf(valid)).toBe(TRACE);
  for (const invalid of [
    undefined,
    '',
    'garbage',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `${valid}, ${valid}`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])
    expect([invalid, parseTraceparent(invalid)]).toEqual([invalid, undefined]);
});

test('sends traces where the standard variables say', () => {
  expect(tracesUrl(undefined, undefined)).toBeUndefined();
  expect(tracesUrl('', '')).toBeUndefined();
  expect(tracesUrl('http://c:4318/', undefined)).toBe('http://c:4318/v1/traces');
  expect(tracesUrl('http://c:4318', 'http://t/x')).toBe('http://t/x');
});
