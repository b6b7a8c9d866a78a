import { SetupError } from '../errors.ts';
import type { NewId } from '../ids.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { openKeyRing } from './key-file.ts';
import { deleteSecret, findSecret, upsertSecret } from './sealed-secrets.sql.ts';
import { countByKey, registerSecretKey } from './secret-keys.sql.ts';
import { findKek, orUnreadable, secretKeys } from './secret-keys.ts';
import type { SecretId, SecretKeys, SecretStore } from './secret-store.ts';

export interface SealedSecretsOptions {
  /** Folder of the key file; created at the first start. */
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
    async put(q, secretId, plaintext) {
      for (const isLast of [false, true]) {
        const envelope = sealEnvelope(ring.current(), secretId, plaintext);
        const stored = await q.query(upsertSecret, { id: newId('sec'), ...pick(secretId), ...envelope });
        if (stored.length > 0) return;
        // The first secret of a new installation, or another process has rotated the key since the file was read.
        if (isLast) throw new Error(`the key ${envelope.kekId} is retired`);
        await ring.reload();
        await q.query(registerSecretKey, { id: ring.current().id });
      }
    },
    async open(q, secretId) {
      const [envelope] = await q.query(findSecret, pick(secretId));
      if (envelope === undefined) return undefined;
      const kek = await findKek(ring, secretId, envelope).catch(() => undefined);
      if (kek !== undefined) return orUnreadable(secretId, () => openEnvelope(kek, secretId, envelope));
      // A rotation may have ended after the row was read: the row then has another key now.
      const [now] = await q.query(findSecret, pick(secretId));
      if (now === undefined) return undefined;
      const current = await findKek(ring, secretId, now);
      return orUnreadable(secretId, () => openEnvelope(current, secretId, now));
    },
    async remove(q, secretId) {
      return (await q.query(deleteSecret, pick(secretId))).length > 0;
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

const pick = ({ ownerId, kind }: SecretId): SecretId => ({ ownerId, kind });
