import { expect, test } from 'vitest';
import {
  STS_CIRCUIT_BREAKER_LIMITS,
  StsCircuitBreaker,
} from '../../../../src/control-plane/kernel/sts/sts-circuit-breaker.ts';
import { StsNoAnswerError } from '../../../../src/control-plane/kernel/sts/sts-client.ts';

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
      gate.run(address, 'us-east-1', async () => 0).catch((error) => error.retryAfterSeconds),
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

/** Calls that stay open until the test ends them. */
function heldGate() {
  const gate = new StsCircuitBreaker(STS_CIRCUIT_BREAKER_LIMITS, { monotonicMs: () => 0 });
  const ends: (() => void)[] = [];
  return {
    gate,
    hold: (address: string, region: string) =>
      gate.run(address, region, () => new Promise<number>((resolve) => ends.push(() => resolve(1)))),
    endAll: () => {
      for (const end of ends) end();
    },
  };
}
const silence = () => Promise.reject(new StsNoAnswerError('no answer in 3000 ms', true));
const throttled = () => Promise.reject(new StsNoAnswerError('throttled', true, { throttled: true }));
const answered = async () => 'answered';

test('H3: a region that does not answer is left alone, and the others are still called', async () => {
  const { gate } = heldGate();
  for (let i = 0; i < 5; i++) await gate.run(`192.0.2.${i}`, 'cn-north-1', silence).catch(() => {});
  await expect(gate.run('192.0.2.9', 'cn-north-1', answered)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await gate.run('192.0.2.9', 'us-east-1', answered)).toBe('answered');
});

test('H3: calls that wait for one region do not delay those to others, nor those of one address the calls of another', async () => {
  const { gate, hold, endAll } = heldGate();
  const held = Array.from({ length: 10 }, () => hold('192.0.2.1', 'cn-north-1'));
  await expect(gate.run('192.0.2.1', 'cn-north-1', answered)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(await gate.run('192.0.2.1', 'us-east-1', answered)).toBe('answered');
  expect(await gate.run('192.0.2.2', 'cn-north-1', answered)).toBe('answered');
  for (let i = 0; i < 10; i++) held.push(hold(`198.51.100.${i}`, 'cn-north-1'));
  await expect(gate.run('192.0.2.2', 'cn-north-1', answered)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await gate.run('192.0.2.2', 'us-east-1', answered)).toBe('answered');
  endAll();
  await Promise.all(held);
  expect(await gate.run('192.0.2.1', 'cn-north-1', answered)).toBe('answered');
});

test('H3: an account that STS throttles delays its own address and no one else', async () => {
  const { gate } = heldGate();
  for (let i = 0; i < STS_CIRCUIT_BREAKER_LIMITS.rejectionsPerMinute; i++)
    await gate.run('192.0.2.1', 'us-east-1', throttled).catch(() => {});
  await expect(gate.run('192.0.2.1', 'us-east-1', answered)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(await gate.run('192.0.2.2', 'us-east-1', answered)).toBe('answered');
});
