import { expect, test } from 'vitest';
import { refuseEveryMutation } from './mutations.ts';

test('G13: every signed request is let in, and no single change of it is', async () => {
  const refused = await refuseEveryMutation(500);
  expect(refused.size).toBeGreaterThan(5);
});
