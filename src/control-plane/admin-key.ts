import { randomBytes } from 'node:crypto';
import { ACCESS_KEY_SECRET } from './http/authentication.ts';
import { addGrant, findAccessKey, insertAccessKey } from './kernel/access/store.ts';
import { audit, PLATFORM_STREAM, systemActor } from './kernel/audit/audit.ts';
import type { Db } from './kernel/db/db.ts';
import type { SecretStore } from './kernel/secrets/secret-store.ts';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ADMIN = 'local:admin';
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Makes sure that whoever starts a local server can use it: when `knownKeyId` is not a live key of this server, a new pair for
 * the local admin is made and returned. The secret is shown once and sealed in the store.
 */
export async function ensureAdminKey(
  db: Db,
  secrets: SecretStore,
  knownKeyId: string | undefined,
): Promise<AccessKey | undefined> {
  const [known] = knownKeyId === undefined ? [] : await db.query(findAccessKey, { id: knownKeyId });
  if (known) return undefined;
  const accessKeyId = `OCPK${Array.from(randomBytes(16), (byte) => CROCKFORD.charAt(byte & 31)).join('')}`;
  const secretAccessKey = randomBytes(30).toString('base64url');
  await db.tx(async (tx) => {
    await tx.query(insertAccessKey, { id: accessKeyId, principal: ADMIN });
    await secrets.put(tx, { ownerId: accessKeyId, kind: ACCESS_KEY_SECRET }, Buffer.from(secretAccessKey));
    await tx.query(addGrant, {
      principal: ADMIN,
      role: 'platform_admin',
      team: '*',
      grantedBy: 'system:first-start',
    });
    await audit(tx, PLATFORM_STREAM, systemActor('first-start'), {
      action: 'access.key.create',
      target: accessKeyId,
      status: 'SUCCESS',
      metadata: { principal: ADMIN },
    });
  });
  return { accessKeyId, secretAccessKey };
}
