import { expect, test } from 'vitest';
import { assertMutationsRejected } from '../control-plane/kernel/access/sigv4/mutations.ts';
import { report } from './tools.ts';

const RUNS = 3_000;

test('fast-check: no single change of a signed request is let in', async () => {
  const refused = await assertMutationsRejected(RUNS);
  const kinds = [...refused].map(([kind, times]) => `${kind} ${times}`).join(', ');
  report('fast-check', `${RUNS} signed requests, one thing changed in each (${kinds})`, 'nothing let in');
  expect(refused.size).toBeGreaterThan(5);
});
