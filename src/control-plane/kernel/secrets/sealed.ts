import { SetupError } from '../errors.ts';
import type { NewId } from '../ids.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { openKeyRing } from './key-file.ts';
import { keyOf, readable, secretKeys } from './secret-keys.ts';
import type { SecretAddress, SecretKeys, SecretStore } from './secret-store.ts';
import { countByKey, deleteSecret, findSecret, registerKey, upsertSecret } from './store.ts';

export interface SealedSecretsOptions {
  /** Holds the key file; made at the first start. */
  readonly keyDir: string;
  readonly newId: NewId;
}

/** Secrets in the database, sealed under a key that is not in the database. @throws SetupError (see `openKeyRing`) */
export async function openSealedSecrets({
  keyDir,
  newId,
}: SealedSecretsOptions): Promise<SecretStore & { readonly keys: SecretKeys }> {
  const newKeyId = () => newId('kek');
  const ring = await openKeyRing(keyDir, newKeyId);
  return {
    keys: secretKeys({ ring, keyDir, newKeyId }),
    async put(q, address, plaintext) {
      for (const isLast of [false, true]) {
        const envelope = sealEnvelope(ring.current(), address, plaintext);
        const stored = await q.query(upsertSecret, { id: newId('sec'), ...pick(address), ...envelope });
        if (stored.length > 0) return;
        // A new installation's first secret, or another process has turned the key since we read the file.
        if (isLast) throw new Error(`the key ${envelope.kekId} may not seal any more`);
        await ring.reload();
        await q.query(registerKey, { id: ring.current().id });
      }
    },
    async open(q, address) {
      const [envelope] = await q.query(findSecret, pick(address));
      if (envelope === undefined) return undefined;
      const kek = await keyOf(ring, address, envelope).catch(() => undefined);
      if (kek !== undefined) return readable(address, () => openEnvelope(kek, address, envelope));
      // A rotation may have ended between the row and the file: then the row has another key now.
      const [now] = await q.query(findSecret, pick(address));
      if (now === undefined) return undefined;
      const current = await keyOf(ring, address, now);
      return readable(address, () => openEnvelope(current, address, now));
    },
    async remove(q, address) {
      return (await q.query(deleteSecret, pick(address))).length > 0;
    },
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

const pick = ({ ownerId, kind }: SecretAddress): SecretAddress => ({ ownerId, kind });
