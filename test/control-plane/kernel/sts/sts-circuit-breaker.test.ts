import { expect, test } from 'vitest';
import {
  STS_CIRCUIT_BREAKER_LIMITS,
  StsCircuitBreaker,
} from '../../../../src/control-plane/kernel/sts/sts-circuit-breaker.ts';

function strictGate() {
  let nowMs = 5_000;
  const gate = new StsCircuitBreaker(
    { ...STS_CIRCUIT_BREAKER_LIMITS, rejectionsPerMinute: 3 },
    { monotonicMs: () => nowMs },
  );
  return {
    refuse: (address: string) => gate.recordRejection(address),
    /** Seconds until the address may ask; 0: now. */
    waitOf: (address: string): Promise<number> =>
      gate.run(address, async () => 0).catch((error) => error.retryAfterSeconds),
    pass: (seconds: number) => {
      nowMs += seconds * 1_000;
    },
  };
}

test('S20: an address waits for as long as its refusals say, and so does everybody in its IPv6 network', async () => {
  const { refuse, waitOf, pass } = strictGate();
  for (const host of [':1', ':2', 'ffff:0:0:3']) refuse(`2001:db8:0:1:${host}`);
  expect(await waitOf('2001:db8:0:1::9')).toBe(20);
  expect(await waitOf('2001:db8:0:2::9')).toBe(0);
  pass(15);
  expect(await waitOf('2001:db8:0:1::9')).toBe(5);
  pass(5);
  expect(await waitOf('2001:db8:0:1::9')).toBe(0);
});

test('S20: refusals of what was asked at the same time all count', async () => {
  const { refuse, waitOf } = strictGate();
  for (let i = 0; i < 6; i++) refuse('192.0.2.1');
  expect(await waitOf('192.0.2.1')).toBe(80);
});
