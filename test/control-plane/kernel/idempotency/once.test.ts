import { expect, test } from 'vitest';
import { insertGrant, listGrantsOf } from '../../../../src/control-plane/kernel/access/grants.sql.ts';
import type { Tx } from '../../../../src/control-plane/kernel/db/db.ts';
import { AppError } from '../../../../src/control-plane/kernel/errors.ts';
import { purgeIdempotencyRecords } from '../../../../src/control-plane/kernel/idempotency/once.sql.ts';
import {
  fingerprintOf,
  type IdempotentRequest,
  once,
  parseIdempotencyKey,
} from '../../../../src/control-plane/kernel/idempotency/once.ts';
import { eachEngine } from '../../../setup/engines.ts';

let serial = 0;
const newIntent = (more: Partial<IdempotentRequest> = {}): IdempotentRequest => ({
  principal: 'local:ann',
  operation: 'create',
  key: `key-${++serial}`.padEnd(16, 'x'),
  fingerprint: 'f',
  ...more,
});

/** Work with an effect that can be seen: a grant. */
const grant = (principal: string) => async (tx: Tx) => {
  await tx.query(insertGrant, { principal, role: 'requester', team: 'a', uniqueId: null, grantedBy: 'test' });
  return { status: 202, body: `{"for":"${principal}"}` };
};
const codeOf = (thrown: unknown) => (thrown instanceof AppError ? thrown.code : thrown);

eachEngine('an intent', (engine) => {
  const effects = async (principal: string) => (await engine().db.query(listGrantsOf, { principal })).length;

  test('G10: is done once and answered the same ever after', async () => {
    const { db } = engine();
    const intent = newIntent();
    const first = await once(db, intent, grant('local:once'));
    const second = await once(db, intent, async () => {
      throw new Error('it must not run again');
    });
    expect(first).toEqual({ status: 202, body: '{"for":"local:once"}', replayed: false });
    expect(second).toEqual({ ...first, replayed: true });
  });

  test('G10: with another fingerprint is refused', async () => {
    const intent = newIntent();
    await once(engine().db, intent, grant('local:a'));
    const again = once(engine().db, { ...intent, fingerprint: 'g' }, grant('local:b'));
    expect(await again.catch(codeOf)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await effects('local:b')).toBe(0);
  });

  test('belongs to one principal and one operation', async () => {
    const { db } = engine();
    const intent = newIntent();
    await once(db, intent, grant('local:x1'));
    for (const change of [{ principal: 'local:bob' }, { operation: 'destroy' }]) {
      expect((await once(db, { ...intent, ...change }, grant('local:x2'))).replayed).toBe(false);
    }
  });

  test('G10: that fails before its commit has left nothing, and may be tried again', async () => {
    const { db } = engine();
    const intent = newIntent();
    const crash = once(db, intent, async (tx) => {
      await grant('local:crash')(tx);
      throw new Error('power cut');
    });
    await expect(crash).rejects.toThrow('power cut');
    expect(await effects('local:crash')).toBe(0);
    expect(await once(db, intent, grant('local:crash'))).toMatchObject({ replayed: false });
    expect(await effects('local:crash')).toBe(1);
  });

  test('G10: is forgotten after 24 hours, purged or not, and then done again', async () => {
    const { db, moveClock } = engine();
    const intent = newIntent();
    await once(db, intent, grant('local:old'));
    try {
      await moveClock('23 hours 59 minutes');
      expect((await once(db, intent, grant('local:old'))).replayed).toBe(true);
      await moveClock('24 hours 1 minute');
      const other = { ...intent, fingerprint: 'another request altogether' };
      expect((await once(db, other, grant('local:new'))).replayed).toBe(false);
      expect((await once(db, other, grant('local:new'))).replayed).toBe(true);
      await moveClock('49 hours');
      const [purged] = await db.query(purgeIdempotencyRecords, {});
      expect(purged?.count).toBeGreaterThan(0);
      expect((await db.query(purgeIdempotencyRecords, {}))[0]?.count).toBe(0);
    } finally {
      await moveClock('0');
    }
  });
});

test('keys are read bare and quoted', () => {
  expect(parseIdempotencyKey('abcdefghijklmnop')).toBe('abcdefghijklmnop');
  expect(parseIdempotencyKey('"abcdefghijklmnop"')).toBe('abcdefghijklmnop');
  for (const bad of [
    'abcdefghijklmno',
    '"abc',
    'a'.repeat(129),
    'abcdefghijklmnop, abcdefghijklmnop',
    'äbcdefghijklmnop',
  ]) {
    expect(() => parseIdempotencyKey(bad)).toThrow('malformed');
  }
  for (const none of [undefined, ''])
    expect(() => parseIdempotencyKey(none)).toThrow('Idempotency-Key header');
});

test('a fingerprint is of method, target and body, none of them mixed up', () => {
  const body = Buffer.from('b');
  const all = [
    fingerprintOf('POST', '/a', body),
    fingerprintOf('PUT', '/a', body),
    fingerprintOf('POST', '/a?b', body),
    fingerprintOf('POST', '/a', Buffer.from('c')),
    fingerprintOf('POST', '/', Buffer.from('a\nb')),
  ];
  expect(new Set(all).size).toBe(all.length);
});
