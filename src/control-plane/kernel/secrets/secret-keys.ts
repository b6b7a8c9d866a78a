import type { Db, Queryable } from '../db/db.ts';
import { AppError, messageOf } from '../errors.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import { type Envelope, type KeyEncryptionKey, rewrapEnvelope } from './envelope.ts';
import { addKey, type KeyRing, removeKeys } from './key-file.ts';
import {
  countByKey,
  listOldWraps,
  listSecretKeys,
  lockKeyFile,
  lockSecretKey,
  markKeyRemoved,
  registerSecretKey,
  replaceWrap,
  retireOtherKeys,
} from './secret-keys.sql.ts';
import { type KeyStatus, type SecretId, type SecretKeys, SecretUnreadableError } from './secret-store.ts';

interface SealedKeys {
  readonly ring: KeyRing;
  readonly keyDir: string;
  readonly newKeyId: () => string;
}

export function secretKeys({ ring, keyDir, newKeyId }: SealedKeys): SecretKeys {
  const status = async (q: Queryable): Promise<KeyStatus> => {
    await ring.reload();
    const counts = new Map((await q.query(countByKey, {})).map(({ kekId, count }) => [kekId, count]));
    const known = new Map((await q.query(listSecretKeys, {})).map((key) => [key.id, key]));
    const currentKeyId = ring.current().id;
    const keys = ring.ids().map((id) => ({
      id,
      current: id === currentKeyId,
      secrets: counts.get(id) ?? 0,
      addedAt: known.get(id)?.addedAt ?? null,
    }));
    const pending = [...counts].reduce((sum, [id, count]) => (id === currentKeyId ? sum : sum + count), 0);
    return { currentKeyId, pending, keys };
  };
  const assertOneKey = async (q: Queryable): Promise<void> => {
    const { pending, keys } = await status(q);
    if (pending === 0 && keys.length === 1) return;
    throw new AppError(
      'STATE_CONFLICT',
      `A key rotation is in progress: ${pending} secrets are still to be wrapped with the new key.`,
      { retryAfterSeconds: 15 },
    );
  };
  return {
    status,
    assertNoRotation: assertOneKey,
    async rotate(tx) {
      await tx.query(lockKeyFile, {});
      await assertOneKey(tx);
      // The file first: if the transaction is rolled back, the new key is registered when it first seals a secret.
      const id = await addKey(keyDir, newKeyId);
      await tx.query(registerSecretKey, { id });
      await tx.query(retireOtherKeys, { id });
      await ring.reload();
    },
    rewrap: (q) => rewrapAll(ring, q),
    async removeUnused(db) {
      await db.tx(async (tx) => {
        await tx.query(lockKeyFile, {});
        await ring.reload();
        for (const id of ring.ids().filter((candidate) => candidate !== ring.current().id)) {
          await tx.query(registerSecretKey, { id });
          if ((await tx.query(lockSecretKey, { id })).length > 0) await tx.query(markKeyRemoved, { id });
        }
      });
      // Keys leave the file only after the database has committed that they are never used again.
      return db.tx(async (tx) => {
        await tx.query(lockKeyFile, {});
        await ring.reload();
        const dead = (await tx.query(listSecretKeys, {})).filter(({ removedAt }) => removedAt !== null);
        const gone = dead.map(({ id }) => id).filter((id) => ring.ids().includes(id));
        if (gone.length > 0) await removeKeys(keyDir, gone);
        await ring.reload();
        return gone;
      });
    },
  };
}

async function rewrapAll(ring: KeyRing, q: Queryable): Promise<number> {
  await ring.reload();
  const to = ring.current();
  await q.query(registerSecretKey, { id: to.id });
  await q.query(retireOtherKeys, { id: to.id });
  let wrapped = 0;
  for (let afterId = ''; ; ) {
    const batch = await q.query(listOldWraps, { currentKekId: to.id, afterId });
    for (const row of batch) {
      const from = await findKek(ring, row, row);
      const fresh = orUnreadable(row, () => rewrapEnvelope(from, to, row, row));
      const replaced = await q.query(replaceWrap, { id: row.id, oldWrappedDek: row.wrappedDek, ...fresh });
      wrapped += replaced.length;
    }
    const last = batch.at(-1);
    if (last === undefined) return wrapped;
    afterId = last.id;
  }
}

/** The KEK of an envelope. Reads the file again when the key is unknown, because another process may have added it. */
export async function findKek(
  ring: KeyRing,
  secretId: SecretId,
  envelope: Envelope,
): Promise<KeyEncryptionKey> {
  const known = ring.find(envelope.kekId);
  if (known !== undefined) return known;
  await ring.reload();
  const found = ring.find(envelope.kekId);
  if (found === undefined) throw new SecretUnreadableError(secretId, `key ${envelope.kekId} not found`);
  return found;
}

/** @throws SecretUnreadableError for any error of `work` */
export function orUnreadable<T>(secretId: SecretId, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SecretUnreadableError(secretId, messageOf(error), error);
  }
}

/** Completes a key rotation, also after a crash: wraps all secrets with the current key, then removes unused keys. */
export function keyRotationTask(db: Db, keys: SecretKeys, intervalMs: number): PeriodicTask {
  return {
    name: 'rotate-secret-keys',
    intervalMs,
    async run() {
      const { pending, keys: present } = await keys.status(db);
      if (pending === 0 && present.length === 1) return undefined;
      const wrapped = await keys.rewrap(db);
      return { wrapped, removed: await keys.removeUnused(db) };
    },
  };
}
