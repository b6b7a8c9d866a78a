import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { addKey } from '../../../../src/control-plane/kernel/secrets/key-file.ts';
import { openSealedSecrets } from '../../../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import { keyRotationTask } from '../../../../src/control-plane/kernel/secrets/secret-keys.ts';
import { eachEngine } from '../../../setup/engines.ts';
import { runTask } from '../../../setup/run-task.ts';
import { keyFolder } from './kit.ts';

/** Secrets that each busy writer makes: enough to meet every step of the rotations. */
const MOST = 100;

type Store = Awaited<ReturnType<typeof openSealedSecrets>>;

async function openBench(db: Db, count = 0) {
  await db.script('delete from secrets; delete from secret_keys');
  const keyDir = await keyFolder();
  const open = () => openSealedSecrets({ keyDir, newId });
  const secrets = await open();
  const address = (n: number) => ({ ownerId: `own_${n}`, kind: 'k' });
  const put = (store: Store, n: number) => store.put(db, address(n), Buffer.from(`value ${n}`));
  const read = async (store: Store, n: number) => String(await store.open(db, address(n)));
  for (let n = 0; n < count; n++) await put(secrets, n);
  const turn = () => runTask(keyRotationTask(db, secrets.keys, 1));
  const keysInFile = async () =>
    Object.keys(JSON.parse(await readFile(join(keyDir, 'secrets.key.json'), 'utf8')).keys);
  return { keyDir, open, secrets, put, read, turn, keysInFile };
}

eachEngine('the rotation of the sealing key', (engine) => {
  test('adds a key, wraps everything anew and removes the old one; nothing changes for readers', async () => {
    const { db } = engine();
    const { secrets, open, read, turn, keysInFile } = await openBench(db, 130);
    const [old = ''] = await keysInFile();
    const reader = await open();
    expect(await turn()).toBeUndefined();
    await db.tx((tx) => secrets.keys.rotate(tx));
    expect(await secrets.keys.status(db)).toMatchObject({ pending: 130 });
    expect(await turn()).toEqual({ wrapped: 130, removed: [old] });
    expect(await turn()).toBeUndefined();
    expect(await keysInFile()).toEqual([(await secrets.keys.status(db)).currentKeyId]);
    for (const store of [secrets, reader, await open()])
      for (const n of [0, 64, 129]) expect(await read(store, n)).toBe(`value ${n}`);
  });

  test('G15: who reads and writes meanwhile never fails and loses nothing', async () => {
    const { db } = engine();
    const { secrets, open, put, read, turn, keysInFile } = await openBench(db, 40);
    const others = [await open(), await open()];
    let going = true;
    let next = 40;
    const busy = others.map(async (store) => {
      // Not without end: on the embedded engine they would leave the rotation no turn.
      for (let made = 0; going && made < MOST; made++) {
        const n = next++;
        await put(store, n);
        expect(await read(store, n)).toBe(`value ${n}`);
        expect(await read(store, n % 40)).toBe(`value ${n % 40}`);
        await nextTurn();
      }
    });
    for (let rotation = 0; rotation < 4; rotation++) {
      await db.tx((tx) => secrets.keys.rotate(tx));
      for (let turns = 0; (await turn()) !== undefined; turns++) expect(turns).toBeLessThan(50);
    }
    going = false;
    await Promise.all(busy);
    while ((await turn()) !== undefined);
    expect(await keysInFile()).toHaveLength(1);
    const fresh = await open();
    for (let n = 0; n < next; n++) expect(await read(fresh, n)).toBe(`value ${n}`);
  });

  test('goes on after a crash at each step', async () => {
    const { db } = engine();
    const { keyDir, secrets, open, read, turn, keysInFile } = await openBench(db, 5);
    // The key is in the file, and the transaction that would have told of it was lost.
    await addKey(keyDir, () => newId('kek'));
    await turn();
    expect(await keysInFile()).toHaveLength(1);
    // The old key is a tombstone, and the process ended before the file was written.
    await db.tx((tx) => secrets.keys.rotate(tx));
    await secrets.keys.rewrap(db);
    await db.script(
      `update secret_keys set removed_at = clock_now() where id <> (select max(kek_id) from secrets) and removed_at is null`,
    );
    expect(await keysInFile()).toHaveLength(2);
    await turn();
    expect(await keysInFile()).toHaveLength(1);
    const fresh = await open();
    for (let n = 0; n < 5; n++) expect(await read(fresh, n)).toBe(`value ${n}`);
  });

  test('G15: a process that missed the rotation cannot seal under the key that is gone', async () => {
    const { db } = engine();
    const { secrets, open, put, read, turn } = await openBench(db, 3);
    const late = await open();
    await db.tx((tx) => secrets.keys.rotate(tx));
    await turn();
    await put(late, 99);
    expect(await read(await open(), 99)).toBe('value 99');
    expect((await secrets.keys.status(db)).pending).toBe(0);
  });

  test('keeps a key that still holds something, and waits for writers that seal under it', async () => {
    const { db } = engine();
    const { secrets, put, keysInFile } = await openBench(db, 2);
    await db.tx((tx) => secrets.keys.rotate(tx));
    expect(await secrets.keys.removeUnused(db)).toEqual([]);
    expect(await keysInFile()).toHaveLength(2);
    await expect(db.tx((tx) => secrets.keys.rotate(tx))).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await put(secrets, 7);
    await secrets.keys.rewrap(db);
    expect(await secrets.keys.removeUnused(db)).toHaveLength(1);
  });
});
