import { expect, test } from 'vitest';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';

test('a sleep that is aborted, before or meanwhile, ends with the reason itself', async () => {
  const reason = new Error('the lease is lost');
  await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const sleep = systemClock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await expect(sleep).rejects.toBe(reason);
});
