import type { Queryable } from '../db/db.ts';
import { messageOf, SetupError } from '../errors.ts';
import type { NewId } from '../ids.ts';
import {
  type Envelope,
  type KeyEncryptionKey,
  openEnvelope,
  rewrapEnvelope,
  sealEnvelope,
} from './envelope.ts';
import { type KeyRing, openKeyRing } from './key-file.ts';
import { type SecretAddress, type SecretStore, SecretUnreadableError } from './secret-store.ts';
import { countByKey, deleteSecret, findSecret, listOldWraps, replaceWrap, upsertSecret } from './store.ts';

export interface SealedSecretsOptions {
  /** Holds the key file; made at the first start. */
  readonly keyDir: string;
  readonly newId: NewId;
}

/** Secrets in the database, sealed under a key that is not in the database. @throws SetupError (see `openKeyRing`) */
export async function openSealedSecrets({ keyDir, newId }: SealedSecretsOptions): Promise<SecretStore> {
  const ring = await openKeyRing(keyDir, () => newId('kek'));
  return {
    async put(q, address, plaintext) {
      const envelope = sealEnvelope(ring.current(), address, plaintext);
      await q.query(upsertSecret, { id: newId('sec'), ...pick(address), ...envelope });
    },
    async open(q, address) {
      const [envelope] = await q.query(findSecret, pick(address));
      if (envelope === undefined) return undefined;
      const kek = await keyOf(ring, address, envelope);
      return readable(address, () => openEnvelope(kek, address, envelope));
    },
    async remove(q, address) {
      return (await q.query(deleteSecret, pick(address))).length > 0;
    },
    rewrap: (q) => rewrapAll(ring, q),
    async assertKeysPresent(q) {
      for (const { kekId, count } of await q.query(countByKey, {})) {
        if (ring.find(kekId) === undefined) {
          throw new SetupError(`${count} stored secrets need the key ${kekId}, which is not in ${keyDir}`, {
            hint: 'restore the key file that this database was used with',
          });
        }
      }
    },
  };
}

async function rewrapAll(ring: KeyRing, q: Queryable): Promise<number> {
  await ring.reload();
  const to = ring.current();
  let wrapped = 0;
  for (let afterId = ''; ; ) {
    const batch = await q.query(listOldWraps, { currentKekId: to.id, afterId });
    for (const row of batch) {
      const from = await keyOf(ring, row, row);
      const fresh = readable(row, () => rewrapEnvelope(from, to, row, row));
      const replaced = await q.query(replaceWrap, { id: row.id, oldWrappedDek: row.wrappedDek, ...fresh });
      wrapped += replaced.length;
    }
    const last = batch.at(-1);
    if (last === undefined) return wrapped;
    afterId = last.id;
  }
}

async function keyOf(ring: KeyRing, address: SecretAddress, envelope: Envelope): Promise<KeyEncryptionKey> {
  const known = ring.find(envelope.kekId);
  if (known !== undefined) return known;
  await ring.reload();
  const found = ring.find(envelope.kekId);
  if (found === undefined) throw new SecretUnreadableError(address, `the key ${envelope.kekId} is not here`);
  return found;
}

function readable<T>(address: SecretAddress, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SecretUnreadableError(address, messageOf(error), error);
  }
}

const pick = ({ ownerId, kind }: SecretAddress): SecretAddress => ({ ownerId, kind });
