import { expect, test } from 'vitest';
import {
  addGrant,
  countAdmins,
  findAccessKey,
  insertAccessKey,
  listGrants,
  purgeNonces,
  useNonce,
} from '../../../../src/control-plane/kernel/access/store.ts';
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

  test('grants are kept once, and only those that mean something', async () => {
    const { db } = engine();
    const grant = (role: string, team: string) =>
      db.query(addGrant, { principal: 'local:x', role, team, grantedBy: 'test' });
    expect(await grant('requester', 'a')).toHaveLength(1);
    expect(await grant('requester', 'a')).toHaveLength(0);
    await grant('platform_admin', '*');
    expect(await db.query(listGrants, { principal: 'local:x' })).toEqual([
      { role: 'platform_admin', team: '*' },
      { role: 'requester', team: 'a' },
    ]);
    expect((await db.query(countAdmins, {}))[0]?.count).toBe(1);
    await expect(grant('requester', '*')).rejects.toMatchObject({ code: '23514' });
    await expect(grant('root', 'a')).rejects.toMatchObject({ code: '23514' });
  });

  test('a revoked key is no key', async () => {
    const { db } = engine();
    await db.query(insertAccessKey, { id: 'OCPKTEST', principal: 'local:x' });
    expect(await db.query(findAccessKey, { id: 'OCPKTEST' })).toHaveLength(1);
    await db.script(`update access_keys set revoked_at = clock_now() where id = 'OCPKTEST'`);
    expect(await db.query(findAccessKey, { id: 'OCPKTEST' })).toHaveLength(0);
  });
});
