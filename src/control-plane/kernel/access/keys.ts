import { randomBytes } from 'node:crypto';
import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import type { Actor } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { AppError } from '../errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { lockAdmins } from './grants.sql.ts';
import { assertAdminRemains } from './grants.ts';
import { countActiveKeys, getAccessKey, insertAccessKey, revokeAccessKey } from './keys.sql.ts';

export type AccessKeyRow = RowOf<typeof getAccessKey>;

/** Kind of the stored secret of a local access key; its owner is the key id. */
export const ACCESS_KEY_SECRET = 'access-key';

/** Prefix of key ids of local principals. */
const LOCAL_KEY = 'OCPK';

/** How many active keys a principal has before another one is created. */
export async function planKey(
  q: Queryable,
  principal: string,
): Promise<{ readonly principal: string; readonly activeKeys: number }> {
  const [active] = await q.query(countActiveKeys, { principal });
  return { principal, activeKeys: active?.count ?? 0 };
}

/** Creates a key pair for a local principal, with its audit event, in the caller's transaction. The secret is stored sealed. */
export async function createKey(
  tx: Tx,
  secrets: SecretStore,
  actor: Actor,
  principal: string,
): Promise<{ readonly key: AccessKeyRow; readonly secretAccessKey: string }> {
  const { accessKeyId: id, secretAccessKey } = newKeyPair(LOCAL_KEY);
  const [key] = await tx.query(insertAccessKey, { id, principal });
  if (!key) throw new Error('inserting an access key returned no row');
  await secrets.put(tx, { ownerId: id, kind: ACCESS_KEY_SECRET }, Buffer.from(secretAccessKey));
  await audit(tx, PLATFORM_STREAM, actor, {
    action: 'access.key.create',
    target: id,
    status: 'SUCCESS',
    metadata: { principal },
  });
  return { key, secretAccessKey };
}

/**
 * The secret of a key that was just created. It goes into the response only, never into the idempotency record.
 * @throws AppError STATE_CONFLICT when the key was revoked meanwhile
 */
export async function readNewKeySecret(db: Queryable, secrets: SecretStore, id: string): Promise<string> {
  const [key] = await db.query(getAccessKey, { id });
  const secret =
    key?.revokedAt === null ? await secrets.open(db, { ownerId: id, kind: ACCESS_KEY_SECRET }) : undefined;
  if (!secret) throw new AppError('STATE_CONFLICT', `Key ${id} is revoked and its secret deleted.`);
  return Buffer.from(secret).toString('utf8');
}

/** What revoking a key would do. @throws AppError NOT_FOUND, LAST_ADMIN */
export async function planKeyRevocation(
  db: Queryable,
  id: string,
): Promise<{ readonly key: AccessKeyRow; readonly changed: boolean }> {
  const [key] = await db.query(getAccessKey, { id });
  if (!key) throw new AppError('NOT_FOUND', `Key ${id} not found.`);
  if (key.revokedAt !== null) return { key, changed: false };
  await assertAdminRemains(db, { principal: null, keyId: id });
  return { key, changed: true };
}

/**
 * Revokes a key permanently, with its audit event, in the caller's transaction, and deletes its secret. No process accepts the key
 * after the commit, because every request reads its key from the database.
 */
export async function revokeKey(
  tx: Tx,
  secrets: SecretStore,
  actor: Actor,
  id: string,
): Promise<{ readonly key: AccessKeyRow; readonly changed: boolean }> {
  await tx.query(lockAdmins, {});
  const plan = await planKeyRevocation(tx, id);
  if (!plan.changed) return plan;
  const [key] = await tx.query(revokeAccessKey, { id });
  if (!key) return { ...plan, changed: false };
  await secrets.remove(tx, { ownerId: id, kind: ACCESS_KEY_SECRET });
  await audit(tx, PLATFORM_STREAM, actor, {
    action: 'access.key.revoke',
    target: id,
    status: 'SUCCESS',
    metadata: { principal: key.principal },
  });
  return { key, changed: true };
}

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Prefix of key ids of sessions. */
export const SESSION_KEY = 'OCPS';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @returns a new pair: an id with 80 random bits after its prefix, and a secret of 256 random bits. */
export function newKeyPair(prefix: string): KeyPair {
  const id = Array.from(randomBytes(16), (byte) => CROCKFORD.charAt(byte & 31)).join('');
  return { accessKeyId: prefix + id, secretAccessKey: randomBytes(32).toString('base64url') };
}
