import { expect, test } from 'vitest';
import {
  dollars,
  microDollars,
  nearestMicroDollars,
} from '../../../../src/control-plane/kernel/usage/money.ts';

test('amounts are whole millionths of a dollar, of at most six decimals', () => {
  expect(microDollars(1.908)).toBe(1_908_000);
  expect(dollars(1_908_000)).toBe(1.908);
  expect(nearestMicroDollars(0.0000016)).toBe(2);
  expect(() => microDollars(0.1234567)).toThrow(RangeError);
  expect(() => microDollars(-1)).toThrow(RangeError);
});
