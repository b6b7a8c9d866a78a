import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SecretStore } from '../../../../src/control-plane/kernel/secrets/secret-store.ts';
import { withRedaction } from '../../../../src/control-plane/kernel/secrets/with-redaction.ts';
import { createRedactor } from '../../../../src/control-plane/kernel/telemetry/redaction.ts';

const q = { query: async () => [] };

function storeOf(stored: Record<string, Buffer>): SecretStore {
  return {
    put: async (_q, { kind }, plaintext) => {
      stored[kind] = Buffer.from(plaintext);
    },
    open: async (_q, { kind }) => stored[kind],
    remove: async () => false,
    assertKeysPresent: async () => {},
  };
}

test('G15: what is stored, and what another process stored and is opened here, comes out of no line', async () => {
  const redactor = createRedactor();
  const stored = { theirs: Buffer.from('opened-by-this-process') };
  const store = withRedaction(storeOf(stored), redactor.register);
  const line = 'first put-by-this-process then opened-by-this-process';
  expect(redactor.redactLine(line)).toBe(line);
  await store.put(q, { ownerId: 'o', kind: 'ours' }, Buffer.from('put-by-this-process'));
  expect(redactor.redactLine(line)).toBe('first [redacted] then opened-by-this-process');
  expect(String(await store.open(q, { ownerId: 'o', kind: 'theirs' }))).toBe('opened-by-this-process');
  expect(redactor.redactLine(line)).toBe('first [redacted] then [redacted]');
});

test('each secret is registered once, keys of random bytes never, and very many push out the oldest', async () => {
  const live = new Set<string>();
  let registrations = 0;
  const register = (value: string) => {
    registrations++;
    live.add(value);
    return () => void live.delete(value);
  };
  const stored: Record<string, Buffer> = { key: Buffer.concat([Buffer.from([0xff]), randomBytes(31)]) };
  const store = withRedaction(storeOf(stored), register);
  for (let i = 0; i < 3; i++) await store.open(q, { ownerId: 'o', kind: 'key' });
  expect(registrations).toBe(0);
  for (let i = 0; i <= 5_000; i++)
    await store.put(q, { ownerId: 'o', kind: 'k' }, Buffer.from(`secret ${i}`));
  await store.open(q, { ownerId: 'o', kind: 'k' });
  expect(registrations).toBe(5_001);
  expect(live.size).toBe(5_000);
  expect(live.has('secret 0')).toBe(false);
});
