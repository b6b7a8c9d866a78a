import { expect, test } from 'vitest';
import {
  countAdminsWithout,
  insertGrant,
  listGrantsOf,
} from '../../../../src/control-plane/kernel/access/grants.sql.ts';
import {
  findAccessKey,
  insertAccessKey,
  revokeAccessKey,
} from '../../../../src/control-plane/kernel/access/keys.sql.ts';
import { purgeNonces, useNonce } from '../../../../src/control-plane/kernel/access/nonces.sql.ts';
import { findLiveKey } from '../../../../src/control-plane/startup/admin-key.ts';
import { eachEngine } from '../../../setup/engines.ts';

eachEngine('the access store', (engine) => {
  const use = async (accessKeyId: string, nonce: string, rememberSeconds = 660) =>
    (await engine().db.query(useNonce, { accessKeyId, nonce, rememberSeconds })).length === 1;

  test('G13: a nonce is new once per key, also when it comes many times at once', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => use('k1', 'n')));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await use('k2', 'n')).toBe(true);
    expect(await use('k1', 'm')).toBe(true);
  });

  test('G13: a nonce is forgotten by the clock of the database, not sooner', async () => {
    const { db, moveClock } = engine();
    try {
      expect(await use('k3', 'n')).toBe(true);
      await moveClock('659 seconds');
      await db.query(purgeNonces, {});
      expect(await use('k3', 'n')).toBe(false);
      await moveClock('700 seconds');
      await db.query(purgeNonces, {});
      expect(await use('k3', 'n')).toBe(true);
    } finally {
      await moveClock('0');
    }
  });

  test('the first of several keys that is not revoked is found, in their order', async () => {
    const { db } = engine();
    for (const id of ['first-1', 'first-2', 'first-3'])
      await db.query(insertAccessKey, { id, principal: 'local:first' });
    await db.query(revokeAccessKey, { id: 'first-3' });
    const find = async (...keyIds: string[]) => findLiveKey(db, keyIds);
    expect(await find('none', 'first-3', 'first-2', 'first-1')).toBe('first-2');
    expect(await find('first-1', 'first-2')).toBe('first-1');
    expect(await find('none', 'first-3')).toBeUndefined();
    expect(await find()).toBeUndefined();
  });

  test('grants are kept once, and only those that mean something', async () => {
    const { db } = engine();
    const grant = (role: string, team: string) =>
      db.query(insertGrant, { principal: 'local:x', role, team, uniqueId: null, grantedBy: 'test' });
    expect(await grant('requester', 'a')).toHaveLength(1);
    expect(await grant('requester', 'a')).toHaveLength(0);
    await grant('platform_admin', '*');
    expect(await db.query(listGrantsOf, { principal: 'local:x' })).toEqual([
      { role: 'platform_admin', team: '*', uniqueId: null },
      { role: 'requester', team: 'a', uniqueId: null },
    ]);
    await expect(grant('requester', '*')).rejects.toMatchObject({ code: '23514' });
    await expect(grant('root', 'a')).rejects.toMatchObject({ code: '23514' });
  });

  test('admins are counted who can still come in: a local one needs a key', async () => {
    const { db } = engine();
    const others = async (principal: string | null, keyId: string | null) =>
      (await db.query(countAdminsWithout, { principal, keyId }))[0]?.count;
    const admin = { role: 'platform_admin', team: '*', uniqueId: null, grantedBy: 'test' };
    const before = (await others(null, null)) ?? 0;
    await db.query(insertGrant, { principal: 'local:keyless', ...admin });
    expect(await others(null, null)).toBe(before);
    await db.query(insertAccessKey, { id: 'OCPKADMIN', principal: 'local:keyless' });
    expect(await others(null, null)).toBe(before + 1);
    expect(await others('local:keyless', null)).toBe(before);
    expect(await others(null, 'OCPKADMIN')).toBe(before);
    await db.query(insertGrant, { principal: 'role:111122223333:Admins', ...admin });
    expect(await others('local:keyless', null)).toBe(before + 1);
  });

  test('a revoked key is not found', async () => {
    const { db } = engine();
    await db.query(insertAccessKey, { id: 'OCPKTEST', principal: 'local:x' });
    expect(await db.query(findAccessKey, { id: 'OCPKTEST' })).toHaveLength(1);
    await db.script(`update access_keys set revoked_at = clock_now() where id = 'OCPKTEST'`);
    expect(await db.query(findAccessKey, { id: 'OCPKTEST' })).toHaveLength(0);
  });
});
