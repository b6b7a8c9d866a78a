import { generateKeyPairSync } from 'node:crypto';
import type { Db, Queryable } from '../db/db.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { type CheckpointKey, checkpointKey } from './checkpoint.ts';

/** Sealed like every secret: who has the database alone cannot sign. */
const ADDRESS = { ownerId: 'audit', kind: 'checkpoint-key' };

/** @returns the key that signs checkpoints, when one was ever signed. */
export async function findSigningKey(
  db: Queryable,
  secrets: SecretStore,
): Promise<CheckpointKey | undefined> {
  const pem = await secrets.open(db, ADDRESS);
  return pem === undefined ? undefined : checkpointKey(Buffer.from(pem).toString('utf8'));
}

/** The same, made at the first use. Only the duty calls it, and that runs once in the whole installation. */
export async function ensureSigningKey(db: Db, secrets: SecretStore): Promise<CheckpointKey> {
  const known = await findSigningKey(db, secrets);
  if (known) return known;
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await secrets.put(db, ADDRESS, Buffer.from(pem));
  return checkpointKey(pem);
}
