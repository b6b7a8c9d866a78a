import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { addKey } from '../../../../src/control-plane/kernel/secrets/key-file.ts';
import { openSealedSecrets } from '../../../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import { keyFolder } from './kit.ts';

describe('sealed secrets', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const fresh = async () => {
    const keyDir = await keyFolder();
    return { keyDir, secrets: await openSealedSecrets({ keyDir, newId }), db: database.db };
  };
  const addressOf = (kind: string) => ({ ownerId: newId('clu'), kind });
  const wipe = () => database.db.script('delete from secrets');

  it('are stored, replaced, opened and removed', async () => {
    const { secrets, db } = await fresh();
    const address = addressOf('kubeconfig');
    expect(await secrets.open(db, address)).toBeUndefined();
    await secrets.put(db, address, Buffer.from('one'));
    await secrets.put(db, address, Buffer.from('two'));
    expect(String(await secrets.open(db, address))).toBe('two');
    expect(await secrets.open(db, { ...address, kind: 'other' })).toBeUndefined();
    expect(await secrets.remove(db, address)).toBe(true);
    expect(await secrets.remove(db, address)).toBe(false);
    expect(await secrets.open(db, address)).toBeUndefined();
  });

  it('belong to the transaction that they are put in', async () => {
    const { secrets, db } = await fresh();
    const address = addressOf('pull-secret');
    const rolledBack = db.tx(async (tx) => {
      await secrets.put(tx, address, Buffer.from('x'));
      expect(String(await secrets.open(tx, address))).toBe('x');
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await secrets.open(db, address)).toBeUndefined();
  });

  it('G15: do not open when their row was moved to another owner', async () => {
    const { secrets, db } = await fresh();
    const [mine, yours] = [addressOf('kubeconfig'), addressOf('kubeconfig')];
    await secrets.put(db, mine, Buffer.from('the very secret'));
    await db.script(`update secrets set owner_id = '${yours.ownerId}' where owner_id = '${mine.ownerId}'`);
    await expect(secrets.open(db, yours)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    await expect(secrets.open(db, yours)).rejects.not.toThrow('very secret');
  });

  it('are wrapped anew under a new key, in batches, and then need the old one no more', async () => {
    await wipe();
    const { keyDir, secrets, db } = await fresh();
    const stored = Array.from({ length: 230 }, () => ({ address: addressOf('k'), value: randomBytes(20) }));
    for (const { address, value } of stored) await secrets.put(db, address, value);
    expect(await secrets.keys.rewrap(db)).toBe(0);
    const newKey = await addKey(keyDir, () => newId('kek'));
    const other = await openSealedSecrets({ keyDir, newId });
    const late = addressOf('k');
    await other.put(db, late, Buffer.from('late'));
    // This one has not read the new key yet, and finds it.
    expect(String(await secrets.open(db, late))).toBe('late');
    expect(await secrets.keys.rewrap(db)).toBe(stored.length);
    expect(await secrets.keys.rewrap(db)).toBe(0);
    for (const { address, value } of stored) expect(await secrets.open(db, address)).toEqual(value);
    await db.script(
      `do $$ begin assert (select count(*) from secrets where kek_id <> '${newKey}') = 0; end $$`,
    );
  });

  it('say which key is missing', async () => {
    await wipe();
    const { keyDir, secrets, db } = await fresh();
    const address = addressOf('k');
    await secrets.assertKeysPresent(db);
    await secrets.put(db, address, Buffer.from('x'));
    await secrets.assertKeysPresent(db);
    await rm(keyDir, { recursive: true });
    const lost = await openSealedSecrets({ keyDir, newId });
    await expect(lost.assertKeysPresent(db)).rejects.toMatchObject({
      name: 'SetupError',
      message: expect.stringMatching(/^1 stored secrets need the key kek_/),
    });
    await expect(lost.open(db, address)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });
});
