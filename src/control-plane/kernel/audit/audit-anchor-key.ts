import { generateKeyPairSync } from 'node:crypto';
import type { Db, Queryable } from '../db/db.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { type AuditAnchorKey, auditAnchorKey } from './audit-anchor.ts';

/** Sealed like every secret, so that access to the database alone does not allow signing. */
const ANCHOR_KEY_SECRET = { ownerId: 'audit', kind: 'anchor-key' };

/** @returns undefined when no anchor was ever signed. */
export async function findAuditAnchorKey(
  db: Queryable,
  secrets: SecretStore,
): Promise<AuditAnchorKey | undefined> {
  const pem = await secrets.open(db, ANCHOR_KEY_SECRET);
  return pem === undefined ? undefined : auditAnchorKey(Buffer.from(pem).toString('utf8'));
}

/** Creates the key at the first use. Only the periodic task calls this, and one process at a time runs it. */
export async function ensureAuditAnchorKey(db: Db, secrets: SecretStore): Promise<AuditAnchorKey> {
  const known = await findAuditAnchorKey(db, secrets);
  if (known) return known;
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await secrets.put(db, ANCHOR_KEY_SECRET, Buffer.from(pem));
  return auditAnchorKey(pem);
}
