import { expect, test } from 'vitest';
import { assertMutationsRejected } from './mutations.ts';

test('G13: every signed request is let in, and no single change of it is', async () => {
  const refused = await assertMutationsRejected(500);
  expect(refused.size).toBeGreaterThan(5);
});
