import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import type { Caller } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { AppError } from '../errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { lockAdmins } from './grants.sql.ts';
import { assertAdminRemains } from './grants.ts';
import { newKeyPair } from './key-pair.ts';
import { countActiveKeys, getAccessKey, insertAccessKey, revokeAccessKey } from './keys.sql.ts';

export type AccessKeyRow = RowOf<typeof getAccessKey>;
type Actor = Pick<Caller, 'principal' | 'requestId' | 'sourceIp' | 'userAgent'>;

/** The kind under which the secret half of a local access key is sealed; its owner is the key's id. */
export const ACCESS_KEY_SECRET = 'access-key';

/** How the id of a local principal's key begins. */
const LOCAL_KEY = 'OCPK';

/** What making a key would add to: any local principal may have several. */
export async function planKey(
  q: Queryable,
  principal: string,
): Promise<{ readonly principal: string; readonly activeKeys: number }> {
  const [active] = await q.query(countActiveKeys, { principal });
  return { principal, activeKeys: active?.count ?? 0 };
}

/** Makes a key pair for a local principal, its secret half sealed, with its audit event, in the caller's transaction. */
export async function createKey(
  tx: Tx,
  secrets: SecretStore,
  actor: Actor,
  principal: string,
): Promise<{ readonly key: AccessKeyRow; readonly secretAccessKey: string }> {
  const { accessKeyId: id, secretAccessKey } = newKeyPair(LOCAL_KEY);
  const [key] = await tx.query(insertAccessKey, { id, principal });
  if (!key) throw new Error('a key that was inserted has a row');
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
 * The secret half of a key that was just made: for the answer, which is not remembered with the rest.
 * @throws AppError STATE_CONFLICT when the key has been revoked meanwhile
 */
export async function readNewKeySecret(db: Queryable, secrets: SecretStore, id: string): Promise<string> {
  const [key] = await db.query(getAccessKey, { id });
  const secret =
    key?.revokedAt === null ? await secrets.open(db, { ownerId: id, kind: ACCESS_KEY_SECRET }) : undefined;
  if (!secret) throw new AppError('STATE_CONFLICT', `Key ${id} is revoked: its secret is gone.`);
  return Buffer.from(secret).toString('utf8');
}

/** What revoking a key would do. @throws AppError NOT_FOUND, LAST_ADMIN */
export async function planKeyRevocation(
  db: Queryable,
  id: string,
): Promise<{ readonly key: AccessKeyRow; readonly changed: boolean }> {
  const [key] = await db.query(getAccessKey, { id });
  if (!key) throw new AppError('NOT_FOUND', `There is no key ${id}.`);
  if (key.revokedAt !== null) return { key, changed: false };
  await assertAdminRemains(db, { principal: null, keyId: id });
  return { key, changed: true };
}

/**
 * Revokes a key for good, with its audit event, in the caller's transaction: its secret is removed, and from the commit on no
 * process accepts it, as every request asks the database for its key.
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
