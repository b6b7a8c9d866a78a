import type { components } from '../../../contract/api.gen.ts';
import { type Caller, isAdmin } from '../../kernel/access/caller.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { SecretKeys } from '../../kernel/secrets/secret-keys.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';

type Document = components['schemas']['SecretKeys'];

/** @throws AppError when the caller administers some teams only, or the secrets are kept where keys turn by themselves */
export async function showKeys(q: Queryable, secrets: SecretStore, caller: Caller): Promise<Document> {
  return present(q, keysFor(secrets, caller));
}

export async function rotateKey(tx: Tx, secrets: SecretStore, caller: Caller): Promise<Document> {
  const keys = keysFor(secrets, caller);
  await keys.rotate(tx);
  const document = await present(tx, keys);
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'secrets.rotate',
    target: document.currentKeyId,
    status: 'SUCCESS',
  });
  return document;
}

async function present(q: Queryable, keys: SecretKeys): Promise<Document> {
  const { currentKeyId, pending, keys: present } = await keys.status(q);
  const items = present.map((key) => ({ ...key, addedAt: key.addedAt?.toISOString() ?? null }));
  return { currentKeyId, pending, items };
}

/** The keys seal every team's secrets. */
function keysFor({ keys }: SecretStore, caller: Caller): SecretKeys {
  if (!isAdmin(caller)) {
    throw new AppError(
      'FORBIDDEN',
      'The keys seal the secrets of all teams: an admin of all teams may do this.',
      {
        errors: [{ field: 'principal', code: 'ROLE_MISSING', message: 'platform_admin on * is needed' }],
      },
    );
  }
  if (!keys)
    throw new AppError(
      'STATE_CONFLICT',
      'This installation keeps its secrets in AWS, where KMS turns the keys.',
    );
  return keys;
}
