import { insertGrant } from '../kernel/access/grants.sql.ts';
import { findAccessKey, findFirstAccessKey } from '../kernel/access/keys.sql.ts';
import { createKey } from '../kernel/access/keys.ts';
import { systemActor } from '../kernel/caller.ts';
import type { Db } from '../kernel/db/db.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ADMIN = 'local:admin';

/** @returns the first of the keys that is a live one of this server */
export async function findLiveKey(db: Db, keyIds: readonly string[]): Promise<string | undefined> {
  const [known] = await db.query(findFirstAccessKey, { ids: [...keyIds] });
  return known?.id;
}

/**
 * Makes sure that the person who starts a local server can use it: when `knownKeyId` is not a live key of this server, a new pair for
 * the local admin is made and returned. The secret is shown once and sealed in the store.
 */
export async function ensureAdminKey(
  db: Db,
  secrets: SecretStore,
  knownKeyId: string | undefined,
): Promise<AccessKey | undefined> {
  const [known] = knownKeyId === undefined ? [] : await db.query(findAccessKey, { id: knownKeyId });
  if (known) return undefined;
  return db.tx(async (tx) => {
    await tx.query(insertGrant, {
      principal: ADMIN,
      role: 'platform_admin',
      team: '*',
      uniqueId: null,
      grantedBy: 'system:first-start',
    });
    const { key, secretAccessKey } = await createKey(tx, secrets, systemActor('first-start'), ADMIN);
    return { accessKeyId: key.id, secretAccessKey };
  });
}
