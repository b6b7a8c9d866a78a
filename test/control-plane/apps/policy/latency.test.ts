import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LATENCY_BOUNDS_MS, latencyOf } from '../../../../src/control-plane/apps/policy/latency.ts';

const bucketOf = (ms: number) => {
  const at = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return at < 0 ? LATENCY_BOUNDS_MS.length : at;
};

test('P17: an estimated latency lies between the bounds of the one that was measured', () => {
  const times = fc.array(fc.double({ min: 0.01, max: 29_999, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.95, 1), (measured, share) => {
      const counts = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
      for (const ms of measured) counts[bucketOf(ms)] = (counts[bucketOf(ms)] ?? 0) + 1;
      const exact = measured.toSorted((a, b) => a - b)[Math.ceil(measured.length * share) - 1] ?? 0;
      const estimated = latencyOf(counts, share) ?? Number.NaN;
      const bucket = bucketOf(exact);
      expect(estimated).toBeGreaterThan(LATENCY_BOUNDS_MS[bucket - 1] ?? 0);
      expect(estimated).toBeLessThanOrEqual(LATENCY_BOUNDS_MS[bucket] ?? 0);
    }),
  );
});

test('P17: without answers there is no latency; beyond the last bound it is that bound', () => {
  expect(latencyOf([], 0.5)).toBeNull();
  expect(latencyOf([0, 0], 0.5)).toBeNull();
  expect(latencyOf([...LATENCY_BOUNDS_MS.map(() => 0), 3], 0.95)).toBe(30_000);
});
