import type { components } from '../../../contract/api.gen.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { SecretKeys, SecretStore } from '../../kernel/secrets/secret-store.ts';

type Document = components['schemas']['SecretKeys'];

/** @throws AppError STATE_CONFLICT when the secrets are kept where keys turn by themselves */
export async function showKeys(q: Queryable, secrets: SecretStore): Promise<Document> {
  return present(q, keysOf(secrets));
}

/** @throws AppError STATE_CONFLICT where a rotation would be refused */
export async function planRotation(q: Queryable, secrets: SecretStore): Promise<Document> {
  const keys = keysOf(secrets);
  await keys.assertNoRotation(q);
  return present(q, keys);
}

export async function rotateKey(tx: Tx, secrets: SecretStore, caller: Caller): Promise<Document> {
  const keys = keysOf(secrets);
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

function keysOf({ keys }: SecretStore): SecretKeys {
  if (keys) return keys;
  throw new AppError(
    'STATE_CONFLICT',
    'This installation keeps its secrets in AWS, where KMS turns the keys.',
  );
}
