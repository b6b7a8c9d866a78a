import { expect, test } from 'vitest';
import { spreadWorkers } from '../../../../src/control-plane/clusters/kubernetes/spread.ts';

test.each([
  [['a'], 5, [5]],
  [['a', 'b', 'c'], 0, [0, 0, 0]],
  [['a', 'b', 'c'], 1, [1, 0, 0]],
  [['a', 'b', 'c'], 5, [2, 2, 1]],
  [['c', 'a', 'b'], 4, [2, 1, 1]],
  [['a', 'b'], 6, [3, 3]],
])('%j with %i workers', (sets, workers, sizes) => {
  const spread = spreadWorkers(sets, workers);
  expect([...spread.keys()]).toEqual([...sets].sort());
  expect([...spread.values()]).toEqual(sizes);
});

test('no number loses or adds a worker, and no two sets differ by more than one', () => {
  for (let sets = 1; sets <= 6; sets++)
    for (let workers = 0; workers <= 40; workers++) {
      const names = Array.from({ length: sets }, (_, index) => `set-${index}`);
      const sizes = [...spreadWorkers(names, workers).values()];
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(workers);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
});
